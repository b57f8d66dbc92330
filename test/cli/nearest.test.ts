import fc from 'fast-check';
import { expect, test } from 'vitest';
import { editDistance, nearest } from '../../src/cli/nearest.ts';

test('a slip of a letter or two finds the name that was meant', () => {
  const commands = ['branch', 'switch', 'status', 'submit', 'verify'];
  expect(nearest('brnach', commands)).toBe('branch');
  expect(nearest('swich', commands)).toBe('switch');
  expect(nearest('ver', commands)).toBe('verify');
});

test('what is like nothing finds nothing', () => {
  expect(nearest('frobnicate', ['branch', 'switch'])).toBeUndefined();
  expect(nearest('x', ['abc'])).toBeUndefined();
});

test('the distance is a symmetric count of edits, zero for equal texts only', () => {
  const text = fc.string({ maxLength: 8 });
  fc.assert(
    fc.property(text, text, (a, b) => {
      const distance = editDistance(a, b);
      expect(distance).toBe(editDistance(b, a));
      expect(distance === 0).toBe(a === b);
      expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
    }),
  );
});
