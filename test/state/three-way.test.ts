import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Oid } from '../../src/object/oid.ts';
import { ObjectBuffer } from '../../src/object/source.ts';
import type { Row } from '../../src/state/row.ts';
import { rowShape } from '../../src/state/row-shape.ts';
import type { TableSchema } from '../../src/state/schema.ts';
import { State } from '../../src/state/state.ts';
import { emptyState, takeContracts, updateState } from '../../src/state/state-update.ts';
import { buildTable, NodeCache, updateTable } from '../../src/state/table.ts';
import { differingRows, differingTables, rowsChangedIn, type ThreeRows } from '../../src/state/three-way.ts';
import { accounts, CountingSource, note, noteRows, notes, nothing } from './sample-tables.ts';

type Notes = ReadonlyMap<number, string>;

const rowsOf = (content: Notes): Row[] =>
  [...content].map(([id, text]) => note(id, text)).sort((a, b) => (a.name < b.name ? -1 : 1));

/** A state with one contract of these tables. */
function stateOf(
  buffer: ObjectBuffer,
  tables: Readonly<Record<string, { schema: TableSchema; rows: readonly Row[] }>>,
  contract = 'bank',
): Oid {
  const schemas = new Map(Object.entries(tables).map(([name, { schema }]) => [name, schema]));
  const rows = new Map(
    Object.entries(tables).map(([name, table]) => [`${contract}.${name}`, buildTable(buffer, table.rows)]),
  );
  const update = { source: `-- ${[...schemas.keys()]}\n`, manifest: '{}\n', tables: schemas };
  return updateState(buffer, emptyState(buffer), { contracts: new Map([[contract, update]]), rows });
}

const withNotes = (buffer: ObjectBuffer, content: Notes): Oid =>
  stateOf(buffer, { notes: { schema: notes, rows: rowsOf(content) } });

function allRows(buffer: ObjectBuffer, base: Oid, ours: Oid, theirs: Oid): ThreeRows[] {
  const cache = new NodeCache();
  return [...differingTables(buffer, { base, ours, theirs }, cache)].flatMap((tables) => [
    ...differingRows(buffer, tables, cache),
  ]);
}

/** The same from the contents, without any tree. */
function expectedRows(base: Notes, ours: Notes, theirs: Notes): ThreeRows[] {
  const ids = [...new Set([...base.keys(), ...ours.keys(), ...theirs.keys()])];
  const found: ThreeRows[] = [];
  for (const { name, id } of ids
    .map((id) => ({ name: note(id, '').name, id }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const [a, b, c] = [base, ours, theirs].map((content) => {
      const text = content.get(id);
      return text === undefined ? null : note(id, text).line;
    });
    if (a === undefined || b === undefined || c === undefined || b === c) continue;
    found.push({ name, base: a, ours: b, theirs: c, changedBy: a === c ? 'ours' : a === b ? 'theirs' : 'both' });
  }
  return found;
}

const contents = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 1, max: 60 }), fc.constantFrom('a', 'b', 'c')), {
    maxLength: 6,
  })
  .map((runs): Notes => {
    const content = new Map<number, string>();
    for (const [first, count, text] of runs) for (let id = first; id < first + count; id++) content.set(id, text);
    return content;
  });

