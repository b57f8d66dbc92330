import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeCopyRow, decodeRecord, encodeArray, encodeCopyRow } from '../../src/contract/copy-text.ts';

it('a row in the form of COPY is read back as it was written, whatever its values', () => {
  const values = fc.array(fc.option(fc.string({ unit: 'binary' })), { minLength: 1 });
  fc.assert(
    fc.property(values, (row) => {
      expect(decodeCopyRow(encodeCopyRow(row))).toEqual(row);
    }),
  );
});

it('a record is read with its quotes, backslashes, commas, empty texts and nulls', () => {
  expect(decodeRecord('(alice,87.50)')).toEqual(['alice', '87.50']);
  expect(decodeRecord('(,)')).toEqual([null, null]);
  expect(decodeRecord('("")')).toEqual(['']);
  expect(decodeRecord('("a ""quoted"" \\\\ text, with (parentheses)",,"",x)')).toEqual([
    'a "quoted" \\ text, with (parentheses)',
    null,
    '',
    'x',
  ]);
  expect(decodeRecord('(a,"b\nc")')).toEqual(['a', 'b\nc']);
});

it('an array literal quotes what could be read otherwise', () => {
  expect(encodeArray(['a', null, 'NULL', '', 'b"c\\d'])).toBe('{"a",NULL,"NULL","","b\\"c\\\\d"}');
});
