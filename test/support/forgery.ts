/**
 * Blocks that nobody honest makes: a repository is opened below the ledger, and what its last block holds is written anew with
 * a change. Verification must find each.
 */
import type { SigningKey } from '../../src/crypto/key.ts';
import { type BlockContent, BlockReader, sealBlock } from '../../src/ledger/block.ts';
import { objectsOfBlock } from '../../src/ledger/block-objects.ts';
import { isRowMerge } from '../../src/ledger/header.ts';
import { History } from '../../src/ledger/history.ts';
import { readLines } from '../../src/ledger/lines.ts';
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
  /** The content of the head block, a payment or what `prepare` left, to be changed. */
  readonly content: BlockContent;
}

/** What a block holds, as it is sealed. */
export function contentOf(reader: BlockReader, block: Oid): BlockContent {
  const { header, commit, engine, state, entries } = reader.block(block);
  return {
    header,
    parents: commit.parents,
    engine,
    transactions: reader.transactions(block),
    receipts: reader.receipts(block),
    ...(isRowMerge(header) ? { conflicts: readLines(reader.source, entries.get('conflicts')) } : {}),
    state,
    data: [],
  };
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
  const content = contentOf(reader, head);
  const buffer = new ObjectBuffer(store);
  const forged = make({ test, store, reader, buffer, head, content });
  await store.write({
    blocks: [{ id: forged, objects: objectsOfBlock(buffer, forged) }],
    refs: [{ name: 'refs/heads/main', old: head, new: forged, height: content.header.height }],
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
