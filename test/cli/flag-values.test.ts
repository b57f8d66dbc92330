import { describe, expect, test } from 'vitest';
import { parseCount, parseExpectation, parseJsonArguments, parseTime } from '../../src/cli/flag-values.ts';
import { AergoError } from '../../src/errors.ts';

const version = '0123456789abcdef0123456789abcdef';

describe('--expect', () => {
  test('names a table, the columns of a key, and a version', () => {
    expect(parseExpectation(`bank.accounts/alice@${version}`)).toEqual({
      table: 'bank.accounts',
      key: ['alice'],
      version,
    });
    expect(parseExpectation('shop.lines/7/a%2Fb%40c@null')).toEqual({
      table: 'shop.lines',
      key: ['7', 'a/b@c'],
      version: null,
    });
    expect(parseExpectation('bank.accounts/a@b@null')).toMatchObject({ key: ['a@b'] });
  });

  test.each([
    'bank.accounts',
    'bank.accounts/alice',
    'bank.accounts/alice@12',
    '/alice@null',
    'bank.accounts/%zz@null',
  ])('refuses %s', (text) => {
    expect(() => parseExpectation(text)).toThrow(AergoError);
  });
});

describe('--expires', () => {
  test('is a time with its zone, or a span from now', () => {
    expect(parseTime('2026-11-20T10:00Z', 0)).toBe(Date.UTC(2026, 10, 20, 10));
    expect(parseTime('2026-11-20T10:00:30+01:00', 0)).toBe(Date.UTC(2026, 10, 20, 9, 0, 30));
    expect(parseTime('+10m', 5)).toBe(600_005);
  });

  test.each(['2026-13-20T10:00Z', 'tomorrow', '+10', '-5m', 'NaN', ''])('refuses %s', (text) => {
    expect(() => parseTime(text, 0)).toThrow(AergoError);
  });
});

describe('--args', () => {
  test('is a JSON array of texts and nulls', () => {
    expect(parseJsonArguments('["a",null]')).toEqual(['a', null]);
  });

  test.each(['[1]', '{"a":"b"}', '"a"', '[', '[["a"]]', '[true]'])('refuses %s', (text) => {
    expect(() => parseJsonArguments(text)).toThrow('is not a JSON array of texts and nulls');
  });
});

test('a count is a whole number in its range', () => {
  expect(parseCount('10', '--limit')).toBe(10);
  for (const text of ['0', '-1', '1.5', 'NaN', '1e3', '', '9999999999'])
    expect(() => parseCount(text, '--limit')).toThrow(AergoError);
});
