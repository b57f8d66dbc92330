/** The worked examples of docs/merging.md are runs: `vitest run test/documents-merging.test.ts -u` writes what they print now. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runPage } from './cli/sessions.ts';
import { root, World } from './cli/world.ts';

const page = join(root, 'docs', 'merging.md');

test('the sessions of docs/merging.md run as they stand there', async () => {
  using world = new World();
  await expect(await runPage(world, readFileSync(page, 'utf8'))).toMatchFileSnapshot(page);
}, 900_000);
