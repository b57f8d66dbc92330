import { describe, expect, it } from 'vitest';
import type { Conflict, MergeResult } from '../../../src/cli/face.ts';
import { plainStyle } from '../../../src/cli/output.ts';
import { mergeLines } from '../../../src/cli/render/merge.ts';

const line = '{"owner":"alice"}\n';
const row = (changes: Partial<Extract<Conflict, { kind: 'row' }>> = {}): Conflict => ({
  kind: 'row',
  table: 'bank.accounts',
  name: 'alice-',
  key: ['alice'],
  base: line,
  ours: line,
  theirs: line,
  ...changes,
});

const failing: Conflict = {
  kind: 'constraint',
  table: 'bank.accounts',
  name: 'alice-',
  key: ['alice'],
  base: null,
  ours: line,
  theirs: null,
  failed: {
    constraint: 'accounts_mail_key',
    count: 2,
    rows: [
      ['bank.accounts', 'alice-'],
      ['bank.accounts', 'bob-'],
    ],
  },
};

const result = (changes: Partial<MergeResult>): MergeResult => ({
  upToDate: false,
  pending: false,
  mode: 'agreed',
  source: 'what-if',
  target: 'main',
  applied: [],
  changedResults: [],
  dropped: [],
  ...changes,
});

const lines = (changes: Partial<MergeResult>) => mergeLines(result(changes), plainStyle);

describe('a merge row by row', () => {
  it('says how many conflicts there were and who settled them', () => {
    expect(lines({ conflicts: { total: 0, byContract: 0, left: [] } })).toEqual([
      'what-if → main: agreed merge would be sealed, no conflict',
    ]);
    expect(lines({ conflicts: { total: 3, byContract: 2, left: [row()] } })).toEqual([
      'what-if → main: agreed merge would be sealed, 3 conflicts: 2 settled by the contract, 1 settled by people',
    ]);
  });

  it('counts what is resolved where some are left, and writes a key as other lists do', () => {
    expect(
      lines({ pending: true, conflicts: { total: 10, byContract: 1, left: [row(), row({ key: [' lead'] })] } }),
    ).toEqual([
      'what-if → main: agreed merge, 10 conflicts: 1 settled by the contract, 7 resolved, 2 left',
      '  bank.accounts alice                           changed on both sides',
      "  bank.accounts ' lead'                         changed on both sides",
    ]);
  });

  it('lists what is left with the reason, the first twenty', () => {
    const left = [
      row({ left: 'who is\nalice?' }),
      row(),
      row({ ours: null }),
      row({ theirs: null }),
      failing,
      ...Array.from({ length: 20 }, () => row()),
    ];
    const told = lines({ mode: 'rows', pending: true, conflicts: { total: 26, byContract: 1, left } });
    expect(told.slice(0, 6)).toEqual([
      'what-if → main: rows merge, 26 conflicts: 1 settled by the contract, 25 left',
      '  bank.accounts alice                           who is\\u{a}alice?',
      '  bank.accounts alice                           changed on both sides',
      '  bank.accounts alice                           deleted here, changed there',
      '  bank.accounts alice                           changed here, deleted there',
      '  bank.accounts alice                           accounts_mail_key fails between it and 1 other row',
    ]);
    expect(told).toHaveLength(22);
    expect(told.at(-1)).toBe('  and 5 more');
  });
});
