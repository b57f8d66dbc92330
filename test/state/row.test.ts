import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../src/crypto/canonical-json.ts';
import { rowName } from '../../src/state/name.ts';
import { decodeRow, encodeRow, rowVersion } from '../../src/state/row.ts';
import { RowShape } from '../../src/state/row-shape.ts';
import type { TableSchema } from '../../src/state/schema.ts';
import { accounts, codeOf } from './sample-tables.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('"', '\\', '\n', '\u0000', '\u007f', 'é', '😀', 'a') }),
);
const column = fc.oneof(
  fc.string({ minLength: 1, maxLength: 8 }),
  fc.constantFrom('__proto__', 'constructor', 'b', 'ä', '10', '9'),
);
const values = fc.dictionary(column, fc.option(text), { minKeys: 1, maxKeys: 6 });

/** A schema of these columns, in an order of its own, with a text key. */
function schemaOf(columns: string[]): TableSchema {
  return {
    columns: columns.map((name) => ({ name, type: 'text' })).reverse(),
    key: columns.slice(0, 1),
    elements: [],
    indexes: [],
  };
}

describe('the line of a row', () => {
  test('is the canonical JSON of its columns and LF', () => {
    fc.assert(
      fc.property(values, (row) => {
        expect(encodeRow(row)).toBe(`${canonicalJson(row)}\n`);
        expect({ ...decodeRow(encodeRow(row)) }).toEqual({ ...row });
      }),
    );
  });

  test('is the same from values, from texts in the order of the schema, and without a schema', () => {
    fc.assert(
      fc.property(values, (row) => {
        const shape = new RowShape(schemaOf(Object.keys(row)));
        const texts = Object.values(row).reverse();
        expect(shape.encode(row)).toBe(encodeRow(row));
        expect(shape.encodeTexts(texts)).toBe(encodeRow(row));
        expect({ ...shape.decode(encodeRow(row)) }).toEqual({ ...row });
      }),
    );
  });

  test('gives the name that its values give', () => {
    fc.assert(
      fc.property(values, fc.string({ maxLength: 10 }), (row, key) => {
        const columns = Object.keys(row);
        const schema = schemaOf(columns);
        const keyed = { ...row, [columns[0] ?? '']: key };
        if (columns[0] === '__proto__') return;
        const shape = new RowShape(schema);
        expect(shape.nameOfLine(shape.encode(keyed))).toBe(rowName(schema, keyed));
        expect(shape.row(Object.values(keyed).reverse())).toEqual({
          name: rowName(schema, keyed),
          line: encodeRow(keyed),
        });
      }),
    );
  });

  test.each([
    ['', 'nothing'],
    ['{"balance":"1","owner":"a"}', 'no LF'],
    ['{"balance":"1","owner":"a"}\n\n', 'two LF'],
    ['{"owner":"a","balance":"1"}\n', 'members out of order'],
    ['{"balance": "1","owner":"a"}\n', 'white space'],
    [' {"balance":"1","owner":"a"}\n', 'white space before'],
    ['\ufeff{"balance":"1","owner":"a"}\n', 'a byte order mark'],
    ['{"balance":"1","balance":"1","owner":"a"}\n', 'a member twice'],
    ['{"balance":1,"owner":"a"}\n', 'a number'],
    ['{"balance":true,"owner":"a"}\n', 'a boolean'],
    ['{"balance":{},"owner":"a"}\n', 'an object'],
    ['{"balance":"\\u0031","owner":"a"}\n', 'an escape that is not needed'],
    ['{"balance":"\t","owner":"a"}\n', 'a control character as it is'],
    ['{"balance":"\\ud800","owner":"a"}\n', 'a lone surrogate'],
    ['{"owner":"a"}\n', 'a column less'],
    ['{"balance":"1","owner":"a","z":"1"}\n', 'a column more'],
    ['{"balance":"1","Owner":"a"}\n', 'another column'],
    ['{"__proto__":"1","balance":"1","owner":"a"}\n', 'a column __proto__'],
    ['["balance","owner"]\n', 'an array'],
    ['null\n', 'null'],
    ['{"balance":"1","owner":"a"\n', 'no end'],
    ['{"balance":"1","owner":"a}\n', 'no closing quote'],
    [`${'['.repeat(100_000)}\n`, 'a deep nest'],
  ])('%j is refused: %s', (line) => {
    const shape = new RowShape(accounts);
    expect(codeOf(() => shape.nameOfLine(line))).toBe('AERGO_ROW_INVALID');
    expect(codeOf(() => shape.decode(line))).toBe('AERGO_ROW_INVALID');
  });

  test('has no key that is null', () => {
    expect(codeOf(() => new RowShape(accounts).nameOfLine('{"balance":"1","owner":null}\n'))).toBe('AERGO_KEY_NULL');
  });

  test('is not made from columns that are not the table’s, nor from a lone surrogate', () => {
    const shape = new RowShape(accounts);
    expect(codeOf(() => shape.encode({ owner: 'a' }))).toBe('AERGO_ROW_INVALID');
    expect(codeOf(() => shape.encode({ owner: 'a', balance: '1', z: null }))).toBe('AERGO_ROW_INVALID');
    expect(codeOf(() => shape.encodeTexts(['a']))).toBe('AERGO_ROW_INVALID');
    expect(codeOf(() => shape.encode({ owner: '\udc00', balance: '1' }))).toBe('AERGO_ROW_INVALID');
    expect(codeOf(() => encodeRow({ a: 'x\ud800y' }))).toBe('AERGO_ROW_INVALID');
  });

  test('is read in exactly one way or refused with a typed error, whatever is changed in it', () => {
    const shape = new RowShape(accounts);
    const line = shape.encode({ owner: 'al\\ice', balance: '12.50' });
    fc.assert(
      fc.property(fc.nat(line.length), fc.nat(2), fc.string({ maxLength: 2 }), (at, drop, put) => {
        const changed = line.slice(0, at) + put + line.slice(at + drop);
        const code = codeOf(() => expect(shape.encode(shape.decode(changed))).toBe(changed));
        const named = codeOf(() => shape.nameOfLine(changed));
        expect(['none', 'AERGO_ROW_INVALID']).toContain(code);
        expect(named).toBe(code);
      }),
      { numRuns: 1000 },
    );
  });
});

test('the version of a row is half of the SHA-256 of its line with its LF', () => {
  const line = '{"balance":"87.50","owner":"alice"}\n';
  expect(rowVersion(line)).toBe(createHash('sha256').update(line).digest('hex').slice(0, 32));
});
