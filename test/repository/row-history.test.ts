import { describe, expect, it } from 'vitest';
import type { RowChange } from '../../src/repository/row-history.ts';
import { bankSource, newRepository, withBank, withMember } from '../support/repository.ts';

const payment = (sender: string, recipient: string, amount: string) => ({
  contract: 'bank',
  function: 'pay',
  args: [sender, recipient, amount],
});

const told = (changes: readonly RowChange[]) =>
  changes.map(
    ({ block, before, after, transactions }) =>
      `${block.height} ${block.branch}: ${before?.balance ?? '-'} → ${after?.balance ?? '-'} by ${transactions
        .map(({ name, description }) => `${name ?? '?'} ${description}`)
        .join(', ')}`,
  );

describe('the history of a row', { timeout: 120_000 }, () => {
  it('is each change with its transactions and their authors, newest first, through a removal and a migration', async () => {
    const test = await newRepository();
    const { repository, admin: key } = test;
    const closing = bankSource.concat(
      '\nCREATE FUNCTION close_account(who text) RETURNS void AS $$\nBEGIN\n    DELETE FROM accounts WHERE owner = who;\nEND\n$$;\n',
    );
    await repository.deploy({ name: 'bank', source: closing, key });
    for (const owner of ['alice', 'bob'])
      await repository.call({ contract: 'bank', function: 'open_account', args: [owner, '10'], key });
    const lines = [payment('alice', 'bob', '1'), payment('alice', 'bob', '2')];
    await repository.submit(
      lines.map((one) => JSON.stringify({ kind: 'call', ...one })),
      { sealer: key, key },
    );
    const eve = await withMember(test, 'eve', 'write');
    await repository.call({ ...payment('bob', 'alice', '4'), key: eve, sealer: key });
    await repository.call({ contract: 'bank', function: 'close_account', args: ['alice'], key });
    await repository.call({ contract: 'bank', function: 'open_account', args: ['alice', '3'], key });
    await repository.deploy({
      name: 'bank',
      source: closing.replace('balance numeric(15,2)', 'balance numeric(15,3)'),
      migrate: 'ALTER TABLE accounts ALTER COLUMN balance TYPE numeric(15,3);',
      key,
    });
    expect(told((await repository.rowLog('bank.accounts', ['alice'])).changes)).toEqual([
      '8 main: 3.00 → 3.000 by ada deploy bank',
      '7 main: - → 3.00 by ada bank.open_account alice 3',
      '6 main: 11.00 → - by ada bank.close_account alice',
      '5 main: 7.00 → 11.00 by eve bank.pay bob alice 4',
      '4 main: 10.00 → 7.00 by ada bank.pay alice bob 1, ada bank.pay alice bob 2',
      '2 main: - → 10.00 by ada bank.open_account alice 10',
    ]);
    const range = async (words: string) =>
      (await repository.rowLog('bank.accounts', ['alice'], { range: words })).changes.map(({ block }) => block.height);
    expect(await range('@5')).toEqual([5, 4, 2]);
    expect(await range('@4..@6')).toEqual([6, 5]);
    expect((await repository.rowLog('bank.accounts', ['alice'], { limit: 2 })).changes).toHaveLength(2);
    expect((await repository.rowLog('bank.accounts', ['nobody'])).changes).toEqual([]);
    const { blocks } = await repository.tableLog('bank.accounts');
    expect(blocks.map(({ height }) => height)).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
    await expect(repository.rowLog('bank.accounts', ['alice'], { range: '@0' })).rejects.toMatchObject({
      code: 'AERGO_TABLE_UNKNOWN',
    });
  });

  it('leaves out blocks that changed other tables alone', async () => {
    const test = await newRepository();
    const { repository, admin: key } = test;
    await withBank(test, { alice: '10', bob: '10' });
    await repository.deploy({ name: 'other', source: 'CREATE TABLE things (a text PRIMARY KEY);', key });
    await repository.call({ ...payment('alice', 'bob', '1'), key });
    const heights = async (table: string) =>
      (await repository.tableLog(table)).blocks.map(({ id, height }) => ({ id, height }));
    expect((await heights('other.things')).map(({ height }) => height)).toEqual([4]);
    const accounts = await heights('bank.accounts');
    expect(accounts.map(({ height }) => height)).toEqual([5, 3, 2, 1]);
    // A graph goes past what is left out.
    const { next } = await repository.tableLog('bank.accounts');
    expect(accounts.map(({ id }) => next.get(id))).toEqual([...accounts.slice(1).map(({ id }) => [id]), []]);
  });

  it('shows what an automatic merge applied in the merge block, where it took effect', async () => {
    const test = await newRepository();
    const { repository, admin: key } = test;
    await withBank(test, { alice: '10', bob: '10' });
    await repository.createBranch('side');
    await repository.call({ ...payment('alice', 'bob', '1'), on: 'side', key });
    await repository.call({ ...payment('bob', 'alice', '2'), key });
    await repository.merge({ source: 'side', sealer: key });
    expect(told((await repository.rowLog('bank.accounts', ['alice'])).changes)).toEqual([
      '5 main: 12.00 → 11.00 by ada bank.pay alice bob 1',
      '4 main: 10.00 → 12.00 by ada bank.pay bob alice 2',
      '2 main: - → 10.00 by ada bank.open_account alice 10',
    ]);
  });
});
