import { describe, expect, it } from 'vitest';
import type { BlamedRow } from '../../src/repository/blame.ts';
import type { Repository } from '../../src/repository.ts';
import {
  bankSource,
  closeQuietly,
  fixedOptions,
  newRepository,
  openRepository,
  withBank,
  withMember,
} from '../support/repository.ts';

const payment = (sender: string, recipient: string, amount: string) => ({
  contract: 'bank',
  function: 'pay',
  args: [sender, recipient, amount],
});

const line = (unsigned: object): string => JSON.stringify({ kind: 'call', ...unsigned });

async function blamed(repository: Repository, key: readonly string[], at?: string): Promise<BlamedRow[]> {
  const rows: BlamedRow[] = [];
  for await (const row of repository.blame('bank.accounts', key, at)) rows.push(row);
  return rows;
}

/** What stands behind each column, in words: `deploy bank @ 7`. */
function told({ columns }: BlamedRow): Record<string, string> {
  return Object.fromEntries(
    columns.map(({ column, origin: { block, transactions } }) => [
      column,
      `${transactions.map(({ description }) => description).join(' | ')} @ ${block.height} ${block.branch}`,
    ]),
  );
}

const ofRow = async (repository: Repository, owner: string, at?: string) =>
  told((await blamed(repository, [owner], at))[0] ?? { key: [], columns: [] });

async function* rowsOf(...rows: string[][]) {
  yield* rows;
}

