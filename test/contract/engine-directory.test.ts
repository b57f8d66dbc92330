import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Engine } from '../../src/contract/engine.ts';
import { bank, call, States } from './workbench.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'aergo-engine-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** A state with two accounts, held by an engine in the directory. */
async function prepared(): Promise<States> {
  const states = new States();
  const engine = await Engine.open({ directory });
  await engine.moveTo(states.source, states.current);
  await engine.begin({ height: 1, time_ms: 1 });
  await engine.deploy('bank', bank);
  await states.deploy('bank', bank);
  states.apply(await engine.run([call('bank.open_account', 'alice', '10'), call('bank.open_account', 'bob', '0')]));
  await engine.finish(states.current);
  await engine.close();
  return states;
}

async function rows(engine: Engine): Promise<string> {
  return (await engine.query('SELECT owner, balance FROM bank.accounts ORDER BY 1')).rows
    .map((row) => row.join('='))
    .join(' ');
}

it('an engine that was closed is where it was when it is opened again', async () => {
  const states = await prepared();
  const engine = await Engine.open({ directory });
  expect(engine.position).toBe(states.current);
  expect(await rows(engine)).toBe('alice=10.00 bob=0.00');
  await engine.close();
  expect(existsSync(join(directory, 'engine.lock'))).toBe(false);
});

it('a directory that is in use is refused, with the process that uses it', async () => {
  const engine = await Engine.open({ directory });
  await expect(Engine.open({ directory, lockTimeout_ms: 50 })).rejects.toMatchObject({
    code: 'AERGO_ENGINE_LOCKED',
    exitCode: 75,
    message: expect.stringContaining(String(process.pid)),
  });
  const waiting = Engine.open({ directory });
  await engine.close();
  await (await waiting).close();
});

it('a lock whose process is gone, or that is no lock at all, counts for nothing', async () => {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  for (const content of [`${child.pid}\n`, '', 'x']) {
    writeFileSync(join(directory, 'engine.lock'), content);
    await (await Engine.open({ directory })).close();
  }
});

it('data of another engine, or damaged data, is deleted and made anew', async () => {
  const states = await prepared();
  writeFileSync(join(directory, 'engine.json'), '{}\n');
  const foreign = await Engine.open({ directory });
  expect(foreign.position).toBeNull();
  await foreign.moveTo(states.source, states.current);
  expect(await rows(foreign)).toBe('alice=10.00 bob=0.00');
  await foreign.close();
  truncateSync(join(directory, 'data', 'global', 'pg_control'), 100);
  const damaged = await Engine.open({ directory });
  await damaged.moveTo(states.source, states.current);
  expect(await rows(damaged)).toBe('alice=10.00 bob=0.00');
  await damaged.close();
});

it('a killed process leaves either the state before or none, never something between', async () => {
  const states = await prepared();
  const script = join(import.meta.dirname, 'busy-engine.ts');
  for (let round = 0; round < 3; round += 1) {
    const child = spawn(process.execPath, [script, directory, states.current], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout });
    const [line] = (await once(lines, 'line')) as [string];
    expect(line).toBe('running');
    // Killed at another point of its work each round.
    for (let seen = 0; seen < round * 2; seen += 1) await once(lines, 'line');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(readdirSync(directory)).toContain('engine.lock');
    const engine = await Engine.open({ directory });
    expect([states.current, null]).toContain(engine.position);
    if (engine.position !== null) expect(await rows(engine)).toBe('alice=10.00 bob=0.00');
    await engine.moveTo(states.source, states.current);
    expect(await rows(engine)).toBe('alice=10.00 bob=0.00');
    await engine.close();
  }
});
