import { describe, expect, it } from 'vitest';
import { type BlockContent, BlockReader, sealBlock } from '../../src/ledger/block.ts';
import type { MergeHeader } from '../../src/ledger/header.ts';
import { type ResolveTransaction, signTransaction } from '../../src/ledger/transaction.ts';
import { checkBlock, rebuildBlock } from '../../src/ledger/verify.ts';
import { conflictId } from '../../src/merge/conflict.ts';
import type { Oid } from '../../src/object/oid.ts';
import { ObjectBuffer } from '../../src/object/source.ts';
import { openContext } from '../../src/repository/init.ts';
import { verifyContext } from '../../src/repository/verify.ts';
import { Store } from '../../src/store/store.ts';
import { additiveSource } from '../support/additive-bank.ts';
import { contentOf, type Forgery, sealed } from '../support/forgery.ts';
import {
  closeQuietly,
  fixedOptions,
  keyOf,
  newRepository,
  type TestRepository,
  withBank,
} from '../support/repository.ts';

/** Both sides pay from bob to alice, and one closes alice's account: one conflict is the contract's, one is people's. */
async function conflicting({ repository, admin: key }: TestRepository, mergeContract?: string): Promise<void> {
  await repository.deploy({ name: 'bank', source: additiveSource, key });
  await repository.createBranch('side', '@', mergeContract === undefined ? {} : { mergeContract });
  const call = (on: string, name: string, ...args: string[]) =>
    repository.call({ contract: 'bank', function: name, args, key, on });
  await call('side', 'pay', 'bob', 'alice', '1');
  await call('side', 'close_account', 'alice');
  await call('main', 'pay', 'bob', 'alice', '2');
}

async function agreed(test: TestRepository): Promise<void> {
  await conflicting(test, 'bank.settle');
  await mergedByOurs(test, {});
}

/** The target has another resolver by now, and the one agreed on was taken from the past. */
async function pinned(test: TestRepository): Promise<void> {
  const { repository, admin: key } = test;
  await conflicting(test, 'bank.settle');
  const source = additiveSource.replace('is closed', 'was closed');
  await repository.deploy({ name: 'bank', source, key });
  await mergedByOurs(test, { pinned: true });
}

async function byRows(test: TestRepository): Promise<void> {
  await conflicting(test);
  await mergedByOurs(test, { rows: true });
}

async function mergedByOurs(
  { repository, admin: sealer }: TestRepository,
  options: { rows?: true; pinned?: true },
): Promise<void> {
  const { conflicts } = await repository.merge({ source: 'side', sealer, dryRun: true, ...options });
  const choices = new Map(conflicts?.left.map((one) => [conflictId(one), { row: one.ours }]));
  await repository.merge({ source: 'side', sealer, choices, ...options });
}

const withHeader = (change: (header: MergeHeader) => object) =>
  sealed((content) => ({
    ...content,
    header: { ...content.header, ...change(content.header as MergeHeader) } as BlockContent['header'],
  }));

const withConflicts = (change: (lines: readonly string[]) => readonly string[]) =>
  sealed((content) => ({ ...content, conflicts: change(content.conflicts ?? []) }));

/** The block with its choices signed anew after a change. */
const withChoices =
  (change: (transaction: ResolveTransaction) => object, author?: string) =>
  ({ buffer, content, test, reader }: Forgery): Oid => {
    const key = author === undefined ? test.admin : keyOf(author);
    const repository = reader.repositoryOf(content.parents[0] as Oid);
    const transactions = content.transactions.map(({ transaction }) => {
      const { sig: _, author: __, ...unsigned } = transaction as ResolveTransaction;
      return signTransaction(repository, { ...unsigned, ...change(transaction as ResolveTransaction) } as never, key);
    });
    const receipts = content.receipts.map((receipt, at) => ({ ...receipt, tx: transactions[at]?.id ?? receipt.tx }));
    return sealBlock(buffer, { ...content, transactions, receipts }, test.admin);
  };

