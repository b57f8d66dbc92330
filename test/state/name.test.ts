import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { keyOfName, nameOfKey, rowName } from '../../src/state/name.ts';
import type { TableSchema } from '../../src/state/schema.ts';
import { codeOf } from './sample-tables.ts';

function keyed(...types: string[]): TableSchema {
  const columns = types.map((type, at) => ({ name: `k${at}`, type }));
  return { columns, key: columns.map((column) => column.name), elements: [], indexes: [] };
}

const text = keyed('text');
const bigint = keyed('int8');
const compareBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const int8 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const wellFormed = fc.string({ unit: 'binary', maxLength: 20 });

describe('a name of a text key', () => {
  test('keeps digits and letters and writes every other byte in hex behind a character that sorts as the byte does', () => {
    expect(nameOfKey(text, ['alice09Z'])).toBe('alice09Z-');
    expect(nameOfKey(text, ['a b-c'])).toBe('a.20b.2dc-');
    expect(nameOfKey(text, [':@[_`{~é'])).toBe('@3a@40_5b_5f_60~7b~7e~c3~a9-');
    expect(nameOfKey(text, [''])).toBe('-');
    expect(nameOfKey(text, ['.git'])).toBe('.2egit-');
  });

  test('sorts as the key does, byte by byte, and is read back', () => {
    fc.assert(
      fc.property(wellFormed, wellFormed, (a, b) => {
        const [left, right] = [nameOfKey(text, [a]), nameOfKey(text, [b])];
        expect(Math.sign(compareBytes(left, right))).toBe(Math.sign(compareBytes(a, b)));
        expect(keyOfName(text, left)).toEqual([a]);
      }),
    );
  });

  test('is never longer than 240 bytes', () => {
    expect(nameOfKey(text, ['a'.repeat(239)])).toHaveLength(240);
    expect(codeOf(() => nameOfKey(text, ['a'.repeat(240)]))).toBe('AERGO_KEY_TOO_LONG');
    expect(codeOf(() => nameOfKey(text, ['é'.repeat(40)]))).toBe('AERGO_KEY_TOO_LONG');
    expect(nameOfKey(text, ['é'.repeat(39)])).toHaveLength(235);
  });

  test('is refused for a lone surrogate', () => {
    expect(codeOf(() => nameOfKey(text, ['\ud800']))).toBe('AERGO_ROW_KEY_INVALID');
  });
});

describe('a name of an integer key', () => {
  test('is written with its number of digits, complemented when negative', () => {
    const names = ['0', '7', '-7', '10', '-10', '9223372036854775807', '-9223372036854775808'];
    expect(names.map((key) => nameOfKey(bigint, [key]))).toEqual([
      'pa0-',
      'pa7-',
      'mz2-',
      'pb10-',
      'my89-',
      'ps9223372036854775807-',
      'mh0776627963145224191-',
    ]);
  });

  test('sorts as the number does and is read back', () => {
    fc.assert(
      fc.property(int8, int8, (a, b) => {
        const [left, right] = [nameOfKey(bigint, [`${a}`]), nameOfKey(bigint, [`${b}`])];
        expect(Math.sign(compareBytes(left, right))).toBe(a < b ? -1 : a > b ? 1 : 0);
        expect(keyOfName(bigint, left)).toEqual([`${a}`]);
      }),
    );
  });

  test.each([
    '',
    '-0',
    '+1',
    '01',
    '1.0',
    ' 1',
    '1e3',
    'NaN',
    '9223372036854775808',
    '-9223372036854775809',
    '1'.repeat(20),
  ])('is refused for %j', (key) => {
    expect(codeOf(() => nameOfKey(bigint, [key]))).toBe('AERGO_ROW_KEY_INVALID');
  });
});

