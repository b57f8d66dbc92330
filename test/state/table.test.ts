import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Oid } from '../../src/object/oid.ts';
import { ObjectBuffer } from '../../src/object/source.ts';
import { boundaryHash } from '../../src/state/boundary.ts';
import type { Row } from '../../src/state/row.ts';
import { rowShape } from '../../src/state/row-shape.ts';
import {
  buildTable,
  diffTables,
  emptyTable,
  NodeCache,
  type RowUpdate,
  readRow,
  scanRows,
  type Table,
  updateTable,
} from '../../src/state/table.ts';
import { plainTree } from './plain-tree.ts';
import { accounts, CountingSource, codeOf, note, noteRows, notes, nothing, tableOf } from './sample-tables.ts';

const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

/** Steps of a history: each sets or deletes some rows, or deletes nearly all. */
const step = (space: number) =>
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.array(fc.tuple(fc.integer({ min: -space, max: space }), fc.option(fc.nat(3))), { maxLength: 40 }),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.integer({ min: -space, max: space }), fc.nat(400), fc.option(fc.nat(3)))
        .map(([first, count, value]) =>
          Array.from({ length: count }, (_, at): [number, number | null] => [first + at, value]),
        ),
    },
    { weight: 1, arbitrary: fc.integer({ min: -space, max: space }).map((keep) => ({ keep })) },
  );

interface History {
  readonly steps: readonly (readonly (readonly [number, number | null])[] | { keep: number })[];
  readonly padding: number;
}

const history: fc.Arbitrary<History> = fc.constantFrom(30, 1000, 20_000).chain((space) =>
  fc.record({
    steps: fc.array(step(space), { minLength: 1, maxLength: 6 }),
    padding: fc.constantFrom(0, 30, 400, 9000),
  }),
);

function changesOf(model: Map<string, string>, step: History['steps'][number], padding: number): RowUpdate[] {
  if ('keep' in step) {
    const kept = note(step.keep, '').name;
    return [...model.keys()].filter((name) => name !== kept).map((name) => ({ name, line: null }));
  }
  const changes = new Map<string, RowUpdate>();
  for (const [id, value] of step) {
    const row = note(id, 'x'.repeat(padding) + String(value));
    changes.set(row.name, { name: row.name, line: value === null ? null : row.line });
  }
  return [...changes.values()];
}

function rowsOf(model: Map<string, string>): Row[] {
  return [...model].map(([name, line]) => ({ name, line })).sort(byName);
}

describe('a table’s tree', () => {
  test('is the same for the same rows, whatever their history, and has no object that it does not need', () => {
    fc.assert(
      fc.property(history, fc.nat(200_000), ({ steps, padding }, maxBytes) => {
        const cache = new NodeCache({ maxBytes });
        const model = new Map<string, string>();
        const source = new ObjectBuffer(nothing);
        let root = emptyTable(source);
        for (const step of steps) {
          const changes = changesOf(model, step, padding);
          for (const { name, line } of changes) {
            if (line === null) model.delete(name);
            else model.set(name, line);
          }
          const buffer = new ObjectBuffer(source);
          root = updateTable(buffer, { schema: notes, root }, changes, cache);
          const plain = plainTree(rowsOf(model));
          expect(root).toEqual({ oid: plain.oid, mode: plain.mode });
          expect(buffer.objects().filter(({ oid }) => !plain.oids.has(oid))).toEqual([]);
          for (const { type, body } of buffer.objects()) source.put(type, body);
        }
        expect([...scanRows(source, { schema: notes, root })]).toEqual(rowsOf(model));
      }),
      { numRuns: 150 },
    );
  });

  test('is the same in whatever order the rows came', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(5000), { maxLength: 120 }), fc.integer({ min: 1, max: 20 }), (ids, size) => {
        const buffer = new ObjectBuffer(nothing);
        let root = emptyTable(buffer);
        for (let at = 0; at < ids.length; at += size) {
          const rows = ids.slice(at, at + size).map((id) => note(id, 'n'.repeat(id % 100)));
          root = updateTable(buffer, { schema: notes, root }, rows);
        }
        const sorted = ids.map((id) => note(id, 'n'.repeat(id % 100))).sort(byName);
        expect(root).toEqual(buildTable(new ObjectBuffer(nothing), sorted));
      }),
    );
  });

  test('of many levels is the one of the format, built at once or changed in many places', () => {
    const rows = [...noteRows(0, 60_000)];
    const { table, buffer } = tableOf(notes, rows);
    const plain = plainTree(rows);
    expect(plain.levels).toBeGreaterThanOrEqual(3);
    expect(table.root).toEqual({ oid: plain.oid, mode: plain.mode });
    expect(new Set(buffer.objects().map(({ oid }) => oid))).toEqual(plain.oids);

    const model = new Map(rows.map(({ name, line }) => [name, line]));
    const changes = Array.from({ length: 500 }, (_, at): RowUpdate => {
      const row = note(at * 119, `changed ${at}`);
      return { name: row.name, line: at % 3 === 0 ? null : row.line };
    });
    for (let id = 60_000; id < 60_300; id += 1) changes.push(note(id, 'appended'));
    for (let id = -1; id > -300; id -= 1) changes.push(note(id, 'before all'));
    for (const { name, line } of changes) {
      if (line === null) model.delete(name);
      else model.set(name, line);
    }
    const root = updateTable(buffer, table, changes.reverse());
    expect(root.oid).toBe(plainTree(rowsOf(model)).oid);
  });

  test('of keys chosen to end no page, or every page, is still the same by every way', () => {
    const ids = Array.from({ length: 60_000 }, (_, id) => id);
    const chosen = {
      never: ids.filter((id) => boundaryHash(0, note(id, '').name) > 0xf0000000).slice(0, 1500),
      always: ids.filter((id) => boundaryHash(0, note(id, '').name) < 0x00800000).slice(0, 120),
    };
    for (const some of Object.values(chosen)) {
      const rows = some.map((id) => note(id, 'text of some length')).sort(byName);
      const { table, buffer } = tableOf(notes, rows);
      expect(table.root.oid).toBe(plainTree(rows).oid);
      const [first, ...rest] = rows;
      const smaller = updateTable(buffer, table, [{ name: first?.name ?? '', line: null }]);
      expect(smaller.oid).toBe(plainTree(rest).oid);
      expect(updateTable(buffer, { schema: notes, root: smaller }, rows)).toEqual(table.root);
    }
  });

  test('has an empty page when there are no rows', () => {
    const { table, buffer } = tableOf(notes, []);
    expect(table.root).toEqual(emptyTable(buffer));
    expect(buffer.read(table.root.oid)).toMatchObject({ type: 'blob', body: Buffer.alloc(0) });
    expect([...scanRows(buffer, table)]).toEqual([]);
    expect(readRow(buffer, table, 'pa1-')).toBeUndefined();
  });
});

