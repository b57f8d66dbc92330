import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bank } from './bank.ts';
import { launcher, type Run, World } from './world.ts';

const world = new World();
let made: Run;
beforeAll(async () => {
  world.file('bank.sql', bank);
  made = await world.aergo(['init', 'shop']);
  world.cwd = join(world.directory, 'shop');
  await world.aergo(['contract', 'deploy', '../bank.sql']);
}, 120_000);
afterAll(() => world[Symbol.dispose]());

test('the result goes to stdout, and what a person should know beside it to stderr', () => {
  expect(made.stdout).toMatch(/^ledger shop: main at block 0 [0-9a-f]{7}\n$/);
  expect(made.stderr).toMatch(
    /^made key ada \(ed25519:.{4}…\) {20}back it up: aergo key export ada\n {2}next: aergo contract new bank --template bank\n$/,
  );
});

test('a reader that goes away is no error', async () => {
  const line = `${JSON.stringify(process.execPath)} ${JSON.stringify(launcher)} log --jsonl; echo "exit $?" >&2`;
  const { stderr } = await world.run('bash', ['-c', `{ ${line}; } | true`]);
  expect(stderr).toBe('exit 0\n');
});

test('an error that nobody reads keeps its exit code', async () => {
  const child = spawn(process.execPath, [launcher, 'frobnicate'], {
    cwd: world.cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.destroy();
  child.stderr.destroy();
  expect((await once(child, 'exit'))[0]).toBe(2);
});

test('--quiet leaves the result only', async () => {
  const { stdout, stderr } = await world.aergo(['branch', 'quiet-one', '--quiet']);
  expect({ stdout: stdout.replace(/[0-9a-f]{7}/, '#'), stderr }).toEqual({
    stdout: 'branch quiet-one at block 1 #\n',
    stderr: '',
  });
});

test('a process that holds the ledger is named to who waits for it', async () => {
  // `submit -` holds the ledger while it waits for its input.
  const env = { HOME: world.home, USER: 'ada', PATH: process.env.PATH ?? '' };
  const holder = spawn(process.execPath, [launcher, 'submit', '-'], {
    cwd: world.cwd,
    env,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  try {
    let waiting = await world.json(['--lock-timeout', '0', 'log']);
    for (let tries = 0; waiting.code === 0 && tries < 100; tries++)
      waiting = await world.json(['--lock-timeout', '0', 'log']);
    expect(waiting).toMatchObject({ code: 75, value: { error: { code: 'AERGO_LOCKED' } } });
    expect(JSON.stringify(waiting.value)).toContain(`aergo submit`);
    expect(JSON.stringify(waiting.value)).toContain(String(holder.pid));
    expect((await world.aergo(['status'])).code).toBe(0);
  } finally {
    holder.stdin.end();
    await once(holder, 'exit');
  }
  expect((await world.aergo(['log'])).code).toBe(0);
});

test('Ctrl-C ends with 130, and the ledger is as it was', async () => {
  const before = readFileSync(join(world.cwd, '.aergo', 'refs'), 'utf8');
  const env = { HOME: world.home, USER: 'ada', PATH: process.env.PATH ?? '' };
  const child = spawn(process.execPath, [launcher, 'submit', '-'], {
    cwd: world.cwd,
    env,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  let locked = await world.json(['--lock-timeout', '0', 'log']);
  for (let tries = 0; locked.code === 0 && tries < 100; tries++)
    locked = await world.json(['--lock-timeout', '0', 'log']);
  child.kill('SIGINT');
  expect((await once(child, 'exit'))[0]).toBe(130);
  expect((await world.aergo(['log'])).code).toBe(0);
  expect(readFileSync(join(world.cwd, '.aergo', 'refs'), 'utf8')).toBe(before);
});

test('status reads plain files only, and repairs them when they are damaged', async () => {
  const refs = join(world.cwd, '.aergo', 'refs');
  const { stdout } = await world.aergo(['status']);
  expect(stdout).toMatch(/^on main at block 1 [0-9a-f]{7} {3}2 branches\n$/);
  writeFileSync(refs, readFileSync(refs, 'utf8').replace('acknowledged', 'acknowledgde'));
  expect(await world.aergo(['status'])).toMatchObject({ code: 0, stdout });
  rmSync(refs);
  expect(await world.aergo(['status'])).toMatchObject({ code: 0, stdout });
});

test('a working directory of below finds the ledger, and another does not', async () => {
  expect(await world.aergo(['status'], { cwd: join(world.cwd, '.aergo', 'volumes') })).toMatchObject({ code: 0 });
  expect(await world.aergo(['status'], { cwd: world.directory })).toMatchObject({ code: 2 });
  expect(await world.aergo(['-C', 'shop', 'status'], { cwd: world.directory })).toMatchObject({ code: 0 });
  expect(await world.aergo(['status'], { cwd: world.directory, env: { AERGO_DIR: 'shop' } })).toMatchObject({
    code: 0,
  });
});
