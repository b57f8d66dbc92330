/**
 * Many `aergo` processes on one repository, some of them killed: what was acknowledged (exit code 0 and an answer on stdout)
 * is compared by id with what the repository holds afterwards. Used at CI's size and, in test/long, at full size.
 */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { launcher, type World } from '../cli/world.ts';
import { bankSource } from './repository.ts';

/** A repository with a bank and two accounts; the world stands in it. */
async function bankWorld(world: World): Promise<void> {
  await succeed(world, ['init', 'shop']);
  world.cwd = join(world.directory, 'shop');
  writeFileSync(join(world.cwd, 'bank.sql'), bankSource);
  await succeed(world, ['contract', 'deploy', 'bank.sql']);
  for (const owner of ['alice', 'bob']) await succeed(world, ['call', 'bank.open_account', owner, '1000000']);
}

async function succeed(world: World, words: readonly string[]): Promise<Record<string, unknown>> {
  const { code, value, stderr } = await world.json(words);
  if (code !== 0) throw new Error(`aergo ${words.join(' ')} ended with ${code}: ${JSON.stringify(value)}${stderr}`);
  return value;
}

const pay = ['call', 'bank.pay', 'alice', 'bob', '1'];

/** What one process of several does, operation by operation; gives the transactions that were acknowledged. */
async function work(world: World, worker: number, operations: number): Promise<string[]> {
  const acknowledged: string[] = [];
  for (let operation = 0; operation < operations; operation++) {
    const name = `${worker}-${operation}`;
    if (operation % 4 === 1) await succeed(world, ['--lock-timeout', '120', 'branch', name]);
    else if (operation % 4 === 2) await succeed(world, ['--lock-timeout', '120', 'snapshot', name]);
    else {
      const { transaction } = await succeed(world, ['--lock-timeout', '120', ...pay]);
      acknowledged.push(String(transaction));
    }
  }
  return acknowledged;
}

/** Several processes at once, `operations` commands each: nothing is lost, nothing is there twice. */
export async function manyProcesses(world: World, processes: number, operations: number): Promise<void> {
  await bankWorld(world);
  const done = await Promise.all(Array.from({ length: processes }, (_, worker) => work(world, worker, operations)));
  const acknowledged = done.flat();
  expect(await paymentsOf(world)).toEqual(acknowledged.toSorted());
  const names = (kind: number) =>
    Array.from({ length: processes }, (_, worker) =>
      Array.from({ length: operations }, (__, at) => (at % 4 === kind ? [`${worker}-${at}`] : [])).flat(),
    ).flat();
  const branches = (await succeed(world, ['branch'])).branches as { name: string }[];
  expect(branches.map((branch) => branch.name).sort()).toEqual([...names(1), 'main'].sort());
  const snapshots = (await succeed(world, ['snapshot'])).snapshots as { name: string }[];
  expect(snapshots.map((snapshot) => snapshot.name).sort()).toEqual(names(2).sort());
  await checkBalances(world, acknowledged.length);
}

async function checkBalances(world: World, payments: number): Promise<void> {
  const { row } = await succeed(world, ['get', 'bank.accounts', 'alice']);
  expect(row).toEqual({ owner: 'alice', balance: `${1_000_000 - payments}.00` });
  expect(await succeed(world, ['verify'])).toMatchObject({ ok: true });
}

/** The ids of all payments on main, sorted. */
async function paymentsOf(world: World): Promise<string[]> {
  const { blocks } = await succeed(world, ['log']);
  const found: string[] = [];
  for (const { id, height } of blocks as { id: string; height: number }[]) {
    if (height <= 3) continue;
    const shown = await succeed(world, ['show', id]);
    for (const { id: transaction } of shown.transactions as { id: string }[]) found.push(transaction);
  }
  return found.sort();
}

/** Runs `aergo call` and kills it after some time; gives the transaction if it was acknowledged before. */
function killedCall(world: World, delay_ms: number): Promise<{ acknowledged: string | undefined; killed: boolean }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [launcher, '--json', ...pay], {
      cwd: world.cwd,
      env: world.environment,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (some) => {
      text += some;
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), delay_ms);
    child.on('error', reject);
    child.on('close', (_, signal) => {
      clearTimeout(timer);
      // A line that is not whole acknowledges nothing.
      const acknowledged = text.endsWith('\n') ? String(JSON.parse(text).transaction) : undefined;
      resolve({ acknowledged, killed: signal === 'SIGKILL' });
    });
  });
}

/** Kills commands at moments spread over the time that one takes: all that was acknowledged is there, without any repair. */
export async function killedProcesses(world: World, kills: number): Promise<void> {
  await bankWorld(world);
  const began = performance.now();
  const acknowledged = [String((await succeed(world, pay)).transaction)];
  const whole_ms = performance.now() - began;
  let killed = 0;
  for (let attempt = 0; killed < kills && attempt < kills * 3; attempt++) {
    // The moments are spread by the golden ratio: they fill the time evenly however many there are.
    const delay_ms = whole_ms * (0.2 + 0.9 * ((attempt * 0.618_034) % 1));
    const call = await killedCall(world, delay_ms);
    if (call.killed) killed++;
    if (call.acknowledged !== undefined) acknowledged.push(call.acknowledged);
  }
  expect(killed).toBe(kills);
  const there = await paymentsOf(world);
  expect(there).toEqual(expect.arrayContaining(acknowledged));
  await checkBalances(world, there.length);
}