describe('a batch of changes', () => {
  const { table, buffer } = tableOf(notes, noteRows(0, 300));

  test('gives the old root when it changes nothing', () => {
    expect(updateTable(buffer, table, [])).toBe(table.root);
    const over = new ObjectBuffer(buffer);
    expect(updateTable(over, table, [note(7, 'x'), { name: note(7000, '').name, line: null }])).toBe(table.root);
    expect(over.objects()).toEqual([]);
  });

  test('may not name a row twice, nor give a row another row’s line', () => {
    expect(codeOf(() => updateTable(buffer, table, [note(1, 'a'), note(1, 'b')]))).toBe('AERGO_ROW_INVALID');
    const other = { name: note(1, '').name, line: note(2, 'a').line };
    expect(codeOf(() => updateTable(buffer, table, [other]))).toBe('AERGO_ROW_INVALID');
  });

  test('is built from rows in name order only', () => {
    expect(codeOf(() => buildTable(buffer, [note(2, 'a'), note(1, 'a')]))).toBe('AERGO_ROW_INVALID');
    expect(codeOf(() => buildTable(buffer, [note(1, 'a'), note(1, 'a')]))).toBe('AERGO_ROW_INVALID');
    expect(codeOf(() => buildTable(buffer, [{ name: 'pa1-', line: '{}' }]))).toBe('AERGO_ROW_INVALID');
  });
});

describe('reading', () => {
  const rows = [...noteRows(0, 5000)];
  const { table, buffer } = tableOf(notes, rows);
  const sorted = [...rows].sort(byName);

  test('a row by name finds every row and no other', () => {
    for (const { name, line } of rows) expect(readRow(buffer, table, name)).toBe(line);
    for (const name of ['', 'mz0-', 'pa', 'pb10', 'pd4999-x', '~'])
      expect(readRow(buffer, table, name)).toBeUndefined();
  });

  test('a range gives exactly its rows, forwards and backwards', () => {
    const bound = fc.option(
      fc.oneof(
        fc.integer({ min: -5, max: 5010 }).map((id) => note(id, '').name),
        fc.constantFrom('', 'pb', 'pd4', '~'),
      ),
      { nil: undefined },
    );
    fc.assert(
      fc.property(
        bound,
        bound,
        fc.option(fc.constantFrom('', 'pb', 'pc1', 'pd49', 'q'), { nil: undefined }),
        fc.boolean(),
        (from, to, prefix, reverse) => {
          const range = {
            reverse,
            ...(from === undefined ? {} : { from }),
            ...(to === undefined ? {} : { to }),
            ...(prefix === undefined ? {} : { prefix }),
          };
          const expected = sorted.filter(
            ({ name }) =>
              (from === undefined || name >= from) && (to === undefined || name < to) && name.startsWith(prefix ?? ''),
          );
          expect([...scanRows(buffer, table, range)]).toEqual(reverse ? expected.reverse() : expected);
        },
      ),
    );
  });

  test('a short range reads no more than the way to it', () => {
    const source = new CountingSource(buffer);
    const name = note(2500, '').name;
    expect([...scanRows(source, table, { from: name, to: `${name}~` })]).toHaveLength(1);
    expect(source.oidsRead.length).toBeLessThanOrEqual(5);
  });
});

