import { describe, expect, it } from 'vitest';
import type { MergeResult } from '../../src/repository/merge.ts';
import { bankSource, newRepository, type TestRepository, withBank, withMember } from '../support/repository.ts';

const payment = (sender: string, recipient: string, amount: string, how = 'pay') => ({
  contract: 'bank',
  function: how,
  args: [sender, recipient, amount],
});

async function bank(): Promise<TestRepository> {
  const test = await newRepository();
  await withBank(test, { alice: '100', bob: '100', carol: '100', dave: '100' });
  return test;
}

async function balancesOf({ repository }: TestRepository, at?: string): Promise<string> {
  const found: string[] = [];
  for await (const { row } of repository.scan('bank.accounts', at)) found.push(`${row.owner} ${row.balance}`);
  return found.join(', ');
}

const summary = (merged: MergeResult) => ({
  applied: merged.applied.length,
  dropped: merged.dropped.map(({ receipt }) => receipt.code),
});

describe('automatic merge', () => {
  it('brings a branch over, keeps its signatures, and seals a merge block even where the target has not moved', async () => {
    const test = await bank();
    const { repository, admin } = test;
    const eve = await withMember(test, 'eve', 'write');
    await repository.createBranch('side');
    const { transaction } = await repository.call({
      ...payment('alice', 'bob', '1'),
      on: 'side',
      key: eve,
      sealer: admin,
    });
    const merged = await repository.merge({ source: 'side', sealer: admin });
    expect(summary(merged)).toEqual({ applied: 1, dropped: [] });
    const view = await repository.transaction(transaction);
    expect(view.transaction.author).toBe(eve.id);
    expect(view.receipts.map(({ block }) => block.branch)).toEqual(['side', 'main']);
    expect(merged.block?.parents).toHaveLength(2);
    expect(await balancesOf(test, 'main')).toBe(await balancesOf(test, 'side'));
    await repository.verify();
  });

  it('is up to date when the target has all of the source', async () => {
    const { repository, admin } = await bank();
    await repository.createBranch('side');
    expect(await repository.merge({ source: 'side', sealer: admin })).toMatchObject({
      upToDate: true,
      applied: [],
      dropped: [],
    });
    await repository.call({ ...payment('alice', 'bob', '1'), on: 'side', key: admin });
    await repository.merge({ source: 'side', sealer: admin });
    const head = repository.head.block.id;
    expect(await repository.merge({ source: 'side', sealer: admin })).toMatchObject({ upToDate: true });
    expect(repository.head.block.id).toBe(head);
  });

  it('brings nothing twice when it is repeated, in both directions, and does not try again what it dropped', async () => {
    const test = await bank();
    const { repository, admin: key } = test;
    await repository.createBranch('side');
    await repository.call({ ...payment('alice', 'carol', '80'), on: 'side', key });
    await repository.call({ ...payment('bob', 'carol', '1'), on: 'side', key });
    await repository.call({ ...payment('alice', 'dave', '50'), key });
    expect(summary(await repository.merge({ source: 'side', sealer: key }))).toEqual({
      applied: 1,
      dropped: ['contract-error'],
    });
    await repository.call({ ...payment('dave', 'alice', '50'), key });
    await repository.call({ ...payment('bob', 'carol', '2'), on: 'side', key });
    expect(summary(await repository.merge({ source: 'side', sealer: key }))).toEqual({ applied: 1, dropped: [] });
    expect(await balancesOf(test)).toBe('alice 100.00, bob 97.00, carol 103.00, dave 100.00');
    // The other way: side gets main's three payments and none of its own again; alice has 20 there, so 50 does not fit.
    const back = await repository.merge({ source: 'main', into: 'side', sealer: key });
    expect(summary(back)).toEqual({ applied: 1, dropped: ['contract-error'] });
    expect(await balancesOf(test, 'side')).toBe('alice 70.00, bob 97.00, carol 183.00, dave 50.00');
    await repository.call({ ...payment('bob', 'carol', '3'), on: 'side', key });
    expect(summary(await repository.merge({ source: 'side', sealer: key }))).toEqual({ applied: 1, dropped: [] });
    expect(await balancesOf(test)).toBe('alice 100.00, bob 94.00, carol 106.00, dave 100.00');
    await repository.verify();
  });

  it('brings nothing twice through an intermediate branch', async () => {
    const test = await bank();
    const { repository, admin: key } = test;
    await repository.createBranch('one');
    await repository.createBranch('two');
    await repository.call({ ...payment('alice', 'bob', '10'), on: 'one', key });
    expect(summary(await repository.merge({ source: 'one', into: 'two', sealer: key }))).toEqual({
      applied: 1,
      dropped: [],
    });
    await repository.call({ ...payment('carol', 'dave', '5'), on: 'two', key });
    expect(summary(await repository.merge({ source: 'two', sealer: key }))).toEqual({ applied: 2, dropped: [] });
    expect(await repository.merge({ source: 'one', sealer: key })).toMatchObject({ upToDate: true });
    await repository.call({ ...payment('alice', 'bob', '1'), on: 'one', key });
    expect(summary(await repository.merge({ source: 'one', sealer: key }))).toEqual({ applied: 1, dropped: [] });
    expect(summary(await repository.merge({ source: 'main', into: 'two', sealer: key }))).toEqual({
      applied: 1,
      dropped: [],
    });
    expect(await balancesOf(test)).toBe('alice 89.00, bob 111.00, carol 95.00, dave 105.00');
    expect(await balancesOf(test, 'two')).toBe(await balancesOf(test));
    await repository.verify();
  });

  it('names the transaction of the target that took the money, and the dropped one that another needed', async () => {
    const { repository, admin: key } = await bank();
    await repository.createBranch('side');
    const first = await repository.call({ ...payment('alice', 'bob', '60'), on: 'side', key });
    const needing = await repository.call({ ...payment('bob', 'carol', '150'), on: 'side', key });
    await repository.call({ ...payment('dave', 'bob', '1'), on: 'side', key });
    const lines = [
      payment('carol', 'dave', '1'),
      payment('alice', 'dave', '30'),
      payment('alice', 'dave', '20'),
      payment('carol', 'dave', '1'),
    ];
    const took = await repository.submit(
      lines.map((call) => JSON.stringify({ kind: 'call', ...call })),
      { sealer: key, key },
    );
    await repository.call({ ...payment('alice', 'dave', '1'), key });
    const merged = await repository.merge({ source: 'side', sealer: key });
    expect(merged.dropped).toMatchObject([
      {
        receipt: { tx: first.transaction },
        cause: { kind: 'target', transaction: took.applied[2]?.transaction, height: 6 },
      },
      { receipt: { tx: needing.transaction }, cause: { kind: 'pool', transaction: first.transaction, branch: 'side' } },
    ]);
    const { receipts } = await repository.receipt(first.transaction);
    expect(receipts.map(({ receipt, cause }) => [receipt.status, cause?.transaction])).toEqual([
      ['applied', undefined],
      ['dropped', took.applied[2]?.transaction],
    ]);
  });

  it('lists what applies with another result, and drops it when asked to', async () => {
    const test = await bank();
    const { repository, admin: key } = test;
    await repository.createBranch('side');
    const { transaction } = await repository.call({ ...payment('alice', 'carol', '80', 'transfer'), on: 'side', key });
    await repository.call({ ...payment('bob', 'carol', '1'), on: 'side', key });
    await repository.call({ ...payment('alice', 'dave', '50'), key });
    const strict = await repository.merge({ source: 'side', sealer: key, dropChangedResults: true, dryRun: true });
    expect(summary(strict)).toEqual({ applied: 1, dropped: ['result-changed'] });
    const lenient = await repository.merge({ source: 'side', sealer: key, dryRun: true });
    expect(lenient.changedResults).toEqual([{ tx: transaction, there: 'OK', here: 'Not enough balance' }]);
    expect(summary(lenient)).toEqual({ applied: 2, dropped: [] });
    await repository.merge({ source: 'side', sealer: key, dropChangedResults: true });
    await repository.verify();
  });

  it('seals nothing with a drop when it must not drop', async () => {
    const { repository, admin: key } = await bank();
    await repository.createBranch('side');
    await repository.call({ ...payment('alice', 'carol', '80'), on: 'side', key });
    await repository.call({ ...payment('alice', 'dave', '50'), key });
    const head = repository.head.block.id;
    const merged = await repository.merge({ source: 'side', sealer: key, failOnDrop: true });
    expect(merged.block).toBeUndefined();
    expect(merged.dropped).toHaveLength(1);
    expect(repository.head.block.id).toBe(head);
    await repository.call({ ...payment('dave', 'alice', '50'), key });
    expect((await repository.merge({ source: 'side', sealer: key, failOnDrop: true })).block).toBeDefined();
  });

  it('drops what is not for merge, breaks a constraint, or finds another contract', async () => {
    const { repository, admin: key } = await bank();
    await repository.createBranch('side');
    await repository.call({ ...payment('alice', 'bob', '1'), merge: false, on: 'side', key });
    await repository.call({ contract: 'bank', function: 'open_account', args: ['zoe', '1'], on: 'side', key });
    await repository.call({ ...payment('alice', 'bob', '2', 'transfer'), on: 'side', key });
    await repository.deploy({
      name: 'notes',
      source:
        'CREATE TABLE notes (id int PRIMARY KEY); CREATE FUNCTION note(id int) RETURNS void AS $$ BEGIN INSERT INTO notes VALUES (note.id); END $$;',
      on: 'side',
      key,
    });
    await repository.call({ contract: 'notes', function: 'note', args: ['1'], on: 'side', key });
    await repository.deploy({ name: 'bank', source: `${bankSource}-- on side\n`, on: 'side', key });
    await repository.call({ contract: 'bank', function: 'open_account', args: ['zoe', '2'], key });
    await repository.deploy({ name: 'bank', source: bankSource.replaceAll('transfer(sender', 'move(sender'), key });
    const merged = await repository.merge({ source: 'side', sealer: key });
    expect(merged.dropped.map(({ receipt }) => [receipt.code, receipt.sqlstate])).toEqual([
      ['not-for-merge', undefined],
      ['constraint', '23505'],
      ['contract-changed', undefined],
      ['contract-changed', undefined],
    ]);
    expect(merged.applied).toHaveLength(2);
    expect(await repository.get('notes.notes', ['1'])).toBeDefined();
    await repository.verify();
  });

  it('carries imports over, keeping their data where the state does not hold it', async () => {
    const { repository, admin: key } = await bank();
    await repository.createBranch('side');
    const load = (on: string, ...rows: [string, string][]) =>
      repository.importRows({
        table: 'bank.accounts',
        columns: ['owner', 'balance'],
        rows: (async function* () {
          yield* rows;
        })(),
        key,
        on,
      });
    await load('side', ['erin', '5'], ['frank', '6']);
    await load('side', ['grace', '7']);
    await load('main', ['grace', '8']);
    const merged = await repository.merge({ source: 'side', sealer: key });
    expect(merged.dropped.map(({ receipt }) => receipt.code)).toEqual(['constraint']);
    expect(await repository.get('bank.accounts', ['erin'])).toMatchObject({ row: { balance: '5.00' } });
    expect(await repository.get('bank.accounts', ['grace'])).toMatchObject({ row: { balance: '8.00' } });
    await repository.verify();
  });

  it('keeps order and outcome over a pool of many blocks, with drops spread over it', async () => {
    const test = await bank();
    const { repository, admin: key } = test;
    await repository.createBranch('side');
    const calls = Array.from({ length: 700 }, (_, index) =>
      payment(index % 7 === 3 ? 'alice' : 'bob', index % 2 === 0 ? 'carol' : 'dave', index % 7 === 3 ? '1' : '0.10'),
    );
    const done = await repository.submit(
      calls.map((call) => JSON.stringify({ kind: 'call', ...call })),
      { sealer: key, key, on: 'side', blockSize: 150 },
    );
    expect(done.applied).toHaveLength(700);
    expect(done.blocks).toHaveLength(5);
    await repository.call({ ...payment('alice', 'dave', '40'), key });
    const merged = await repository.merge({ source: 'side', sealer: key, causes: 1 });
    expect(summary(merged)).toEqual({ applied: 660, dropped: Array.from({ length: 40 }, () => 'contract-error') });
    expect(merged.applied.map((one) => one.tx)).toEqual(
      done.applied
        .map((one) => one.transaction)
        .filter((tx) => merged.dropped.every(({ receipt }) => receipt.tx !== tx)),
    );
    expect(await repository.get('bank.accounts', ['alice'])).toMatchObject({ row: { balance: '0.00' } });
    await repository.verify();
  });
});