describe('a name of any key', () => {
  test('is no prefix of another, so blobs and trees sort alike', () => {
    const key = fc.tuple(fc.string({ maxLength: 3 }), fc.integer().map(String), fc.string({ maxLength: 3 }));
    const schema = keyed('varchar', 'int4', 'text');
    fc.assert(
      fc.property(key, key, (a, b) => {
        const [left, right] = [nameOfKey(schema, a), nameOfKey(schema, b)];
        if (left !== right) expect(left.startsWith(right) || right.startsWith(left)).toBe(false);
        expect(keyOfName(schema, left)).toEqual(a);
      }),
    );
  });

  test('holds only what a file name may hold everywhere', () => {
    fc.assert(
      fc.property(wellFormed, (key) => {
        expect(nameOfKey(text, [key])).toMatch(/^[0-9A-Za-z.@_~-]*-$/);
      }),
    );
  });

  test('needs a value in every column of the key, and no other number of columns', () => {
    expect(codeOf(() => rowName(keyed('text', 'text'), { k0: 'a', k1: null }))).toBe('AERGO_KEY_NULL');
    expect(codeOf(() => rowName(text, {}))).toBe('AERGO_KEY_NULL');
    expect(codeOf(() => nameOfKey(text, ['a', 'b']))).toBe('AERGO_ROW_KEY_INVALID');
    expect(codeOf(() => nameOfKey(text, []))).toBe('AERGO_ROW_KEY_INVALID');
  });

  test.each([
    ['numeric', 'NaN'],
    ['numeric', 'Infinity'],
    ['numeric', '-Infinity'],
    ['date', 'infinity'],
    ['date', '0044-03-15 BC'],
    ['timestamptz', '-infinity'],
    ['timestamp', '0044-03-15 12:00:00 BC'],
  ])('of type %s is refused for %j', (type, value) => {
    expect(codeOf(() => nameOfKey(keyed(type), [value]))).toBe('AERGO_ROW_KEY_INVALID');
  });

  test.each([
    ['numeric', '-12.50', '.2d12.2e50-'],
    ['date', '2024-02-29', '2024.2d02.2d29-'],
    ['timestamptz', '2024-02-29 12:00:00+00', '2024.2d02.2d29.2012@3a00@3a00.2b00-'],
    ['bool', 't', 't-'],
    ['bytea', '\\x00ff', '_5cx00ff-'],
    ['mood', 'NaN', 'NaN-'],
  ])('of type %s is the text: %j', (type, value, name) => {
    expect(nameOfKey(keyed(type), [value])).toBe(name);
    expect(keyOfName(keyed(type), name)).toEqual([value]);
  });
});

describe('reading a name back', () => {
  test.each(['', 'a', 'a--', 'a-b-', '.61-', '.2E-', '.2-', '.-', '~2e-', '~ff-', '~c3-', 'é-', 'a b-', '/-'])(
    'refuses %j for a text key',
    (name) => {
      expect(codeOf(() => keyOfName(text, name))).toBe('AERGO_ROW_NAME_INVALID');
    },
  );

  test.each(['pa-', 'pb1-', 'pb01-', 'pa00-', 'ma5-', 'xa5-', 'mz9-', 'p-', '-', 'pt11111111111111111111-'])(
    'refuses %j for an integer key',
    (name) => {
      expect(codeOf(() => keyOfName(bigint, name))).toBe('AERGO_ROW_NAME_INVALID');
    },
  );

  test('of anything gives a key with exactly this name, or a typed error', () => {
    const part = fc.string({ unit: fc.constantFrom(...'ab019.@_~-cf mpzs'), maxLength: 12 });
    fc.assert(
      fc.property(fc.oneof(part, wellFormed), fc.constantFrom(text, bigint, keyed('int2', 'text')), (name, schema) => {
        const code = codeOf(() => expect(nameOfKey(schema, keyOfName(schema, name))).toBe(name));
        expect(['none', 'AERGO_ROW_NAME_INVALID']).toContain(code);
      }),
    );
  });
});
