import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeVectors } from '../../tools/freeze-directory-vectors.ts';

it('gives the versions that stand in fixtures/format/directory.json for the same keys, times and randomness', async () => {
  const file = join(import.meta.dirname, '../../fixtures/format/directory.json');
  expect(await makeVectors()).toEqual(JSON.parse(readFileSync(file, 'utf8')));
});
