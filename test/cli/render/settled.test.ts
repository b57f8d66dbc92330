import { expect, test } from 'vitest';
import { settledLines } from '../../../src/cli/render/settled.ts';

test('of each conflict stand the columns that were not alike, what they became, and who decided', () => {
  const row = (balance: string, note: string | null) => ({ balance, note, owner: 'alice' });
  const settled = [
    {
      table: 'bank.accounts',
      key: ['alice'],
      base: row('10', null),
      ours: row('7', null),
      theirs: row('8', 'x\u001b'),
      result: row('5', null),
      by: 'contract' as const,
    },
    {
      table: 'bank.accounts',
      key: ['bob'],
      base: null,
      ours: row('1', null),
      theirs: null,
      result: null,
      by: 'person' as const,
    },
  ];
  expect([...settledLines({ branch: 'main', source: 'what:if:0123456789abcdef' }, settled)]).toEqual([
    'conflicts in bank.accounts',
    '                    base     main    what:if   result',
    '  alice   balance   10       7       8         5        by the contract',
    '          note      NULL     NULL    x\\u{1b}   NULL',
    '  bob     balance   no row   1       no row    no row   by a person',
    '          note               NULL',
    '          owner              alice',
  ]);
});