describe('the rows of two sides', () => {
  test('are told with who changed them, as one by one', () => {
    fc.assert(
      fc.property(contents, contents, contents, (base, ours, theirs) => {
        const buffer = new ObjectBuffer(nothing);
        const [a, b, c] = [base, ours, theirs].map((content) => withNotes(buffer, content));
        if (a === undefined || b === undefined || c === undefined) throw new Error('three contents give three states');
        const expected = expectedRows(base, ours, theirs);
        expect(allRows(buffer, a, b, c)).toEqual(expected);
        for (const side of ['ours', 'theirs'] as const) {
          const cache = new NodeCache();
          const [tables = {}] = [...differingTables(buffer, { base: a, ours: b, theirs: c }, cache)];
          const changed = expected.filter(({ changedBy }) => changedBy === side || changedBy === 'both');
          expect([...rowsChangedIn(side, buffer, tables, cache)]).toEqual(changed);
          const [withAlike = {}] = [...differingTables(buffer, { base: a, ours: b, theirs: c }, cache, 'bank')];
          const rows = [...rowsChangedIn(side, buffer, withAlike, cache, true)];
          expect(rows.filter((row) => row.ours !== row.theirs)).toEqual(changed);
          const alike = [...ours].filter(([id, text]) => theirs.get(id) === text && base.get(id) !== text);
          const names = alike.map(([id]) => note(id, '').name).sort();
          expect(rows.filter((row) => row.ours === row.theirs).map(({ name }) => name)).toEqual(names);
        }
      }),
      { numRuns: 150 },
    );
  });

  test('are all new where the base has no such table, and of both where only their lines differ', () => {
    const buffer = new ObjectBuffer(nothing);
    const none = emptyState(buffer);
    const ours = withNotes(
      buffer,
      new Map([
        [1, 'same'],
        [2, 'ours'],
      ]),
    );
    const theirs = withNotes(
      buffer,
      new Map([
        [1, 'same'],
        [2, 'theirs'],
        [3, 'theirs'],
      ]),
    );
    expect(allRows(buffer, none, ours, theirs).map(({ name, changedBy }) => [name, changedBy])).toEqual([
      [note(2, '').name, 'both'],
      [note(3, '').name, 'theirs'],
    ]);
  });

  test('are of both, each of them, where the base has another key: a row that is gone is not taken for one not yet there', () => {
    const buffer = new ObjectBuffer(nothing);
    const keyed: TableSchema = { ...notes, key: ['note'], elements: ['id int', 'note text PRIMARY KEY'] };
    const rowByNote = (text: string): Row => rowShape(keyed).row(['1', text]);
    const base = stateOf(buffer, { notes: { schema: notes, rows: [note(1, 'x')] } });
    const ours = stateOf(buffer, { notes: { schema: keyed, rows: ['x', 'y'].map(rowByNote) } });
    const theirs = stateOf(buffer, { notes: { schema: keyed, rows: ['y', 'z'].map(rowByNote) } });
    const [x, z] = ['x', 'z'].map((text) => rowByNote(text));
    expect(allRows(buffer, base, ours, theirs)).toEqual([
      { name: x?.name, base: null, ours: x?.line, theirs: null, changedBy: 'both' },
      { name: z?.name, base: null, ours: null, theirs: z?.line, changedBy: 'both' },
    ]);
  });

  describe('that deployed one new schema since the base', () => {
    const wider: TableSchema = {
      columns: [...notes.columns, { name: 'kind', type: 'text' }, { name: 'size', type: 'int4', generated: true }],
      key: ['id'],
      elements: ['id int PRIMARY KEY', 'note text', 'kind text', 'size int GENERATED ALWAYS AS (length(note)) STORED'],
      indexes: [],
    };
    const wide = (id: number, text: string, kind: string | null): Row =>
      rowShape(wider).row([String(id), text, kind, String(text.length)]);
    const withWide = (buffer: ObjectBuffer, rows: readonly Row[]): Oid =>
      stateOf(buffer, { notes: { schema: wider, rows: rows.toSorted((a, b) => (a.name < b.name ? -1 : 1)) } });

    test('changed what they would have changed without it, also alike', () => {
      fc.assert(
        fc.property(contents, contents, contents, (base, ours, theirs) => {
          const buffer = new ObjectBuffer(nothing);
          const wideOf = (content: Notes) =>
            withWide(
              buffer,
              [...content].map(([id, text]) => wide(id, text, null)),
            );
          const [a, b, c] = [withNotes(buffer, base), wideOf(ours), wideOf(theirs)];
          const line = (old: string | null): string | null => {
            if (old === null) return null;
            const { id, note } = JSON.parse(old);
            return wide(id, note, null).line;
          };
          const sized = (old: ThreeRows): ThreeRows => {
            const [was, mine, other] = [line(old.base), line(old.ours), line(old.theirs)];
            return { ...old, base: was, ours: mine, theirs: other };
          };
          // What the base gives of a generated column says nothing.
          const unsized = (rows: readonly ThreeRows[]) =>
            rows.map((row) => ({ ...row, base: row.base?.replace(/"size":[^}]*/, '') ?? null }));
          const expected = expectedRows(base, ours, theirs).map(sized);
          expect(unsized(allRows(buffer, a, b, c))).toEqual(unsized(expected));
          const cache = new NodeCache();
          const [tables = {}] = [...differingTables(buffer, { base: a, ours: b, theirs: c }, cache, 'bank')];
          for (const side of ['ours', 'theirs'] as const) {
            const changed = expected.filter(({ changedBy }) => changedBy === side || changedBy === 'both');
            expect(unsized([...rowsChangedIn(side, buffer, tables, cache)])).toEqual(unsized(changed));
            const alike = [...rowsChangedIn(side, buffer, tables, cache, true)].filter(
              (row) => row.ours === row.theirs,
            );
            const names = [...ours].flatMap(([id, text]) =>
              theirs.get(id) === text && base.get(id) !== text ? [note(id, '').name] : [],
            );
            expect(alike.map(({ name }) => name)).toEqual(names.sort());
            expect(alike.every(({ changedBy }) => changedBy === 'both')).toBe(true);
          }
        }),
        { numRuns: 100 },
      );
    });

    test('are of both where they differ in a new column, or one deleted what has something there', () => {
      const buffer = new ObjectBuffer(nothing);
      const ids = [1, 2, 3, 4, 5];
      const base = withNotes(buffer, new Map(ids.map((id) => [id, 'x'])));
      const ours = withWide(buffer, [wide(1, 'x', 'a'), wide(2, 'x', 'a'), wide(4, 'x', null), wide(5, 'y', 'a')]);
      const theirs = withWide(buffer, [wide(1, 'x', 'b'), wide(2, 'y', 'a'), wide(3, 'x', 'a'), wide(5, 'y', 'a')]);
      const found = allRows(buffer, base, ours, theirs).map((row) => [
        row.changedBy,
        ...[row.base, row.ours, row.theirs].map((line) => line && Object.values(JSON.parse(line)).slice(1, 3).join()),
      ]);
      const of = (id: number, kind: string | null) =>
        Object.values(JSON.parse(wide(id, 'x', kind).line))
          .slice(1, 3)
          .join();
      expect(found).toEqual([
        ['both', of(1, null), of(1, 'a'), of(1, 'b')],
        ['theirs', of(2, 'a'), of(2, 'a'), 'a,y'],
        ['both', of(3, null), null, of(3, 'a')],
        ['theirs', of(4, null), of(4, null), null],
      ]);
    });

    test('did not change a number by another scale, nor a text by another length', () => {
      const scaled: TableSchema = {
        ...accounts,
        columns: [
          { name: 'owner', type: 'text', notNull: true },
          { name: 'balance', type: 'numeric', modifier: '18,4' },
        ],
        elements: ['owner TEXT NOT NULL PRIMARY KEY', 'balance NUMERIC(18, 4)'],
      };
      const buffer = new ObjectBuffer(nothing);
      const state = (schema: TableSchema, ...balances: string[]) => {
        const rows = balances.map((balance, at) => rowShape(schema).row([`owner ${at}`, balance]));
        return stateOf(buffer, { notes: { schema, rows } });
      };
      const base = state(accounts, '100.00', '0.50', '10.00');
      const ours = state(scaled, '100.0000', '0.5000', '1.0000');
      const theirs = state(scaled, '100.0001', '0.5000', '2.0000');
      const balance = (line: string | null): string | null => line && JSON.parse(line).balance;
      expect(
        allRows(buffer, base, ours, theirs).map((row) => [
          row.changedBy,
          ...[row.base, row.ours, row.theirs].map(balance),
        ]),
      ).toEqual([
        ['theirs', '100.0000', '100.0000', '100.0001'],
        ['both', '10.00', '1.0000', '2.0000'],
      ]);
    });
  });

  test('come with their tables in order; a table that both have alike does not', () => {
    const buffer = new ObjectBuffer(nothing);
    const notesOf = (text: string) => ({ schema: notes, rows: [note(1, text)] });
    const money = (balance: string) => ({ schema: accounts, rows: [rowShape(accounts).row(['ada', balance])] });
    const base = stateOf(buffer, { a: notesOf('x'), b: money('1'), c: notesOf('x') });
    const ours = stateOf(buffer, { a: notesOf('x'), b: money('2'), c: notesOf('same'), d: notesOf('ours') });
    const theirs = stateOf(buffer, { a: notesOf('y'), b: money('1'), c: notesOf('same'), e: notesOf('theirs') });
    const found = [...differingTables(buffer, { base, ours, theirs }, new NodeCache())];
    expect(
      found.map(({ table, base, ours, theirs }) => [table, ...[base, ours, theirs].map((one) => one !== undefined)]),
    ).toEqual([
      ['bank.a', true, true, true],
      ['bank.b', true, true, true],
      ['bank.d', false, true, false],
      ['bank.e', false, false, true],
    ]);
    expect(found[0]?.ours?.schemaId).toBe(found[0]?.theirs?.schemaId);
  });

  test('cost as many nodes as changed, whatever the size of the table; nothing is read ahead', () => {
    const buffer = new ObjectBuffer(nothing);
    const total = 100_000;
    const root = buildTable(
      buffer,
      [...noteRows(0, total)].sort((a, b) => (a.name < b.name ? -1 : 1)),
    );
    const schemas = new Map([['notes', notes]]);
    const contracts = new Map([['bank', { source: '', manifest: '{}\n', tables: schemas }]]);
    const base = updateState(buffer, emptyState(buffer), { contracts, rows: new Map([['bank.notes', root]]) });
    const cache = new NodeCache();
    const changed = (count: number, shift: number) => {
      const rows = Array.from({ length: count }, (_, at) =>
        note(Math.floor((at + shift) * (total / count)), 'changed'),
      );
      const update = updateTable(buffer, { schema: notes, root }, rows, cache);
      return updateState(buffer, base, { rows: new Map([['bank.notes', update]]) });
    };
    let depth = 1;
    for (let at = root; at.mode === '40000'; depth += 1) {
      const { mode, values } = cache.node(buffer, at.oid);
      const [oid] = values;
      if (oid === undefined) throw new Error('a node has an entry');
      at = { mode, oid };
    }
    for (const count of [1, 10, 100, 1_000]) {
      const states = { base, ours: changed(count, 0.25), theirs: changed(count, 0.75) };
      const source = new CountingSource(buffer);
      const own = new NodeCache();
      const [tables] = [...differingTables(source, states, own)];
      if (tables === undefined) throw new Error('the table differs');
      const before = source.oidsRead.length;
      const rows = differingRows(source, tables, own);
      rows.next();
      expect(source.oidsRead.length - before).toBeLessThanOrEqual(4 * (depth + 2));
      expect([...rows]).toHaveLength(2 * count - 1);
      // Of each changed row three versions of its page and of the nodes above; an end that moved takes a page more.
      expect(source.oidsRead.length - before).toBeLessThanOrEqual(2 * count * 2 * (depth + 1) * 1.5 + 8);
      const half = new CountingSource(buffer);
      expect([...rowsChangedIn('theirs', half, tables, new NodeCache())]).toHaveLength(count);
      expect(half.oidsRead.length).toBeLessThanOrEqual(count * 2 * (depth + 1) * 1.5 + 8);
    }
  });
});

test('a state takes contracts with their tables from another, also what that has not', () => {
  const buffer = new ObjectBuffer(nothing);
  const bank = withNotes(buffer, new Map([[1, 'bank']]));
  const shop = stateOf(buffer, { notes: { schema: notes, rows: [note(2, 'shop')] } }, 'shop');
  const both = takeContracts(buffer, bank, shop, ['shop']);
  const state = State.open(buffer, both);
  expect([state.contracts(), state.tables()]).toEqual([
    ['bank', 'shop'],
    ['bank.notes', 'shop.notes'],
  ]);
  expect(state.readRow('shop.notes', note(2, '').name)).toBe(note(2, 'shop').line);
  expect(takeContracts(buffer, both, bank, ['shop'])).toBe(bank);
  expect(takeContracts(buffer, both, shop, ['shop'])).toBe(both);
  expect(takeContracts(buffer, bank, emptyState(buffer), ['bank'])).toBe(emptyState(buffer));
});
