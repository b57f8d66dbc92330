/** The sessions of docs/sharing.md and docs/with-plain-git.md are runs: `vitest run test/documents-remotes.test.ts -u` writes what they print now. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { bank } from './cli/bank.ts';
import { serve } from './cli/served.ts';
import { runPage } from './cli/sessions.ts';
import { root, World } from './cli/world.ts';

/** The server as the pages call it; where it listens, the system says. */
const example = 'http://ledger.example:8545';

const git = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' };

/** A world with people's keys and a server over an empty `served`. */
async function servedWorld(...names: string[]): Promise<World> {
  const world = new World(git);
  for (const name of names) await world.aergo(['key', 'generate', name]);
  mkdirSync(join(world.directory, 'served'));
  return world;
}

async function run(name: string, world: World): Promise<void> {
  const path = join(root, 'docs', name);
  const server = await serve(world, 'served', 'hall');
  onTestFinished(async () => {
    await server.stop();
    world[Symbol.dispose]();
  });
  const page = readFileSync(path, 'utf8').replaceAll(example, server.origin);
  await expect((await runPage(world, page)).replaceAll(server.origin, example)).toMatchFileSnapshot(path);
}

test('three organisations share a ledger as docs/sharing.md says', async () => {
  await run('sharing.md', await servedWorld('ada', 'bea', 'carl', 'dora', 'hall'));
}, 900_000);

test('Git alone does what docs/with-plain-git.md says', async () => {
  const world = await servedWorld('ada', 'hall');
  const ledger = { cwd: join(world.directory, 'ledger') };
  world.file('bank.sql', bank);
  await world.aergo(['--key', 'ada', 'init', 'ledger']);
  for (const line of [
    'config set user.key ada',
    'contract deploy ../bank.sql',
    'member add hall hall --role publish',
    'call bank.open_account alice 100',
    'call bank.open_account bob 50',
    'call bank.transfer alice bob 12.50',
    'clone --bare . ../served/bank.aergo',
  ])
    await world.aergo(line.split(' '), ledger);
  world.file('signers', (await world.aergo(['key', 'export', '--allowed-signers'], ledger)).stdout);
  await run('with-plain-git.md', world);
}, 900_000);
