import { expect, test } from 'vitest';
import { conflictId } from '../../src/merge/conflict.ts';

test('a conflict is named by its table and its row, and no two rows of a merge share a name', () => {
  expect(conflictId({ table: 'bank.accounts', name: 'alice-' })).toBe('bank.accounts alice-');
  expect(conflictId({ table: 'bank.a', name: 'b-' })).not.toBe(conflictId({ table: 'bank.ab', name: '-' }));
});
