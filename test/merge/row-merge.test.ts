import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Engine } from '../../src/contract/engine.ts';
import { type Conflict, type ConflictId, conflictId } from '../../src/merge/conflict.ts';
import { type Shop, ShopStates } from './shop.ts';

let engine: Engine;
let shop: ShopStates;

beforeAll(async () => {
  engine = await Engine.open();
  shop = await ShopStates.make();
});
afterAll(() => engine?.close());

interface Sides {
  readonly base?: Shop;
  readonly ours: Shop;
  readonly theirs: Shop;
}

const statesOf = ({ base = {}, ours, theirs }: Sides) => ({
  base: shop.of(base),
  ours: shop.of(ours),
  theirs: shop.of(theirs),
});

/** What a merge leaves, and what it gives where it leaves nothing or `choose` says what becomes of that. */
async function merged(
  sides: Sides,
  { asks = true, choose }: { asks?: boolean; choose?: (left: Conflict) => string | null } = {},
) {
  const states = statesOf(sides);
  const merge = await shop.begin(engine, states, asks ? 'settle' : undefined);
  try {
    const { left, byContract } = merge;
    const chosen = new Map<ConflictId, string | null>(left.map((one) => [conflictId(one), choose?.(one) ?? null]));
    const done = left.length === 0 || choose !== undefined ? await merge.complete(chosen) : undefined;
    return { left, byContract, rows: done && shop.contentOf(done.state), list: done?.conflicts };
  } finally {
    await merge.abandon();
    expect(engine.position).toBe(states.ours);
  }
}

const told = (left: readonly Conflict[]) =>
  left.map((one) => [
    one.kind,
    one.table,
    one.key.join(),
    one.kind === 'row' ? (one.left ?? '') : one.failed.constraint,
  ]);

const ann = ['ann@x', 'ann'] as const;
const bob = ['bob@x', 'bob'] as const;