describe('the difference of two tables', () => {
  test('is exactly the rows that differ, in name order, either way round', () => {
    fc.assert(
      fc.property(history, ({ steps, padding }) => {
        const buffer = new ObjectBuffer(nothing);
        const versions = [{ root: emptyTable(buffer), model: new Map<string, string>() }];
        for (const step of steps) {
          const model = new Map(versions.at(-1)?.model);
          for (const { name, line } of changesOf(model, step, padding)) {
            if (line === null) model.delete(name);
            else model.set(name, line);
          }
          versions.push({ root: buildTable(buffer, rowsOf(model)), model });
        }
        for (const a of versions) {
          const b = versions.at(-1) ?? a;
          const names = [...new Set([...a.model.keys(), ...b.model.keys()])].sort();
          const expected = names
            .filter((name) => a.model.get(name) !== b.model.get(name))
            .map((name) => ({ name, before: a.model.get(name), after: b.model.get(name) }));
          const found = [...diffTables(buffer, { schema: notes, root: a.root }, { schema: notes, root: b.root })];
          expect(found).toEqual(expected.map((change) => expect.objectContaining(defined(change))));
          const back = [...diffTables(buffer, { schema: notes, root: b.root }, { schema: notes, root: a.root })];
          expect(back.map(({ name, before, after }) => ({ name, before: after, after: before }))).toEqual(
            expected.map(({ name, before, after }) => ({ name, before, after })),
          );
        }
      }),
      { numRuns: 60 },
    );
  });

  test('reads no node that both have, but for the roots, also where one is higher than the other', () => {
    let differentHeights = 0;
    const sizes = fc.integer({ min: 0, max: 3000 });
    fc.assert(
      fc.property(sizes, sizes, fc.integer({ min: -500, max: 500 }), (count, more, first) => {
        const rows = [...noteRows(0, count, 'text')].sort(byName);
        const longer = [
          ...new Map([...rows, ...noteRows(first, more, 'text')].map((row) => [row.name, row])).values(),
        ].sort(byName);
        const [a, b] = [plainTree(rows), plainTree(longer)];
        if (a.levels !== b.levels) differentHeights += 1;
        const buffer = new ObjectBuffer(nothing);
        buildTable(buffer, rows);
        buildTable(buffer, longer);
        const source = new CountingSource(buffer);
        const before: Table = { schema: notes, root: { oid: a.oid, mode: a.mode } };
        const after: Table = { schema: notes, root: { oid: b.oid, mode: b.mode } };
        expect([...diffTables(source, before, after)]).toHaveLength(longer.length - rows.length);
        const needless = source.oidsRead.filter(
          (oid) => a.oids.has(oid) && b.oids.has(oid) && oid !== a.oid && oid !== b.oid,
        );
        expect(needless).toEqual([]);
      }),
    );
    expect(differentHeights).toBeGreaterThan(0);
  });

  test('with no table is all rows', () => {
    const { table, buffer } = tableOf(notes, noteRows(0, 100));
    const all = [...scanRows(buffer, table)];
    expect([...diffTables(buffer, undefined, table)]).toEqual(all.map(({ name, line }) => ({ name, after: line })));
    expect([...diffTables(buffer, table, undefined)]).toEqual(all.map(({ name, line }) => ({ name, before: line })));
    expect([...diffTables(buffer, undefined, undefined)]).toEqual([]);
  });

  test('under another key is all rows gone and all rows come', () => {
    const byNote = { ...notes, key: ['note'] };
    const shape = rowShape(byNote);
    const { table: before, buffer } = tableOf(notes, [note(1, 'a'), note(2, 'b')]);
    const after: Table = {
      schema: byNote,
      root: buildTable(buffer, [shape.row(['1', 'a']), shape.row(['2', 'b'])]),
    };
    expect(after.root).toEqual(before.root);
    expect([...diffTables(buffer, before, after)].map(({ name }) => name)).toEqual(['a-', 'b-', 'pa1-', 'pa2-']);
  });
});

