import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConflictId, conflictId } from '../../src/merge/conflict.ts';
import { Resolution } from '../../src/merge/resolution.ts';
import { type Choice, checkedTake, conflictDigest, editOf, takeOf } from '../../src/merge/resolution-choice.ts';
import { bothAdded, columnValue, decimalOf, decimalText } from '../../src/merge/resolution-columns.ts';
import { decodeRow } from '../../src/state/row.ts';
import { accountConflict, accounts, manyConflicts } from '../support/conflicts.ts';

type Side = Parameters<typeof accountConflict>[1];

const values = (choice: Choice | undefined) => ({ ...decodeRow(choice?.row ?? '') });
const all = (resolution: Resolution) => resolution.conflicts.map((_, index) => index);
const model = (count: number) => new Resolution([accounts], manyConflicts(count));

describe('taking a side', () => {
  const conflict = accountConflict('alice', { balance: '1.00' }, null, { balance: '3.00' });

  it('gives the row as the side has it, computed columns too, or no row', () => {
    expect(takeOf(accounts, conflict, 'theirs')).toEqual({ way: 'theirs', row: conflict.theirs });
    expect(takeOf(accounts, conflict, 'ours')).toEqual({ way: 'ours', row: null });
    expect(takeOf(accounts, conflict, 'base')).toEqual({ way: 'base', row: conflict.base });
  });

  it('has no both where a side has no row, and says so', () => {
    expect(takeOf(accounts, conflict, 'both')).toBeUndefined();
    expect(() => checkedTake(accounts, conflict, 'both')).toThrow(/bank.accounts alice do not go together/);
  });
});

describe('both changes', () => {
  const both = (base: Side, ours: Side, theirs: Side) =>
    takeOf(accounts, accountConflict('alice', base, ours, theirs), 'both');

  it('adds both changes of a number to its base, where a float would not be exact', () => {
    const choice = both(
      { balance: '1000000000000.10' },
      { balance: '1000000000000.30' },
      { balance: '999999999999.05' },
    );
    expect(values(choice)).toEqual({
      owner: 'alice',
      balance: '999999999999.25',
      note: null,
      tags: '[]',
      state: 'open',
    });
  });

  it('takes a column that one side changed, and one that both changed alike', () => {
    const choice = both({ note: 'a', state: 'open' }, { note: 'b', state: 'open' }, { note: 'b', state: 'frozen' });
    expect(values(choice)).toMatchObject({ note: 'b', state: 'frozen' });
  });

  it('adds a number twice that both sides changed alike, and has what is no amount once', () => {
    const choice = both({ balance: '100.00' }, { balance: '90.00', note: 'b' }, { balance: '90.00', note: 'b' });
    expect(values(choice)).toMatchObject({ balance: '80.00', note: 'b' });
    expect(values(both(null, { balance: '90.00' }, { balance: '90.00' })).balance).toBe('90.00');
    expect(values(both({ balance: 'NaN' }, { balance: '1.00' }, { balance: '1.00' })).balance).toBe('1.00');
  });

  it('unites arrays: what either side added, without what either took away, no element read as a number', () => {
    const choice = both(
      { tags: '["a", "b", {"k": "[,]"}]' },
      { tags: '["a", {"k": "[,]"}, 12345678901234567890.10]' },
      { tags: '["x\\"]", "b", {"k": "[,]"}, 1]' },
    );
    expect(values(choice).tags).toBe('[{"k": "[,]"}, 12345678901234567890.10, "x\\"]", 1]');
    expect(values(both(null, { tags: '[1]' }, { tags: '[2]' })).tags).toBe('[1, 2]');
  });

  it.each<[string, Side, Side, Side]>([
    ['texts that differ', { note: 'a' }, { note: 'b' }, { note: 'c' }],
    ['a sum that does not fit its column', { balance: '0.00' }, { balance: '9999999999999.00' }, { balance: '1.00' }],
    ['numbers without a base', null, { balance: '1.00' }, { balance: '2.00' }],
    ['an array and an object', { tags: '[]' }, { tags: '[1]' }, { tags: '{"a": 1}' }],
    ['an array that is NULL on one side', { tags: '[]' }, { tags: null }, { tags: '[1]' }],
  ])('is not offered for %s', (_what, base, ours, theirs) => {
    expect(both(base, ours, theirs)).toBeUndefined();
  });

  it('adds decimals as whole numbers of the smallest part', () => {
    const decimal = fc.record({ digits: fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), scale: fc.nat(20) });
    const scaled = (text: string) => {
      const { digits, scale } = decimalOf(text) ?? { digits: 0n, scale: 0 };
      return digits * 10n ** BigInt(20 - scale);
    };
    fc.assert(
      fc.property(decimal, decimal, decimal, (base, ours, theirs) => {
        const [b, o, t] = [decimalText(base), decimalText(ours), decimalText(theirs)];
        expect(scaled(decimalText(bothAdded(base, ours, theirs)))).toBe(scaled(o) + scaled(t) - scaled(b));
      }),
    );
  });
});