describe('blame', { timeout: 120_000 }, () => {
  it('names for each column the transaction that gave it its value, with its author as the directory calls them', async () => {
    const test = await newRepository();
    const { repository, admin } = test;
    await withBank(test, { alice: '100', bob: '50' });
    const eve = await withMember(test, 'eve', 'write');
    await repository.call({ ...payment('alice', 'bob', '1'), key: eve, sealer: admin });
    await repository.call({ ...payment('bob', 'alice', '0.25'), key: admin });
    expect(await ofRow(repository, 'alice')).toEqual({
      owner: 'bank.open_account alice 100 @ 2 main',
      balance: 'bank.pay bob alice 0.25 @ 5 main',
    });
    expect(await ofRow(repository, 'alice', '@~1')).toEqual({
      owner: 'bank.open_account alice 100 @ 2 main',
      balance: 'bank.pay alice bob 1 @ 4 main',
    });
    const [row] = await blamed(repository, ['alice'], '@~1');
    const [owner, balance] = row?.columns.map(({ origin }) => origin.transactions[0]) ?? [];
    expect(owner).toMatchObject({ author: admin.id, name: 'ada' });
    expect(balance).toMatchObject({ author: eve.id, name: 'eve' });
    expect((await blamed(repository, [])).map(({ key }) => key)).toEqual([['alice'], ['bob']]);
  });

  it('says that there is no such row, or table, or that the key has other columns', async () => {
    const test = await newRepository();
    await withBank(test, { alice: '100' });
    await expect(blamed(test.repository, ['bob'])).rejects.toMatchObject({ code: 'AERGO_ROW_MISSING' });
    await expect(blamed(test.repository, ['alice'], '@~1')).rejects.toMatchObject({ code: 'AERGO_ROW_MISSING' });
    await expect(blamed(test.repository, ['a', 'b'])).rejects.toMatchObject({ code: 'AERGO_USAGE' });
    await expect(blamed(test.repository, ['alice'], '@~2')).rejects.toMatchObject({ code: 'AERGO_TABLE_UNKNOWN' });
  });

  it('goes through an automatic merge to the transactions that the merge block applied', async () => {
    const test = await newRepository();
    const { repository, admin: key } = test;
    await withBank(test, { alice: '100', bob: '50', carol: '0' });
    await repository.createBranch('side');
    await repository.call({ ...payment('alice', 'carol', '1'), on: 'side', key });
    await repository.call({ ...payment('bob', 'alice', '2'), key });
    await repository.merge({ source: 'side', sealer: key });
    expect((await ofRow(repository, 'alice')).balance).toBe('bank.pay alice carol 1 @ 6 main');
    expect((await ofRow(repository, 'bob')).balance).toBe('bank.pay bob alice 2 @ 5 main');
    expect((await ofRow(repository, 'carol', 'side')).balance).toBe('bank.pay alice carol 1 @ 5 side');
  });

  it('goes through imports and migrations, and takes a row that came again for a new one', async () => {
    const test = await newRepository();
    const { repository, admin: key } = test;
    const closing = bankSource.concat(
      '\nCREATE FUNCTION close_account(who text) RETURNS void AS $$\nBEGIN\n    DELETE FROM accounts WHERE owner = who;\nEND\n$$;\n',
    );
    await repository.deploy({ name: 'bank', source: closing, key });
    const accounts = { table: 'bank.accounts', columns: ['owner', 'balance'], key };
    await repository.importRows({ ...accounts, rows: rowsOf(['alice', '5'], ['bob', '0']) });
    await repository.call({ ...payment('alice', 'bob', '1'), key });
    await repository.deploy({
      name: 'bank',
      source: closing.replace('balance >= 0)', 'balance >= 0),\n    note text'),
      migrate: 'ALTER TABLE accounts ADD COLUMN note text;\nUPDATE accounts SET balance = 7 WHERE balance = 4;',
      key,
    });
    expect(await ofRow(repository, 'bob')).toEqual({
      owner: 'import bank.accounts 2 @ 2 main',
      balance: 'bank.pay alice bob 1 @ 3 main',
      note: 'deploy bank @ 4 main',
    });
    expect(await ofRow(repository, 'alice')).toMatchObject({ balance: 'deploy bank @ 4 main' });
    await repository.call({ contract: 'bank', function: 'close_account', args: ['bob'], key });
    await repository.call({ contract: 'bank', function: 'open_account', args: ['bob', '0'], key });
    expect((await ofRow(repository, 'bob')).owner).toBe('bank.open_account bob 0 @ 6 main');
  });

  it('tells the transactions of one block apart: the same as if each had had a block of its own', async () => {
    const accounts = { alice: '100', bob: '100', carol: '100', dave: '100' };
    const names = Object.keys(accounts);
    // A pseudorandom walk; amounts are such that no two payments take each other back.
    const payments = Array.from({ length: 60 }, (_, index) => {
      const from = names[(index * 7 + 3) % 4] ?? '';
      const to = names[(index * 5 + (index % 3) + 1) % 4] ?? '';
      return from === to ? undefined : line(payment(from, to, `${(index + 1) / 100}`));
    }).filter((text) => text !== undefined);
    const alone = await newRepository('alone');
    await withBank(alone, accounts);
    await alone.repository.submit(payments, { sealer: alone.admin, key: alone.admin, blockSize: 1 });
    const together = await newRepository('together');
    await withBank(together, accounts);
    await together.repository.submit(payments, { sealer: together.admin, key: together.admin, blockSize: 17 });
    const without = (rows: BlamedRow[]) =>
      rows.map((row) => Object.values(told(row)).map((text) => text.replace(/ @ .*/, '')));
    const expected = without(await blamed(alone.repository, []));
    expect(new Set(expected.flat()).size).toBeGreaterThan(6);
    expect(without(await blamed(together.repository, []))).toEqual(expected);
    // The engine keeps nothing of the runs.
    await together.repository.call({ ...payment('alice', 'bob', '1'), key: together.admin });
    await together.repository.verify();
  });

  it('tells apart what several reverts of one block took back', async () => {
    const test = await newRepository();
    const { repository, admin: key } = test;
    await withBank(test, { alice: '100', bob: '50' });
    const first = await repository.call({ ...payment('alice', 'bob', '1'), key });
    const second = await repository.call({ ...payment('alice', 'bob', '2'), key });
    await repository.revert({ targets: [second.transaction, first.transaction], key });
    const expected = `revert ${first.transaction.slice(0, 7)} @ 6 main`;
    expect(await ofRow(repository, 'alice')).toMatchObject({ balance: expected });
    const { changes } = await repository.rowLog('bank.accounts', ['alice'], { limit: 1 });
    expect(changes[0]?.transactions).toHaveLength(2);
  });

  it('sees what a call and a migration of one block did to a row', async () => {
    const test = await newRepository();
    const { repository, admin: key } = test;
    await withBank(test, { alice: '100', bob: '50' });
    await repository.createBranch('side');
    await repository.call({ ...payment('alice', 'bob', '1'), on: 'side', key });
    await repository.deploy({
      name: 'bank',
      source: bankSource.replace('balance >= 0)', 'balance >= 0),\n    note text'),
      migrate: "ALTER TABLE accounts ADD COLUMN note text;\nUPDATE accounts SET note = 'rich' WHERE balance > 60;",
      on: 'side',
      key,
    });
    await repository.merge({ source: 'side', sealer: key });
    expect(await ofRow(repository, 'alice')).toEqual({
      owner: 'bank.open_account alice 100 @ 2 main',
      balance: 'bank.pay alice bob 1 @ 4 main',
      note: 'deploy bank @ 4 main',
    });
  });

  it('names all that may have been it where a run does not come to an end on this machine', async () => {
    const test = await newRepository();
    const { repository, admin: key } = test;
    // A payment takes longer than it takes to notice that its time is over.
    const slow = bankSource.replace('answer := transfer', 'FOR i IN 1..1000000 LOOP END LOOP;\n    answer := transfer');
    await repository.deploy({ name: 'bank', source: slow, key });
    for (const [owner, balance] of [
      ['alice', '100'],
      ['bob', '50'],
    ] as const)
      await repository.call({ contract: 'bank', function: 'open_account', args: [owner, balance], key });
    await repository.submit([line(payment('alice', 'bob', '1')), line(payment('bob', 'alice', '2'))], {
      sealer: key,
      key,
    });
    await closeQuietly(repository);
    const hurried = await openRepository(test.directory, { ...fixedOptions('hurried'), callDeadline_ms: 0.001 });
    expect(await ofRow(hurried, 'alice')).toEqual({
      owner: 'bank.open_account alice 100 @ 2 main',
      balance: 'bank.pay alice bob 1 | bank.pay bob alice 2 @ 4 main',
    });
  });
});
