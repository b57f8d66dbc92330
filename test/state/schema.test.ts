import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { canonicalJson, type JsonValue } from '../../src/crypto/canonical-json.ts';
import { decodeTableSchema, encodeTableSchema, type TableSchema, tableSchemaForm } from '../../src/state/schema.ts';
import { accounts, codeOf, notes } from './sample-tables.ts';

const text = (schema: JsonValue) => Buffer.from(`${canonicalJson(schema)}\n`);
const full: TableSchema = {
  columns: [
    { name: 'id', type: 'int8', notNull: true },
    { name: 'amount', type: 'numeric', modifier: '15,2', default: true },
    { name: 'twice', type: 'numeric', generated: true },
  ],
  key: ['id'],
  elements: [
    'id bigint PRIMARY KEY',
    'amount numeric(15,2) DEFAULT 0',
    'twice numeric GENERATED ALWAYS AS (amount * 2) STORED',
  ],
  indexes: ['CREATE INDEX ON t (amount)'],
};

describe('schema.json', () => {
  test.each([accounts, notes, full])('is canonical JSON and LF, and is read back', (schema) => {
    const written = encodeTableSchema(schema);
    expect(written.endsWith('}\n')).toBe(true);
    expect(decodeTableSchema(Buffer.from(written))).toEqual(schema);
  });

  test('has the JSON Schema in schemas/format/', () => {
    const file = readFileSync(new URL('../../schemas/format/schema.schema.json', import.meta.url), 'utf8');
    expect(JSON.parse(file)).toEqual(z.toJSONSchema(tableSchemaForm));
  });

  const { columns, key, elements, indexes } = notes;
  const plain = { columns: columns.map((column) => ({ ...column })), key, elements, indexes };
  test.each<[string, Uint8Array]>([
    ['no bytes', Buffer.alloc(0)],
    ['no LF', text(plain).subarray(0, -1)],
    ['two LF', Buffer.concat([text(plain), Buffer.from('\n')])],
    ['white space', Buffer.from(`${JSON.stringify(plain, null, 1)}\n`)],
    ['an unknown member', text({ ...plain, more: true })],
    ['an unknown member of a column', text({ ...plain, columns: [{ name: 'id', type: 'int4', more: true }] })],
    ['an absent member', text({ columns: plain.columns, key, elements })],
    [
      'notNull: false, which is said by leaving it out',
      text({ ...plain, columns: [{ name: 'id', type: 'int4', notNull: false }] }),
    ],
    ['a number for a text', text({ ...plain, key: [1] })],
    ['no column', text({ ...plain, columns: [] })],
    ['a column twice', text({ ...plain, columns: [...plain.columns, { name: 'id', type: 'text' }] })],
    ['no key', text({ ...plain, key: [] })],
    ['a key column twice', text({ ...plain, key: ['id', 'id'] })],
    ['a key that is no column', text({ ...plain, key: ['other'] })],
    ['null', text(null)],
    ['__proto__', Buffer.from('{"__proto__":{},"columns":[],"elements":[],"indexes":[],"key":[]}\n')],
  ])('with %s is refused', (_, bytes) => {
    expect(codeOf(() => decodeTableSchema(bytes))).toBe('AERGO_STATE_INVALID');
  });

  test('is not written from a schema that could not be read', () => {
    expect(codeOf(() => encodeTableSchema({ ...notes, key: ['other'] }))).toBe('AERGO_STATE_INVALID');
    expect(codeOf(() => encodeTableSchema({ ...notes, columns: [] }))).toBe('AERGO_STATE_INVALID');
  });

  test('of any bytes is a schema written in its one way, or a typed error', () => {
    const written = Buffer.from(encodeTableSchema(full));
    fc.assert(
      fc.property(fc.nat(written.length - 1), fc.nat(2), fc.uint8Array({ maxLength: 2 }), (at, drop, put) => {
        const changed = Buffer.concat([written.subarray(0, at), put, written.subarray(at + drop)]);
        const code = codeOf(() =>
          expect(Buffer.from(encodeTableSchema(decodeTableSchema(changed))).equals(changed)).toBe(true),
        );
        expect(['none', 'AERGO_STATE_INVALID']).toContain(code);
      }),
      { numRuns: 500 },
    );
  });
});