describe('a merge row by row', () => {
  it('takes what one side changed and what both changed to the same, whatever the table', async () => {
    const base = { people: { 1: ann, 2: bob, 3: ['c@x', 'carl'] }, orders: { 1: [1, 5] } } as const;
    const ours = {
      people: { 1: ['new@x', 'ann'], 2: bob, 4: ['d@x', 'dora'] },
      orders: { 1: [1, 5], 2: [4, 1] },
    } as const;
    const theirs = { people: { 1: ann, 2: ['bob@x', 'rob'], 4: ['d@x', 'dora'] }, orders: { 1: [1, 7] } } as const;
    const { rows, left, list } = await merged({ base, ours, theirs }, { asks: false });
    expect([left, list]).toEqual([[], []]);
    expect(rows).toEqual({
      people: { 1: ['new@x', 'ann'], 2: ['bob@x', 'rob'], 4: ['d@x', 'dora'] },
      orders: { 1: [1, 7], 2: [4, 1] },
    });
  });

  it('lets a mail pass from one row to another, and two rows swap theirs, though each step would break UNIQUE', async () => {
    const base = { people: { 1: ann, 2: bob } };
    const swapped = { people: { 1: ['bob@x', 'ann'], 2: ['ann@x', 'bob'] } } as const;
    expect((await merged({ base, ours: base, theirs: swapped })).rows?.people).toEqual(swapped.people);
  });

  it('asks the contract, in table and name order, and lists what it decided with all three rows', async () => {
    const sides: Sides = {
      base: { people: { 1: ann }, orders: { 1: [1, 10], 2: [1, 1] } },
      ours: { people: { 1: ['o@x', 'ann'] }, orders: { 1: [1, 12], 2: [1, 2] } },
      theirs: { people: { 1: ['t@x', 'theirs'] }, orders: { 1: [1, 15], 2: [1, 1.5] } },
    };
    const { rows, byContract, list } = await merged(sides);
    expect(rows).toEqual({ people: { 1: ['t@x', 'theirs'] }, orders: { 1: [1, 17], 2: [1, 2.5] } });
    expect(byContract).toBe(3);
    expect(list?.map((line) => JSON.parse(line)).map(({ table, key, by, result }) => [table, key, by, result])).toEqual(
      [
        ['shop.orders', ['1'], 'contract', { id: '1', who: '1', amount: '17.00', twice: '34.00' }],
        ['shop.orders', ['2'], 'contract', { id: '2', who: '1', amount: '2.50', twice: '5.00' }],
        ['shop.people', ['1'], 'contract', { id: '1', mail: 't@x', name: 'theirs' }],
      ],
    );
    expect(list?.[0]).toBe(
      '{"base":{"amount":"10.00","id":"1","twice":"20.00","who":"1"},"by":"contract","key":["1"],"ours":{"amount":"12.00","id":"1","twice":"24.00","who":"1"},"result":{"amount":"17.00","id":"1","twice":"34.00","who":"1"},"table":"shop.orders","theirs":{"amount":"15.00","id":"1","twice":"30.00","who":"1"}}',
    );
  });

  it('asks it also where both sides changed a row to the same: each of two payments was made; what both deleted is gone', async () => {
    const base = { people: { 1: ann, 2: bob }, orders: { 1: [1, 10], 2: [1, 1] } } as const;
    const both = { people: { 1: ann }, orders: { 1: [1, 15], 2: [1, 1], 3: [1, 2] } } as const;
    const { rows, byContract, list } = await merged({ base, ours: both, theirs: both });
    expect(rows).toEqual({ people: { 1: ann }, orders: { 1: [1, 20], 2: [1, 1], 3: [1, 4] } });
    expect([byContract, list?.length]).toEqual([2, 2]);
    expect((await merged({ base, ours: both, theirs: both }, { asks: false })).rows).toEqual(both);
  });

  it('deletes where the contract says so', async () => {
    const sides: Sides = {
      base: { people: { 1: ann } },
      ours: { people: { 1: bob } },
      theirs: { people: { 1: ['t@x', 'gone'] } },
    };
    expect((await merged(sides)).rows).toEqual({ people: {}, orders: {} });
  });

  it('leaves to people what the contract raises on, or answers with what is no row of the table with that key, saying why', async () => {
    const names = ['carl', 'odd', 'empty', 'other', 'number', 'less'];
    const people = (text: (name: string) => string) =>
      Object.fromEntries(names.map((name, id) => [id, [`${name}@x`, text(name)] as const]));
    const { left, byContract } = await merged({
      base: { people: people(() => 'base') },
      ours: { people: people(() => 'ours') },
      theirs: { people: people((name) => name) },
    });
    expect(told(left)).toEqual([
      ['row', 'shop.people', '0', 'who is 0 now?'],
      ['row', 'shop.people', '1', 'what it gives is no row'],
      ['row', 'shop.people', '2', 'the row that settle gives does not fit: CHECK people_name_check does not hold'],
      ['row', 'shop.people', '3', 'the row that settle gives has another key'],
      [
        'row',
        'shop.people',
        '4',
        'the row that settle gives does not fit: name is neither a text nor null, which a column is',
      ],
      ['row', 'shop.people', '5', 'the row that settle gives does not fit: column mail is absent'],
    ]);
    expect(byContract).toBe(0);
  });

  it('leaves all to people where there is no contract to ask', async () => {
    const sides: Sides = { base: { people: { 1: ann } }, ours: { people: { 1: bob } }, theirs: {} };
    const { left } = await merged(sides, { asks: false });
    expect(left).toEqual([
      {
        kind: 'row',
        table: 'shop.people',
        name: 'pa1-',
        key: ['1'],
        base: '{"id":"1","mail":"ann@x","name":"ann"}\n',
        ours: '{"id":"1","mail":"bob@x","name":"bob"}\n',
        theirs: null,
      },
    ]);
    const { rows, list } = await merged(sides, { asks: false, choose: ({ base }) => base });
    expect(rows?.people).toEqual({ 1: ann });
    expect(list?.map((line) => JSON.parse(line).by)).toEqual(['person']);
  });
});

