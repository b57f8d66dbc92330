import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { launcher, root, World } from './world.ts';

const { version }: { version: string } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** The launcher in an installation of its own, that asks for another Node than the one that runs it. */
function installation(world: World, node?: string): string {
  for (const folder of ['bin', 'node_modules/.bin']) mkdirSync(join(world.directory, folder), { recursive: true });
  copyFileSync(launcher, join(world.directory, 'bin', 'aergo.js'));
  world.file('package.json', JSON.stringify({ type: 'module', version: '9.9.9', engines: { node: '^1.2.3 || >=99' } }));
  if (node !== undefined)
    writeFileSync(join(world.directory, 'node_modules', '.bin', 'node'), `#!/bin/sh\n${node}\n`, { mode: 0o755 });
  return join(world.directory, 'bin', 'aergo.js');
}

test('--version is answered at once', async () => {
  using world = new World();
  expect(await world.aergo(['--version'])).toEqual({ code: 0, stdout: `aergo ${version}\n`, stderr: '' });
});

test('--version is answered on any Node', async () => {
  using world = new World();
  const old = await world.run(process.execPath, [installation(world), '--version']);
  expect(old).toEqual({ code: 0, stdout: 'aergo 9.9.9\n', stderr: '' });
});

test('on an unfit Node the own one runs the same words, and its exit code is kept', async () => {
  using world = new World();
  const script = installation(world, 'shift; echo "$@"; exit 5');
  expect(await world.run(process.execPath, [script, 'call', 'bank.pay', '-5'])).toEqual({
    code: 5,
    stdout: 'call bank.pay -5\n',
    stderr: '',
  });
});

test('signals are handed on to the own Node', async () => {
  using world = new World();
  const script = installation(world, 'sleep 20 & trap "kill $!; exit 9" TERM; echo ready; wait');
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGTERM');
  expect((await once(child, 'exit'))[0]).toBe(9);
});

test.each([
  ['there is no other', undefined, {}],
  ['the own one is unfit too', 'exit 0', { AERGO_LAUNCHED_BY: 'v1.0.0' }],
])('on an unfit Node, where %s, one line says so and the exit code is 2', async (_name, node, env) => {
  using world = new World();
  const { code, stdout, stderr } = await world.run(process.execPath, [installation(world, node), 'status'], { env });
  expect({ code, stdout, lines: stderr.split('\n').length }).toEqual({ code: 2, stdout: '', lines: 2 });
  expect(stderr).toContain('aergo needs Node ^1.2.3 || >=99');
});
