import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AergoError } from '../../src/errors.ts';
import type { Oid } from '../../src/object/oid.ts';
import { ObjectBuffer } from '../../src/object/source.ts';
import { encodeTree, type TreeEntry, type TreeMode } from '../../src/object/tree.ts';
import { decodePage, encodePage } from '../../src/state/page.ts';
import { rowShape } from '../../src/state/row-shape.ts';
import { diffTables, emptyTable, readRow, scanRows, type Table, updateTable } from '../../src/state/table.ts';
import { codeOf, note, notes, nothing, tableOf } from './sample-tables.ts';

const shape = rowShape(notes);
const lines = (...ids: number[]) => ids.map((id) => note(id, 'text').line).join('');
const pageOf = (text: string | Uint8Array) => () => decodePage(shape, Buffer.from(text));

describe('a page', () => {
  test('is read back as it was written', () => {
    const rows = [note(1, 'a'), note(2, 'back\\slash "quoted"\n\u0001'), note(3, 'é😀')];
    const page = decodePage(shape, encodePage(rows.map(({ line }) => line)));
    expect(page).toEqual({ names: rows.map(({ name }) => name), values: rows.map(({ line }) => line) });
  });

  test.each([
    ['rows out of order', lines(2, 1)],
    ['a row twice', lines(1, 1)],
    ['no LF at the end', lines(1).slice(0, -1)],
    ['an empty line', `${lines(1)}\n${lines(2)}`],
    ['CR LF', lines(1).replace('\n', '\r\n')],
    ['a byte order mark', `\ufeff${lines(1)}`],
    [
      'bytes that are not UTF-8',
      Buffer.concat([Buffer.from('{"id":"1","note":"'), Buffer.from([0xff]), Buffer.from('"}\n')]),
    ],
    ['a row of another table', '{"balance":"1","owner":"a"}\n'],
    ['a key that is no integer', '{"id":"1.5","note":"a"}\n'],
    ['a text that ends in another line', '{"id":"1","note":"a\n"}\n'],
    ['no key', '{"id":null,"note":"a"}\n'],
  ])('with %s is refused', (_, text) => {
    expect(codeOf(pageOf(text))).toBe('AERGO_STATE_INVALID');
  });

  test('with anything changed in it is refused with a typed error, or is another page written in its one way', () => {
    const body = Buffer.from(lines(1, 2, 3, 10, 11) + note(12, 'a\\b').line);
    fc.assert(
      fc.property(fc.nat(body.length - 1), fc.nat(3), fc.uint8Array({ maxLength: 3 }), (at, drop, put) => {
        const changed = Buffer.concat([body.subarray(0, at), put, body.subarray(at + drop)]);
        const code = codeOf(() => {
          const page = decodePage(shape, changed);
          expect(Buffer.from(encodePage(page.values)).equals(changed)).toBe(true);
          expect(page.values.map((line) => shape.nameOfLine(line))).toEqual(page.names);
        });
        expect(['none', 'AERGO_STATE_INVALID']).toContain(code);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a tree of pages', () => {
  const buffer = new ObjectBuffer(nothing);
  const page = (...ids: number[]) => buffer.put('blob', Buffer.from(lines(...ids)));
  const tree = (...entries: [name: string, oid: Oid, mode?: TreeMode][]) =>
    buffer.put('tree', encodeTree(entries.map(([name, oid, mode = '100644']): TreeEntry => ({ name, oid, mode }))));
  const table = (oid: Oid): Table => ({ schema: notes, root: { oid, mode: '40000' } });
  const empty: Table = { schema: notes, root: emptyTable(buffer) };

  const first = page(1, 2);
  const second = page(3, 4);
  const cases: [string, Oid][] = [
    ['no entry', tree()],
    ['pages beside nodes', tree(['pa1-', first], ['pa3-', tree(['pa3-', second]), '40000'])],
    ['a mode of files', tree(['pa1-', first, '100755'])],
    ['a page twice', tree(['pa1-', first], ['pa2-', first])],
    ['a page whose rows run into the next', tree(['pa1-', page(1, 5)], ['pa3-', second])],
    ['an empty page', tree(['pa1-', first], ['pa3-', empty.root.oid])],
    ['a blob where a tree belongs', tree(['pa1-', first, '40000'])],
    ['a tree where a page belongs', tree(['pa1-', tree(['pa1-', first])])],
    ['a page that is not there', tree(['pa1-', first], ['pa3-', `${'ab'.repeat(32)}` as Oid])],
  ];

  test.each(cases)('with %s is refused when it is walked or compared', (_, oid) => {
    const codes = ['AERGO_STATE_INVALID', 'AERGO_OBJECT_DAMAGED', 'AERGO_OBJECT_MISSING'];
    expect(codes).toContain(codeOf(() => [...diffTables(buffer, empty, table(oid))]));
    if (_ !== 'an empty page') expect(codes).toContain(codeOf(() => [...scanRows(buffer, table(oid))]));
    if (_ !== 'an empty page')
      expect(codes).toContain(codeOf(() => [...scanRows(buffer, table(oid), { reverse: true })]));
  });

  test('with a page under another name is refused by an update', () => {
    const wrong = table(tree(['pa1-', first], ['pa2-', second]));
    expect(codeOf(() => updateTable(buffer, wrong, [note(4, 'new')]))).toBe('AERGO_STATE_INVALID');
  });

  test('that leads to the same pages by ever more ways is refused in time', () => {
    let level = tree(['pa1-', first], ['pa3-', second]);
    for (let depth = 0; depth < 60; depth += 1) level = tree(['pa1-', level, '40000'], ['pa2-', level, '40000']);
    expect(codeOf(() => [...scanRows(buffer, table(level))])).toBe('AERGO_STATE_INVALID');
    expect(codeOf(() => [...scanRows(buffer, table(level), { reverse: true })])).toBe('AERGO_STATE_INVALID');
    expect(codeOf(() => [...diffTables(buffer, empty, table(level))])).toBe('AERGO_STATE_INVALID');
  });

  test('deeper than any table is refused', () => {
    let level = first;
    for (let depth = 0; depth < 70; depth += 1) level = tree(['pa1-', level, depth === 0 ? '100644' : '40000']);
    expect(codeOf(() => readRow(buffer, table(level), 'pa1-'))).toBe('AERGO_STATE_INVALID');
    expect(codeOf(() => [...scanRows(buffer, table(level))])).toBe('AERGO_STATE_INVALID');
    expect(codeOf(() => [...diffTables(buffer, empty, table(level))])).toBe('AERGO_STATE_INVALID');
    expect(codeOf(() => updateTable(buffer, table(level), [note(1, 'new')]))).toBe('AERGO_STATE_INVALID');
  });

  test('says which object is damaged', () => {
    const bad = buffer.put('blob', Buffer.from(lines(2, 1)));
    const { table: good } = tableOf(notes, [note(1, 'a')]);
    try {
      readRow(buffer, { ...good, root: { oid: bad, mode: '100644' } }, 'pa1-');
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(AergoError);
      expect(error).toMatchObject({ code: 'AERGO_STATE_INVALID', details: { oid: bad } });
      expect(String(error)).toContain(bad.slice(0, 12));
    }
  });
});
