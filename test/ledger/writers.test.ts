import { describe, expect, it, onTestFinished } from 'vitest';
import { lastWriters, type RowKey, type RowWriter, rowKey } from '../../src/ledger/writers.ts';
import type { RepositoryContext } from '../../src/repository/context.ts';
import { openContext } from '../../src/repository/init.ts';
import { Store } from '../../src/store/store.ts';
import {
  bankSource,
  closeQuietly,
  fixedOptions,
  newRepository,
  type TestRepository,
  withBank,
  withMember,
} from '../support/repository.ts';

async function contextOf({ repository, directory }: TestRepository): Promise<RepositoryContext> {
  await closeQuietly(repository);
  const context = await openContext(directory, fixedOptions('context'), Store.open);
  onTestFinished(() => context.close());
  return context;
}

const payment = (sender: string, recipient: string, amount: string) => ({
  contract: 'bank',
  function: 'pay',
  args: [sender, recipient, amount],
});

const line = (unsigned: object): string => JSON.stringify({ kind: 'call', ...unsigned });

/** What a log would say: who wrote the row, and with what. */
const told = (found: ReadonlyMap<RowKey, RowWriter>) =>
  Object.fromEntries([...found].map(([key, { description }]) => [key.split(' ')[1], description]));

const accounts = (...names: string[]): [string, string][] => names.map((name) => ['bank.accounts', `${name}-`]);

describe('the last writers of rows', () => {
  it('are the transactions since the two heads parted, through a merge by those that the merge block applied', async () => {
    const test = await newRepository();
    const { repository, admin } = test;
    const eve = await withMember(test, 'eve', 'write');
    await withBank(test, { alice: '100', bob: '100', carol: '100', dave: '100' });
    const parted = repository.head.block.id;
    await repository.createBranch('side');
    await repository.call({ ...payment('alice', 'bob', '1'), on: 'side', key: eve, sealer: admin });
    await repository.call({ ...payment('carol', 'alice', '90'), key: admin });
    const { block } = await repository.merge({ source: 'side', sealer: admin });
    const side = await repository.resolve('side');
    const context = await contextOf(test);
    const head = block?.id ?? parted;
    const rows = accounts('alice', 'bob', 'carol', 'dave');
    const ofMain = lastWriters(context, head, parted, rows);
    expect(told(ofMain)).toEqual({
      'alice-': 'bank.pay alice bob 1',
      'bob-': 'bank.pay alice bob 1',
      'carol-': 'bank.pay carol alice 90',
    });
    expect(ofMain.get(rowKey('bank.accounts', 'alice-'))).toMatchObject({ block: head, author: eve.id });
    expect(ofMain.get(rowKey('bank.accounts', 'carol-'))).toMatchObject({ author: admin.id });
    // What main has beside the branch is one payment of its own; the branch's is in both.
    expect(told(lastWriters(context, side, parted, rows))).toEqual({
      'alice-': 'bank.pay alice bob 1',
      'bob-': 'bank.pay alice bob 1',
    });
    expect(lastWriters(context, side, head, rows)).toEqual(new Map());
  });

  it('are the last of a block where several wrote, an import where it brought the row, a migration where it changed it', async () => {
    const test = await newRepository();
    const { repository, admin: key } = test;
    await withBank(test, { alice: '100', bob: '100', carol: '100' });
    const parted = repository.head.block.id;
    await repository.importRows({
      table: 'bank.accounts',
      columns: ['owner', 'balance'],
      rows: (async function* () {
        yield ['dave', '5'];
        yield ['erin', '5'];
      })(),
      key,
    });
    const imported = repository.head.block.id;
    await repository.submit(
      [line(payment('alice', 'bob', '1')), line(payment('bob', 'carol', '2')), line(payment('alice', 'dave', '3'))],
      { sealer: key, key },
    );
    const paid = repository.head.block.id;
    await repository.deploy({
      name: 'bank',
      source: bankSource.replace('balance >= 0)', 'balance >= 0),\n    note text'),
      migrate: "ALTER TABLE accounts ADD COLUMN note text;\nUPDATE accounts SET note = 'old' WHERE balance > 99;",
      key,
    });
    const migrated = repository.head.block.id;
    const context = await contextOf(test);
    const rows = accounts('alice', 'bob', 'carol', 'dave', 'erin');
    expect(told(lastWriters(context, imported, parted, rows))).toEqual({
      'dave-': 'import bank.accounts 2',
      'erin-': 'import bank.accounts 2',
    });
    expect(told(lastWriters(context, paid, parted, rows))).toEqual({
      'alice-': 'bank.pay alice dave 3',
      'bob-': 'bank.pay bob carol 2',
      'carol-': 'bank.pay bob carol 2',
      'dave-': 'bank.pay alice dave 3',
      'erin-': 'import bank.accounts 2',
    });
    // The new column stands in every line.
    expect(new Set(Object.values(told(lastWriters(context, migrated, parted, rows))))).toEqual(
      new Set(['deploy bank']),
    );
  });

  it('are found by reading the receipts of those blocks alone that changed one of the rows', async () => {
    const test = await newRepository();
    const { repository, admin: key } = test;
    await withBank(test, { alice: '100', bob: '100', carol: '100', dave: '100' });
    const parted = repository.head.block.id;
    await repository.call({ ...payment('alice', 'bob', '1'), key });
    for (let count = 0; count < 5; count++) await repository.call({ ...payment('carol', 'dave', '1'), key });
    const head = repository.head.block.id;
    const context = await contextOf(test);
    const read: string[] = [];
    const receipts = context.reader.receipts.bind(context.reader);
    context.reader.receipts = (id) => {
      read.push(id);
      return receipts(id);
    };
    expect(told(lastWriters(context, head, parted, accounts('alice', 'bob')))).toEqual({
      'alice-': 'bank.pay alice bob 1',
      'bob-': 'bank.pay alice bob 1',
    });
    expect(read).toHaveLength(1);
  });
});
