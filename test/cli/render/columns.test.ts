import { expect, test } from 'vitest';
import { aligned, columns, counted, grouped, utc } from '../../../src/cli/render/columns.ts';
import { displayWidth, visible } from '../../../src/cli/render/visible.ts';

test('the second column stands at place 48, or three spaces behind a longer text', () => {
  expect(columns('made key ada (ed25519:9fQx…)', 'back it up').indexOf('back')).toBe(48);
  expect(columns('x'.repeat(50), 'y')).toBe(`${'x'.repeat(50)}   y`);
});

test('tables are as wide as their widest cell, wide characters counted as two', () => {
  expect(
    aligned(
      [
        ['a', '1'],
        ['日本', '22'],
      ],
      new Set([1]),
    ),
  ).toEqual(['a       1', '日本   22']);
});

test('counts are grouped and take the plural', () => {
  expect([counted(1, 'row'), counted(0, 'row'), counted(1000, 'row'), grouped(1234567)]).toEqual([
    '1 row',
    '0 rows',
    '1,000 rows',
    '1,234,567',
  ]);
});

test('times are in UTC', () => {
  expect(utc(Date.UTC(2026, 10, 20, 10, 0, 1))).toBe('2026-11-20 10:00:01');
});

test('what could move the cursor or hide text is written out', () => {
  expect(visible('a\u001b[31m\u202eb\n\u2028\ud800')).toBe('a\\u{1b}[31m\\u{202e}b\\u{a}\\u{2028}\\u{d800}');
  expect(displayWidth('e\u0301x')).toBe(2);
});