const forgeries: [string, (test: TestRepository) => Promise<void>, (forgery: Forgery) => Oid, RegExp][] = [
  ['a conflict that is left out', agreed, withConflicts((lines) => lines.slice(1)), /conflict 0 differs/],
  ['a conflict too many', agreed, withConflicts((lines) => [...lines, lines[0] ?? '']), /conflict 2 differs/],
  [
    'another who decided',
    agreed,
    withConflicts((lines) => lines.map((line) => line.replace('"contract"', '"person"'))),
    /conflict 1 differs/,
  ],
  [
    'another result in the list',
    agreed,
    withConflicts((lines) => lines.map((line) => line.replace('"97.00"', '"98.00"'))),
    /conflict 1 differs/,
  ],
  ['what is no conflict', agreed, withConflicts((lines) => ['{}', ...lines]), /conflict 0 differs/],
  [
    'another count of conflicts',
    agreed,
    withHeader(({ counts }) => ({ counts: { ...counts, conflicts: 3 } })),
    /message|header/,
  ],
  [
    'an automatic merge where a logic is agreed on',
    agreed,
    withHeader(({ counts: { conflicts: _, ...counts } }) => ({ mode: 'automatic', counts })),
    /agreed on bank\.settle/,
  ],
  ['a rows merge where a logic is agreed on', agreed, withHeader(() => ({ mode: 'rows' })), /agreed on bank\.settle/],
  ['an agreed merge where none is', byRows, withHeader(() => ({ mode: 'agreed' })), /agreed on no merge logic/],
  ['pinned without need', agreed, withHeader(() => ({ options: { pinned: true } })), /taken from the past/],
  ['a resolver of the past that is not said', pinned, withHeader(() => ({ options: {} })), /not as it was agreed on/],
  [
    'options of another mode',
    agreed,
    withHeader(() => ({ options: { dropChangedResults: true } })),
    /option of automatic/,
  ],
  [
    'a logic that the branch has not',
    agreed,
    withHeader(() => ({ logic: { contract: 'bank', function: 'settle', hash: 'a'.repeat(64) } })),
    /logic/,
  ],
  ['another base', agreed, withHeader(({ repository }) => ({ base: [repository] })), /merge base/],
  [
    'another source',
    agreed,
    withHeader(({ source }) => ({ source: source.replace('side', 'else') })),
    /another branch/,
  ],
  ['choices for other parents', agreed, withChoices(({ ours }) => ({ theirs: ours })), /made for another merge/],
  [
    'choices for another branch',
    agreed,
    withChoices(() => ({ branch: 'side:0123456789abcdef' })),
    /made for another merge/,
  ],
  ['choices by somebody who may not merge', agreed, withChoices(() => ({}), 'eve'), /may not/],
  [
    'a choice on a row that is no conflict',
    agreed,
    withChoices(({ choices }) => ({ choices: [...choices, { table: 'bank.accounts', key: ['carol'], row: null }] })),
    /no conflict that is left to people/,
  ],
  [
    'a choice where the contract decided',
    agreed,
    withChoices(({ choices }) => ({ choices: [...choices, { table: 'bank.accounts', key: ['bob'], row: null }] })),
    /no conflict that is left to people/,
  ],
  ['a choice twice', agreed, withChoices(({ choices }) => ({ choices: [...choices, ...choices] })), /chosen twice/],
  [
    'a choice of a row that cannot stand',
    agreed,
    withChoices(({ choices }) => ({
      choices: choices.map((one) => ({ ...one, row: { owner: 'alice', balance: '-1.00' } })),
    })),
    /does not come out again/,
  ],
  [
    'a choice of a row with another key',
    agreed,
    withChoices(({ choices }) => ({
      choices: choices.map((one) => ({ ...one, row: { owner: 'zoe', balance: '1.00' } })),
    })),
    /another key/,
  ],
  [
    'a choice of another table’s row',
    agreed,
    withChoices(({ choices }) => ({ choices: choices.map((one) => ({ ...one, row: { owner: 'alice' } })) })),
    /does not fit/,
  ],
  [
    'a conflict that nobody chose',
    agreed,
    sealed((content) => ({ ...content, transactions: [], receipts: [] })),
    /nobody chose/,
  ],
  [
    'a call in a merge row by row',
    agreed,
    sealed((content, { reader }) => ({
      ...content,
      transactions: [...content.transactions, ...reader.transactions(content.parents[1] as Oid)],
    })),
    /is a call/,
  ],
  [
    'a receipt of other choices',
    agreed,
    sealed((content) => ({ ...content, receipts: content.receipts.map((one) => ({ ...one, rows: 7 })) })),
    /receipt 0 differs/,
  ],
  [
    'another state',
    agreed,
    sealed((content, { reader }) => ({ ...content, state: reader.block(content.parents[0] as Oid).state })),
    /state differs/,
  ],
];

/** What is wrong with forged blocks in the place of the last one of a repository; they are judged, and never written. */
async function faultsOf(
  prepare: (test: TestRepository) => Promise<void>,
  cases: readonly ((forgery: Forgery) => Oid)[],
): Promise<unknown[]> {
  const test = await newRepository();
  await withBank(test, { alice: '100', bob: '100' });
  await prepare(test);
  await closeQuietly(test.repository);
  const context = await openContext(test.directory, fixedOptions('forge'), Store.open);
  const engine = await context.emptyEngine();
  try {
    const { block: head } = context.branch('main');
    const content = contentOf(context.reader, head);
    const faults: unknown[] = [];
    for (const make of cases) {
      const buffer = new ObjectBuffer(context.store);
      const id = make({ test, store: context.store, reader: context.reader, buffer, head, content });
      const verify = verifyContext(context, { reader: new BlockReader(buffer), history: context.history });
      try {
        await checkBlock(verify, id);
        await rebuildBlock(verify, engine, context.engineId, id);
        faults.push(new Error('nothing is wrong'));
      } catch (error) {
        faults.push(error);
      }
    }
    return faults;
  } finally {
    await engine.close();
    await context.close();
  }
}

describe('a merge row by row', () => {
  it.each([
    ['agreed', agreed],
    ['rows', byRows],
    ['pinned', pinned],
  ])('is found right as it is, and out where it is forged: %s', async (_, prepare) => {
    const cases = forgeries.filter((one) => one[1] === prepare);
    expect(cases.length).toBeGreaterThan(0);
    const [none, ...faults] = await faultsOf(prepare, [
      sealed((content) => content),
      ...cases.map(([, , make]) => make),
    ]);
    expect(none).toMatchObject({ message: 'nothing is wrong' });
    for (const [at, [what, , , message]] of cases.entries()) {
      expect(faults[at], what).toMatchObject({ message: expect.stringMatching(message), exitCode: 6 });
    }
  });
});
