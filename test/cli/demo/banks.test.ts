import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { banks, banksCsv, deriveDemoData, runNames } from '../../../src/cli/demo/banks.ts';
import { root } from '../world.ts';

const read = (name: string): string => readFileSync(join(root, 'fixtures', 'berka', `${name}.tsv`), 'utf8');
const files = { accounts: read('accounts'), districts: read('districts'), orders: read('orders') };
const data = deriveDemoData(files);
const rows = (text: string): string[][] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));
const cents = (amount = ''): number => Number(amount.replace('.', ''));

interface Call {
  readonly args: readonly [
    order: string,
    account: string,
    bank: string,
    to: string,
    amount: string,
    purpose: string | null,
  ];
}
const callsOf = (text: string): Call[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
const submitted = runNames.flatMap((run) =>
  banks.flatMap((bank) => callsOf(data.orders(run, bank)).map((call) => ({ ...call, run, bank }))),
);

test('every order of the data is submitted once, as it stands there', () => {
  const given = rows(files.orders).map(([order, account, bank, to, amount = '', purpose = '']) => {
    return [order, account, bank, to, amount.startsWith('.') ? `0${amount}` : amount, purpose.trim() || null];
  });
  const byOrder = (a: readonly unknown[], b: readonly unknown[]) => Number(a[0]) - Number(b[0]);
  expect(submitted.map((call) => [...call.args]).sort(byOrder)).toEqual(given.sort(byOrder));
  expect(submitted).toHaveLength(6471);
});

test('accounts belong to the banks by region, and each order is signed by the bank of its account', () => {
  const bankOf = new Map(rows(data.accounts).map(([account, bank]) => [account, bank]));
  expect(bankOf.size).toBe(4500 + 13);
  expect(banks.map(({ name }) => [...bankOf.values()].filter((bank) => bank === name).length)).toEqual([
    1128, 1801, 1571,
  ]);
  expect(banks.map((bank) => submitted.filter((call) => call.bank === bank).length)).toEqual([1667, 2541, 2263]);
  expect(submitted.every(({ args, bank }) => bankOf.get(args[1]) === bank.name)).toBe(true);
});

test('an account opens with the sum of its orders, but for the seven that can pay one of two', () => {
  const short = new Set(data.shortAccounts.map(({ account }) => account));
  expect([...short].sort()).toEqual(['1560', '2000', '3240', '4660', '6040', '6400', '9140']);
  const total = new Map<string, number>();
  for (const { args } of submitted) total.set(args[1], (total.get(args[1]) ?? 0) + cents(args[4]));
  for (const [account = '', , balance] of rows(data.accounts)) {
    const owed = total.get(account);
    if (account.startsWith('clearing-')) expect(balance).toBe('0.00');
    else if (owed === undefined) expect(balance).toBe('100.00');
    else if (!short.has(account)) expect(cents(balance)).toBe(owed);
    else {
      const either = submitted.filter(({ args }) => args[1] === account && ['IN', 'LO', 'LE'].includes(args[5] ?? ''));
      const smallest = Math.min(...either.map(({ args }) => cents(args[4])));
      expect(new Set(either.map(({ run }) => run))).toEqual(new Set(['insurance', 'instalments']));
      expect(cents(balance)).toBe(owed - smallest);
    }
  }
});

test('the table of banks has a key for each of ours, and none for those that only receive', () => {
  const keys = new Map(banks.map(({ name }) => [name, `ed25519:${name}`]));
  const [header, ...lines] = banksCsv(keys, data.receivers).trimEnd().split('\n');
  expect(header).toBe('bank,name,key');
  expect(lines.filter((line) => !line.endsWith(',')).map((line) => line.split(',')[2])).toEqual([...keys.values()]);
  expect(lines.filter((line) => line.endsWith(','))).toHaveLength(13);
});

test('a file that is not as its README says is not guessed at', () => {
  expect(() => deriveDemoData({ ...files, accounts: '1\t999\t2015-01-01\tM\n' })).toThrow(
    'account 1 is in district 999',
  );
  expect(() => deriveDemoData({ ...files, orders: '1\t1\tAB\t2\t10\tHH\n' })).toThrow('order 1 has the amount 10');
});
