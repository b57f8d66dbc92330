/** What a server knows of its repositories before anybody asks. */
import { cpSync, mkdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { learnVersions } from '../../src/node/learn-versions.ts';
import { RepositoryPool } from '../../src/node/repository-pool.ts';
import { prepareRoot, realOptions } from './served-bank.ts';

test('it knows the versions of all that it can open, logs the rest, and does not look for ever', async () => {
  const { root, copy } = await prepareRoot();
  mkdirSync(join(root, 'team', 'empty'), { recursive: true });
  for (const name of ['team/shop', 'damaged']) cpSync(copy, join(root, `${name}.aergo`), { recursive: true });
  truncateSync(join(root, 'damaged.aergo', 'format'));
  const pool = new RepositoryPool(root, realOptions(), { open: 8, idle_ms: 1_000 });
  const logged: unknown[] = [];
  const log = ({ directory }: Record<string, unknown>) => void logged.push(directory);
  const known = () => ['shop', 'team/shop', 'damaged'].map((name) => pool.find(name)?.lastDirectory !== undefined);
  let now = 0;
  await learnVersions(pool, () => (now += 10_000), { info: log, error: log });
  expect(known()).toEqual([false, false, false]);
  await learnVersions(pool, Date.now, { info: log, error: log });
  expect(known()).toEqual([true, true, false]);
  expect(logged).toEqual([join(root, 'damaged.aergo')]);
  expect(pool.find('shop')?.isOpen).toBe(false);
  await pool.close();
});