describe('in a table of three levels and more', () => {
  const { table, buffer } = tableOf(notes, noteRows(0, 200_000));
  const depth = depthOf(buffer, table);
  const scattered = (count: number) =>
    Array.from({ length: count }, (_, at) => note(Math.floor((at + 0.5) * (200_000 / count)), 'changed'));

  test('updating k scattered rows reads and writes O(k) nodes', () => {
    expect(depth).toBeGreaterThanOrEqual(3);
    for (const count of [1, 10, 100, 1000]) {
      const source = new CountingSource(buffer);
      const changed = new ObjectBuffer(source);
      updateTable(changed, table, scattered(count));
      // A page and the nodes above it each; a shifted end now and then takes in the next node of a level.
      const most = count * (depth + 1) * 1.5 + 4;
      expect(source.oidsRead.length).toBeLessThanOrEqual(most);
      expect(changed.objects().length).toBeLessThanOrEqual(most);
      expect(new Set(source.oidsRead).size).toBe(source.oidsRead.length);
    }
  });

  test('the difference of k rows reads O(k) nodes, each once', () => {
    for (const count of [1, 10, 100]) {
      const changed = new ObjectBuffer(buffer);
      const root = updateTable(changed, table, scattered(count));
      const all = new ObjectBuffer(nothing);
      for (const { type, body } of [...buffer.objects(), ...changed.objects()]) all.put(type, body);
      const source = new CountingSource(all);
      expect([...diffTables(source, table, { schema: notes, root })]).toHaveLength(count);
      expect(source.oidsRead.length).toBeLessThanOrEqual(2 * count * (depth + 1) * 1.5 + 4);
      expect(new Set(source.oidsRead).size).toBe(source.oidsRead.length);
    }
  });

  test('reading a row reads a node of each level, and with a cache nothing the second time', () => {
    const source = new CountingSource(buffer);
    const cache = new NodeCache();
    readRow(source, table, note(123_456, '').name, cache);
    expect(source.oidsRead).toHaveLength(depth + 1);
    const changed = new ObjectBuffer(source);
    const root = updateTable(changed, table, [note(123_456, 'changed')], cache);
    expect(readRow(changed, { schema: notes, root }, note(123_456, '').name, cache)).toBe(
      note(123_456, 'changed').line,
    );
    expect(source.oidsRead).toHaveLength(depth + 1);
  });

  test('a scan does not drive out of a cache what was read by name', () => {
    const source = new CountingSource(buffer);
    const cache = new NodeCache({ maxBytes: 1_000_000 });
    const names = [1, 70_000, 199_999].map((id) => note(id, '').name);
    for (const name of names) readRow(source, table, name, cache);
    const page = source.oidsRead.at(-1);
    for (const _ of scanRows(source, table, { to: note(60_000, '').name }, cache));
    const before = source.oidsRead.length;
    readRow(source, table, names[2] ?? '', cache);
    expect(source.oidsRead.slice(before)).not.toContain(page);
  });

  test('a cache never grows beyond its limit, and gives right answers at any', () => {
    for (const maxBytes of [0, 10_000, 1_000_000]) {
      const source = new CountingSource(buffer);
      const cache = new NodeCache({ maxBytes });
      for (let id = 0; id < 200_000; id += 997) {
        expect(readRow(source, table, note(id, '').name, cache)).toBe(note(id, 'x').line);
      }
      expect(cache.bytes).toBeLessThanOrEqual(Math.max(maxBytes, 20_000));
    }
  });
});

describe('a cache', () => {
  test('does not take a page of one schema for a page of another', () => {
    const { table, buffer } = tableOf(accounts, [rowShape(accounts).row(['a', '1'])]);
    const other = { ...accounts, key: ['balance'] };
    const cache = new NodeCache();
    expect(readRow(buffer, table, 'a-', cache)).toBeDefined();
    expect(readRow(buffer, { schema: other, root: table.root }, 'a-', cache)).toBeUndefined();
    expect(readRow(buffer, { schema: other, root: table.root }, '1-', cache)).toBeDefined();
    expect(codeOf(() => readRow(buffer, { schema: notes, root: table.root }, 'pa1-', cache))).toBe(
      'AERGO_STATE_INVALID',
    );
  });
});

function depthOf(source: ObjectBuffer, { root }: Table): number {
  const cache = new NodeCache();
  let depth = 0;
  let mode = root.mode;
  for (let oid: Oid | undefined = root.oid; mode === '40000' && oid !== undefined; depth += 1) {
    const node = cache.node(source, oid);
    mode = node.mode;
    oid = node.values[0];
  }
  return depth;
}

function defined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Partial<T>;
}
