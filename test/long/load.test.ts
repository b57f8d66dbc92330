import { expect, test } from 'vitest';
import { load } from '../node/load.ts';

test('30 clones and 5 pushers for 60 seconds meet no error but "moved", in bounded memory, and no payment is lost', async () => {
  const result = await load(30, 5, 60);
  process.stdout.write(`load: ${JSON.stringify(result)}\n`);
  expect(result.memory.most).toBeLessThan(2_048);
});
