import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openContext } from '../../src/repository/init.ts';
import { Store } from '../../src/store/store.ts';
import { closeQuietly, fixedOptions, newRepository, type TestRepository } from '../support/repository.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const rowsOf = (file: string): string[][] =>
  read(`fixtures/berka/${file}.tsv`)
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));

/** Accounts that can pay all their orders, and one that takes them in for each receiving bank. */
const source = `
CREATE TABLE accounts (
    account text PRIMARY KEY,
    balance numeric(15,2) NOT NULL CHECK (balance >= 0)
);
CREATE TABLE orders (
    number  int4 PRIMARY KEY,
    account text NOT NULL REFERENCES accounts,
    amount  numeric(15,2) NOT NULL CHECK (amount > 0)
);
CREATE FUNCTION pay(number int4, account text, bank text, amount numeric(15,2)) RETURNS void AS $$
BEGIN
    INSERT INTO orders VALUES (pay.number, pay.account, pay.amount);
    UPDATE accounts SET balance = balance - pay.amount WHERE accounts.account = pay.account;
    UPDATE accounts SET balance = balance + pay.amount WHERE accounts.account = 'clearing-' || pay.bank;
END
$$;
${read('templates/resolvers/additive.sql')}`;

interface Order {
  readonly number: string;
  readonly account: string;
  readonly bank: string;
  readonly amount: string;
}

const cents = (amount: string): number => Math.round(Number(amount) * 100);

const orders = rowsOf('orders').map(([number = '', account = '', bank = '', , amount = '']): Order => {
  return { number, account, bank, amount };
});

async function withAccounts({ repository, admin: key }: TestRepository): Promise<void> {
  await repository.deploy({ name: 'bank', source, key });
  const opening = new Map(rowsOf('accounts').map(([account = '']) => [account, 0]));
  for (const { account, amount } of orders) opening.set(account, (opening.get(account) ?? 0) + cents(amount));
  for (const { bank } of orders) opening.set(`clearing-${bank}`, 0);
  const rows = (async function* () {
    for (const [account, balance] of opening) yield [account, (balance / 100).toFixed(2)];
  })();
  await repository.importRows({ table: 'bank.accounts', columns: ['account', 'balance'], rows, key });
}

async function pay({ repository, admin: sealer }: TestRepository, on: string, some: readonly Order[]): Promise<void> {
  const lines = some.map(({ number, account, bank, amount }) =>
    JSON.stringify({ args: [number, account, bank, amount], contract: 'bank', function: 'pay', kind: 'call' }),
  );
  const { rejected } = await repository.submit(lines, { sealer, key: sealer, on });
  expect(rejected).toEqual([]);
}

it('orders split between two branches give, merged, the state of all orders on one', { timeout: 600_000 }, async () => {
  const test = await newRepository();
  const { repository, admin: sealer } = test;
  await withAccounts(test);
  for (const branch of ['all', 'even', 'odd'])
    await repository.createBranch(branch, 'main', { mergeContract: 'bank.resolve' });
  await pay(test, 'all', orders);
  await pay(
    test,
    'even',
    orders.filter((_, at) => at % 2 === 0),
  );
  await pay(
    test,
    'odd',
    orders.filter((_, at) => at % 2 === 1),
  );
  const merged = await repository.merge({ source: 'even', into: 'odd', sealer });
  expect(merged).toMatchObject({ mode: 'agreed', pending: false, conflicts: { left: [] } });
  expect(merged.conflicts?.byContract).toBeGreaterThan(1_000);
  const heads = await Promise.all(['all', 'odd'].map((branch) => repository.resolve(branch)));
  await closeQuietly(repository);
  const { reader, close } = await opened(test);
  expect(reader.block(heads[1] ?? expect.fail()).state).toBe(reader.block(heads[0] ?? expect.fail()).state);
  await close();
});

async function opened({ directory }: TestRepository) {
  const context = await openContext(directory, fixedOptions('states'), Store.open);
  return { reader: context.reader, close: () => context.close() };
}