describe('rows of two sides that cannot stand together', () => {
  it('are all named where UNIQUE fails, and go to people', async () => {
    const sides: Sides = { ours: { people: { 1: ['same@x', 'ann'] } }, theirs: { people: { 2: ['same@x', 'bob'] } } };
    const { left } = await merged(sides);
    const rows = [
      ['shop.people', 'pa1-'],
      ['shop.people', 'pa2-'],
    ];
    expect(told(left)).toEqual([
      ['constraint', 'shop.people', '1', 'people_mail_key'],
      ['constraint', 'shop.people', '2', 'people_mail_key'],
    ]);
    const failed = left.map((one) => one.kind === 'constraint' && one.failed);
    expect(failed[0]).toEqual({ constraint: 'people_mail_key', count: 2, rows });
    expect(failed[1]).toBe(failed[0]);
    expect(left[0]).toMatchObject({ base: null, ours: expect.stringContaining('ann'), theirs: null });
    const choice = ({ ours, theirs }: Conflict) =>
      (ours ?? theirs)?.replace('bob', 'bert').replace('same', ours === null ? 't' : 'o') ?? null;
    expect((await merged(sides, { choose: choice })).rows?.people).toEqual({ 1: ['o@x', 'ann'], 2: ['t@x', 'bert'] });
    await expect(merged(sides, { choose: ({ ours, theirs }) => ours ?? theirs })).rejects.toMatchObject({
      code: 'AERGO_MERGE_CONSTRAINT',
      message: 'people_mail_key of shop.people does not hold for shop.people 1, shop.people 2',
    });
  });

  it('are the naming row and the one that the other side deleted, where FOREIGN KEY fails, both ways round', async () => {
    const base = { people: { 1: ann } };
    const without = {};
    const ordered = { people: { 1: ann }, orders: { 9: [1, 5] } } as const;
    for (const [ours, theirs] of [
      [without, ordered],
      [ordered, without],
    ] as const) {
      const { left } = await merged({ base, ours, theirs });
      expect(told(left)).toEqual([
        ['constraint', 'shop.orders', '9', 'orders_who_fkey'],
        ['constraint', 'shop.people', '1', 'orders_who_fkey'],
      ]);
      const kept = await merged({ base, ours, theirs }, { choose: ({ ours, theirs }) => ours ?? theirs });
      expect(kept.rows).toEqual(ordered);
      const dropped = await merged({ base, ours, theirs }, { choose: () => null });
      expect(dropped.rows).toEqual({ people: {}, orders: {} });
    }
  });

  it('are also a row that the contract decided on, and one that nobody changed', async () => {
    const unchanged = { 2: ['taken@x', 'bob'] } as const;
    const sides: Sides = {
      base: { people: { 1: ann, ...unchanged } },
      ours: { people: { 1: ['o@x', 'ann'], ...unchanged } },
      theirs: { people: { 1: ['t@x', 'theirs'], ...unchanged } },
    };
    expect((await merged(sides)).byContract).toBe(1);
    const taken = {
      ...sides,
      theirs: { people: { 1: ['taken@x', 'theirs'], 2: ['moved@x', 'bob'] } },
      ours: { people: { 1: ['o@x', 'ann'], 2: ['taken@x', 'bert'] } },
    } as const;
    const { left, byContract } = await merged(taken);
    expect(byContract).toBe(0);
    expect(told(left)).toEqual([
      ['constraint', 'shop.people', '1', 'people_mail_key'],
      ['row', 'shop.people', '2', 'who is 2 now?'],
    ]);
  });

  it('are also what ours and theirs of such a row stand in the way of: nothing that people choose fails with a row that is not theirs', async () => {
    // 1 is decided as theirs, which fails with 2; as ours it fails with 3, which is decided, and that as ours with 4.
    const sides: Sides = {
      base: { people: { 1: ['d@x', 'd'], 2: ['e@x', 'e'], 3: ['f@x', 'f'], 4: ['g@x', 'g'], 5: ['h@x', 'h'] } },
      ours: { people: { 1: ['o@x', 'd'], 2: ['t@x', 'e'], 3: ['p@x', 'f'], 4: ['g@x', 'g'], 5: ['h@x', 'h'] } },
      theirs: {
        people: { 1: ['t@x', 'theirs'], 2: ['e@x', 'e'], 3: ['o@x', 'theirs'], 4: ['p@x', 'g'], 5: ['h@x', 'theirs'] },
      },
    };
    const { left } = await merged(sides);
    expect(told(left).map(([kind, , key]) => [kind, key])).toEqual(
      ['1', '2', '3', '4'].map((key) => ['constraint', key]),
    );
    for (const side of ['ours', 'theirs'] as const) {
      const { rows } = await merged(sides, { choose: (one) => one[side] });
      expect(rows?.people).toEqual({ ...sides[side].people, 5: ['h@x', 'theirs'] });
    }
  });

  it('do not keep the contract from deciding where its decision mends them', async () => {
    // Theirs orders for somebody whom ours deletes and theirs changed: the contract keeps that person.
    const sides: Sides = {
      base: { people: { 1: ann } },
      ours: {},
      theirs: { people: { 1: ['ann@x', 'theirs'] }, orders: { 3: [1, 2] } },
    };
    const { rows, byContract } = await merged(sides);
    expect([rows, byContract]).toEqual([sides.theirs, 1]);
  });
});
