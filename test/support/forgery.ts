/**
 * Blocks that nobody honest makes: a repository is opened below the ledger, and what its last block holds is written anew with
 * a change. Verification must find each.
 */
import type { SigningKey } from '../../src/crypto/key.ts';
import { type BlockContent, BlockReader, sealBlock } from '../../src/ledger/block.ts';
import { objectsOfBlock } from '../../src/ledger/block-objects.ts';
import { History } from '../../src/ledger/history.ts';
import type { Oid } from '../../src/object/oid.ts';
import { ObjectBuffer } from '../../src/object/source.ts';
import { Store } from '../../src/store/store.ts';
import {
  closeQuietly,
  fixedOptions,
  newRepository,
  openRepository,
  type TestRepository,
  withBank,
} from './repository.ts';

export interface Forgery {
  readonly test: TestRepository;
  readonly store: Store;
  readonly reader: BlockReader;
  readonly buffer: ObjectBuffer;
  readonly head: Oid;
  /** The content of the head block, a payment, to be changed. */
  readonly content: BlockContent;
}

/** A repository whose last block is a payment, opened below the ledger so that anything can be written into it. */
export async function forge(
  make: (forgery: Forgery) => Oid,
  prepare: (test: TestRepository) => Promise<void> = async ({ repository, admin: key }) => {
    await repository.call({ contract: 'bank', function: 'pay', args: ['alice', 'bob', '1'], key });
  },
): Promise<TestRepository> {
  const test = await newRepository();
  await withBank(test, { alice: '100', bob: '100' });
  await prepare(test);
  await closeQuietly(test.repository);
  const history = new History();
  const store = await Store.open(test.directory, { ...fixedOptions('forge'), derive: history.derive.bind(history) });
  history.attach(store);
  const reader = new BlockReader(store);
  const head = store.ref('refs/heads/main')?.oid as Oid;
  const { header, commit, engine, state } = reader.block(head);
  const content = {
    header,
    parents: commit.parents,
    engine,
    transactions: reader.transactions(head),
    receipts: reader.receipts(head),
    state,
    data: [],
  };
  const buffer = new ObjectBuffer(store);
  const forged = make({ test, store, reader, buffer, head, content });
  await store.write({
    blocks: [{ id: forged, objects: objectsOfBlock(buffer, forged) }],
    refs: [{ name: 'refs/heads/main', old: head, new: forged, height: header.height }],
    operation: { time: 1, command: 'forge', head: 'refs/heads/main' },
  });
  await store.close();
  return test;
}

/** What verifying the repository gives, opened anew. */
export async function verdict(test: TestRepository): Promise<unknown> {
  const repository = await openRepository(test.directory);
  try {
    return await repository.verify();
  } finally {
    await closeQuietly(repository);
  }
}

/** The content of the head block, changed, then sealed. */
export const sealed =
  (change: (content: BlockContent, forgery: Forgery) => BlockContent, by?: SigningKey) => (forgery: Forgery) =>
    sealBlock(forgery.buffer, change(forgery.content, forgery), by ?? forgery.test.admin);
