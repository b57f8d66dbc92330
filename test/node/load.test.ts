import { expect, test } from 'vitest';
import { load } from './load.ts';

test('clones and pushes at once meet no error, and no payment is lost', async () => {
  const { clones, pushes } = await load(3, 2, 5);
  expect(clones).toBeGreaterThan(0);
  expect(pushes).toBeGreaterThan(0);
}, 180_000);
