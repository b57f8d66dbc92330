import { expect, test } from 'vitest';
import { plainStyle } from '../../../src/cli/output.ts';
import { countDifference, differenceHeading, differenceLines } from '../../../src/cli/render/difference.ts';

const accounts = { columns: [{ name: 'owner' }, { name: 'balance' }], key: ['owner'] };
const account = (owner: string, before: string | undefined, after: string | undefined) => ({
  key: [owner],
  ...(before === undefined ? {} : { before: { balance: before, owner } }),
  ...(after === undefined ? {} : { after: { balance: after, owner } }),
});

test('changed rows are aligned, old numbers to the right', () => {
  const rows = [account('alice', '87.50', '7.50'), account('bob', '62.50', '52.50'), account('carol', '0.00', '90.00')];
  expect([
    differenceHeading('bank.accounts', countDifference(rows), false),
    ...differenceLines(rows, accounts, plainStyle),
  ]).toEqual([
    'bank.accounts   3 rows changed',
    ' ~ alice   balance   87.50 → 7.50',
    ' ~ bob     balance   62.50 → 52.50',
    ' ~ carol   balance    0.00 → 90.00',
  ]);
});

test('rows that came or went show their columns but not the key again', () => {
  const rows = [account('dave', undefined, '1.00'), account('eve', '2.00', undefined)];
  expect(differenceHeading('bank.accounts', countDifference(rows), true)).toBe(
    'bank.accounts   2 rows changed: 1 added, 1 removed   schema changed',
  );
  expect(differenceLines(rows, accounts, plainStyle)).toEqual([' + dave   balance   1.00', ' - eve    balance   2.00']);
});

test('a row with several changed columns names its key once', () => {
  const rows = [{ key: ['1', 'x'], before: { a: null, b: 'old' }, after: { a: '', b: 'new' } }];
  expect(differenceLines(rows, { columns: [], key: [] }, plainStyle)).toEqual([
    " ~ 1 x   a   NULL → ''",
    '         b   old  → new',
  ]);
});

test('control characters of a value are written out', () => {
  const rows = [{ key: ['k'], before: { a: 'x' }, after: { a: '\u001b[2Jy' } }];
  expect(differenceLines(rows, { columns: [], key: [] }, plainStyle)).toEqual([' ~ k   a   x → \\u{1b}[2Jy']);
});
