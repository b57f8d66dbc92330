import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AergoError } from '../../src/errors.ts';
import {
  bankSource,
  closeQuietly,
  fixedOptions,
  keyOf,
  newRepository,
  openRepository,
  type TestRepository,
  withBank,
  withMember,
} from '../support/repository.ts';

const balances = async (
  { repository }: TestRepository,
  at?: string,
): Promise<Record<string, string | null | undefined>> => {
  const found: Record<string, string | null | undefined> = {};
  for await (const { row } of repository.scan('bank.accounts', at)) found[row.owner ?? ''] = row.balance;
  return found;
};

describe('a first session', () => {
  it('deploys, calls, refuses, branches, differs, merges with a drop that is explained, and verifies', async () => {
    const test = await newRepository();
    const { repository, admin } = test;
    await withBank(test, { alice: '100', bob: '50', carol: '0' });
    const pay = (...args: string[]) => repository.call({ contract: 'bank', function: 'pay', args, key: admin });

    const paid = await repository.call({
      contract: 'bank',
      function: 'transfer',
      args: ['alice', 'bob', '12.50'],
      key: admin,
    });
    expect(paid.receipt).toMatchObject({
      status: 'applied',
      result: 'OK',
      writes: [
        ['bank.accounts', 'alice-'],
        ['bank.accounts', 'bob-'],
      ],
    });
    expect(paid.block?.height).toBe(5);

    await expect(pay('alice', 'bob', '500')).rejects.toMatchObject({
      code: 'AERGO_CONTRACT_REJECTED',
      message: 'bank.pay rejected this: Not enough balance (P0001)',
      exitCode: 5,
    });
    expect(repository.head.block.height).toBe(5);

    await repository.createBranch('what-if', '@', { switchTo: true });
    await pay('alice', 'carol', '80');
    await pay('bob', 'carol', '10');
    const difference = await repository.diff('main', 'what-if');
    const changed = [...difference.tables].flatMap(({ table, rows }) =>
      [...rows].map((row) => [table, row.key[0], row.before?.balance, row.after?.balance]),
    );
    expect(changed).toEqual([
      ['bank.accounts', 'alice', '87.50', '7.50'],
      ['bank.accounts', 'bob', '62.50', '52.50'],
      ['bank.accounts', 'carol', '0.00', '90.00'],
    ]);

    await repository.switchTo('main');
    const took = await pay('alice', 'bob', '50');
    const planned = await repository.merge({ source: 'what-if', sealer: admin, dryRun: true });
    expect(planned.block).toBeUndefined();
    expect(repository.head.block.height).toBe(6);
    const merged = await repository.merge({ source: 'what-if', sealer: admin });
    expect(merged.dropped).toEqual(planned.dropped);
    expect(merged.applied).toHaveLength(1);
    expect(merged.dropped).toMatchObject([
      {
        receipt: { status: 'dropped', code: 'contract-error', message: 'Not enough balance', sqlstate: 'P0001' },
        transaction: { args: ['alice', 'carol', '80'] },
        cause: {
          kind: 'target',
          transaction: took.transaction,
          height: 6,
          branch: 'main',
          rows: [['bank.accounts', 'alice-']],
        },
      },
    ]);
    expect(merged.block).toMatchObject({
      height: 7,
      kind: 'merge',
      subject: 'Block 7 on main: merge what-if, 1 applied, 1 dropped',
    });
    expect(await balances(test)).toEqual({ alice: '37.50', bob: '102.50', carol: '10.00' });
    expect(await balances(test, '@~1')).toEqual({ alice: '37.50', bob: '112.50', carol: '0.00' });

    expect(await repository.verify()).toMatchObject({
      branches: [{ name: 'main', blocks: 8, merged: [{ branch: 'what-if', blocks: 2 }] }, { name: 'what-if' }],
      transactions: 9,
    });
  });

  it('runs the paper’s contract as it stands', async () => {
    const { repository, admin } = await newRepository();
    const source = `CREATE TABLE IF NOT EXISTS accounts (
    owner   VARCHAR NOT NULL PRIMARY KEY,
    balance NUMERIC(15, 2)
);

CREATE OR REPLACE FUNCTION transfer(sender text, recipient text, amount numeric(15, 2))
RETURNS text AS $$
DECLARE
    sender_bal numeric;
BEGIN
    SELECT balance INTO sender_bal FROM accounts WHERE owner = sender;
    IF NOT FOUND THEN RETURN 'Sender not found'; END IF;
    IF sender_bal < amount THEN RETURN 'Not enough balance'; END IF;
    UPDATE accounts SET balance = balance + amount WHERE owner = recipient;
    IF NOT FOUND THEN RETURN 'Receiver not found'; END IF;
    UPDATE accounts SET balance = balance - amount WHERE owner = sender;
    RETURN 'OK';
END
$$;
`;
    await repository.deploy({ name: 'bank', source, key: admin });
    async function* rows() {
      yield ['alice', '100'];
      yield ['bob', '50'];
    }
    await repository.importRows({ table: 'bank.accounts', columns: ['owner', 'balance'], rows: rows(), key: admin });
    const call = (...args: string[]) => repository.call({ contract: 'bank', function: 'transfer', args, key: admin });
    expect((await call('alice', 'bob', '12.50')).receipt.result).toBe('OK');
    expect((await call('zoe', 'bob', '1')).receipt).toMatchObject({ result: 'Sender not found', writes: [] });
    expect((await call('alice', 'bob', '100')).receipt).toMatchObject({ result: 'Not enough balance', writes: [] });
    expect(await repository.get('bank.accounts', ['alice'])).toMatchObject({
      row: { owner: 'alice', balance: '87.50' },
    });
    expect((await repository.contract('bank')).text).toBe(source);
    await expect(call('alice', 'bob', '12.505')).rejects.toMatchObject({ code: 'AERGO_ARGUMENT_INVALID' });
  });

  it('gives the same states after cache and index were deleted', async () => {
    const test = await newRepository();
    await withBank(test, { alice: '100', bob: '50' });
    await test.repository.call({ contract: 'bank', function: 'pay', args: ['alice', 'bob', '1'], key: test.admin });
    const before = await test.repository.log();
    await closeQuietly(test.repository);
    rmSync(join(test.directory, 'cache'), { recursive: true });
    rmSync(join(test.directory, 'index'), { recursive: true });
    const again = await openRepository(test.directory);
    expect(await again.log()).toEqual(before);
    expect(await again.verify()).toMatchObject({ blocks: before.length });
    await again.call({ contract: 'bank', function: 'pay', args: ['alice', 'bob', '1'], key: test.admin });
    expect((await again.query("SELECT balance FROM bank.accounts WHERE owner = 'alice'")).rows).toEqual([['98.00']]);
    expect((await again.query("SELECT balance FROM bank.accounts WHERE owner = 'alice'", '@~2')).rows).toEqual([
      ['100.00'],
    ]);
  });

  it('lets write who may write, and seal who may seal', async () => {
    const test = await newRepository();
    const { repository, admin } = test;
    await withBank(test, { alice: '100', bob: '50' });
    const call = { contract: 'bank', function: 'pay', args: ['alice', 'bob', '1'], key: keyOf('eve') };
    await expect(repository.call({ ...call, sealer: admin })).rejects.toMatchObject({
      code: 'AERGO_AUTHOR_NOT_ALLOWED',
      exitCode: 4,
    });
    const other = await withMember(test, 'eve', 'write');
    await expect(repository.call(call)).rejects.toMatchObject({ code: 'AERGO_SEALER_NOT_ALLOWED', exitCode: 4 });
    const { transaction } = await repository.call({ ...call, sealer: admin });
    expect((await repository.transaction(transaction)).transaction.author).toBe(other.id);
    await expect(
      repository.deploy({ name: 'bank', source: `${bankSource}\n-- two`, key: other, sealer: admin }),
    ).rejects.toMatchObject({ code: 'AERGO_AUTHOR_NOT_ALLOWED' });
    const again = await repository.deploy({ name: 'bank', source: `${bankSource}\n-- two`, key: admin });
    expect(again.contract.deploy).not.toBe(again.transaction);
    expect(await repository.get('bank.accounts', ['alice'])).toMatchObject({ row: { balance: '99.00' } });
  });

  it('says what is unknown and what there is instead', async () => {
    const test = await newRepository();
    await withBank(test, { alice: '100' });
    const { repository, admin } = test;
    const call = (name: string, ...args: (string | null)[]) => {
      const [contract = '', fn = ''] = name.split('.');
      return repository.call({ contract, function: fn, args, key: admin });
    };
    const heads = repository.branches();
    await expect(call('bnk.pay')).rejects.toMatchObject({ code: 'AERGO_CONTRACT_UNKNOWN' });
    await expect(call('bank.pai')).rejects.toMatchObject({
      code: 'AERGO_FUNCTION_UNKNOWN',
      details: { candidates: ['bank.open_account', 'bank.transfer', 'bank.pay'] },
    });
    await expect(call('bank.pay', 'alice')).rejects.toMatchObject({ code: 'AERGO_ARGUMENT_COUNT' });
    await expect(call('bank.pay', 'alice', 'bob', '12,50')).rejects.toMatchObject({
      message: 'argument 3 (amount numeric(15,2)): "12,50" is not a number',
    });
    await expect(repository.get('bank.account', ['alice'])).rejects.toMatchObject({ code: 'AERGO_TABLE_UNKNOWN' });
    await expect(repository.resolve('nowhere')).rejects.toMatchObject({ code: 'AERGO_REVISION_UNKNOWN' });
    await expect(repository.createBranch('a..b')).rejects.toBeInstanceOf(AergoError);
    expect(repository.branches()).toEqual(heads);
  });

  it('is made with the same ids from the same keys, times and randomness', async () => {
    const one = await newRepository('same', fixedOptions('same'));
    const two = await newRepository('same', fixedOptions('same'));
    await withBank(one, { alice: '1' });
    await withBank(two, { alice: '1' });
    expect(await one.repository.log()).toEqual(await two.repository.log());
  });
});