describe('values given by hand', () => {
  const conflict = accountConflict('alice', { balance: '1.00' }, { balance: '2.00' }, { balance: '3.00' });
  const edit = (given: Record<string, string | null>, chosen?: Choice) =>
    editOf(accounts, conflict, chosen, new Map(Object.entries(given)));

  it('change the row that was chosen, else ours, and leave computed columns out', () => {
    expect(values(edit({ note: 'seen' }))).toMatchObject({ owner: 'alice', balance: '2.00', note: 'seen' });
    const theirs = takeOf(accounts, conflict, 'theirs');
    expect(values(edit({ note: 'seen' }, theirs))).toMatchObject({ balance: '3.00', note: 'seen' });
    expect(values(edit({}))).not.toHaveProperty('shown');
  });

  it('make a row again of what was to be deleted', () => {
    expect(values(edit({ balance: '7' }, { way: 'delete', row: null })).balance).toBe('7.00');
  });

  it.each([
    ['balance', '+0012.5', '12.50'],
    ['balance', '-0', '0.00'],
    ['balance', '.5', '0.50'],
    ['state', 'frozen', 'frozen'],
    ['note', null, null],
    ['note', '', ''],
  ])('are written as PostgreSQL writes them: %s = %s', (column, given, written) => {
    expect(columnValue(accounts, column, given)).toBe(written);
  });

  it.each([
    ['balance', '12,50', /balance numeric\(15,2\): "12,50" is not a number/],
    ['balance', '0.001', /has more than 2 decimals/],
    ['balance', null, /balance numeric\(15,2\) cannot be NULL/],
    ['state', 'shut', /"shut" is none of open, frozen/],
    ['tags', '[1', /is no JSON/],
    ['owner', 'bob', /owner text is of the key/],
    ['shown', 'x', /shown text is computed/],
    ['balanc', '1', /bank.accounts has no column "balanc"/],
  ])('are refused where they do not fit exactly: %s = %s', (column, given, complaint) => {
    expect(() => columnValue(accounts, column, given)).toThrow(complaint);
  });
});

describe('a resolution', () => {
  it('counts what is resolved, and takes the last step back whole', () => {
    const resolution = model(5);
    resolution.take([3], 'ours');
    const step = resolution.take(all(resolution), 'theirs');
    expect(step.changes).toHaveLength(5);
    expect(resolution.resolved).toBe(5);
    expect(resolution.undo()).toMatchObject({ first: 0 });
    expect([resolution.resolved, resolution.choice(3)?.way]).toEqual([1, 'ours']);
    resolution.undo();
    expect([resolution.resolved, resolution.undo()]).toEqual([0, undefined]);
  });

  it('leaves alone what a take means nothing for', () => {
    const conflicts = [...manyConflicts(1), accountConflict('bob', { balance: '1.00' }, null, { balance: '2.00' })];
    const resolution = new Resolution([accounts], conflicts);
    expect(resolution.take([0, 1], 'both')).toMatchObject({ skipped: 1, changes: [{ conflict: conflicts[0] }] });
    expect(resolution.unresolved()).toEqual([conflicts[1]]);
  });

  it('goes to the nearest unresolved one either way, round the end, within what is shown', () => {
    const resolution = model(5);
    resolution.take([1, 2, 4], 'ours');
    expect(resolution.nearestUnresolved(all(resolution), 0, 1)).toBe(3);
    expect(resolution.nearestUnresolved(all(resolution), 3, 1)).toBe(0);
    expect(resolution.nearestUnresolved(all(resolution), 0, -1)).toBe(3);
    expect(resolution.nearestUnresolved([1, 3, 4], 2, 1)).toBe(1);
    expect(resolution.nearestUnresolved([1, 2], 0, 1)).toBeUndefined();
  });

  it('finds conflicts by table and key, whatever the case', () => {
    const resolution = new Resolution([accounts], [accountConflict('Álice', null, null, {}), ...manyConflicts(3)]);
    expect(resolution.matching('álIce')).toEqual([0]);
    expect(resolution.matching('bank.accounts acc0000001')).toEqual([2]);
    expect(resolution.matching('')).toEqual([0, 1, 2, 3]);
    expect(resolution.indexesOf('bank.other')).toEqual([]);
  });

  it('starts from earlier choices, by conflict', () => {
    const conflicts = manyConflicts(3);
    const chosen = new Map<ConflictId, Choice>();
    for (const conflict of conflicts.slice(1))
      chosen.set(conflictId(conflict), checkedTake(accounts, conflict, 'base'));
    const resolution = new Resolution([accounts], conflicts, chosen);
    expect([resolution.resolved, resolution.choice(0), resolution.choice(2)?.way]).toEqual([2, undefined, 'base']);
    expect(resolution.clear([0, 1]).changes).toEqual([{ conflict: conflicts[1] }]);
  });

  it('agrees with a plain map of choices, whatever the steps', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constantFrom('ours', 'theirs', 'base', 'both', 'delete', 'clear'), at: fc.array(fc.nat(7)) }),
      fc.constant({ do: 'undo', at: [] }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const resolution = model(8);
        const states: (string | undefined)[][] = [Array.from({ length: 8 }, () => undefined)];
        for (const { do: what, at } of steps) {
          const indexes = [...new Set(at)];
          const now = [...(states.at(-1) ?? [])];
          if (what === 'undo') {
            if (states.length > 1) states.pop();
            resolution.undo();
          } else {
            const touched = what === 'clear' ? indexes.filter((index) => now[index] !== undefined) : indexes;
            for (const index of touched) now[index] = what === 'clear' ? undefined : what;
            if (touched.length > 0) states.push(now);
            if (what === 'clear') resolution.clear(indexes);
            else if (what === 'delete') resolution.remove(indexes);
            else resolution.take(indexes, what as 'ours');
          }
          const expected = states.at(-1) ?? [];
          expect(all(resolution).map((index) => resolution.choice(index)?.way)).toEqual(expected);
          expect(resolution.resolved).toBe(expected.filter((way) => way !== undefined).length);
        }
      }),
    );
  });

  it('tells by a digest which very conflict a choice was made for', () => {
    const [one, two] = manyConflicts(2);
    const digests = [one, two, { ...one, ours: null }, { ...one, left: 'other words' }].map((conflict) =>
      conflictDigest({ ...accountConflict('x', null, null, null), ...conflict }),
    );
    expect(new Set(digests).size).toBe(3);
    expect(digests[3]).toBe(digests[0]);
  });
});
