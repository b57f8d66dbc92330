import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bank } from './bank.ts';
import { launcher, World } from './world.ts';

/** Has a process say on stderr how much memory it had at most, in KiB, as it ends. */
const telling = "data:text/javascript,process.on('exit',()=>console.error(process.resourceUsage().maxRSS))";

test('a call does not have the SQL engine optimized, which takes another 400 MiB and half a second', async () => {
  using world = new World();
  world.file('bank.sql', bank);
  await world.aergo(['init', 'shop']);
  world.cwd = join(world.directory, 'shop');
  await world.aergo(['contract', 'deploy', '../bank.sql']);
  const words = ['--import', telling, launcher, 'call', 'bank.open_account', 'alice', '100'];
  const { stdout, stderr } = await world.run(process.execPath, words);
  expect(stdout).toMatch(/^OK {3}block 2 /);
  expect(Number(stderr) / 1_024).toBeLessThan(400);
});
