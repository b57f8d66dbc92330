/**
 * Clones and fetches by stock Git from our server, beside `git http-backend` on the same objects, in turn. The server is the
 * built program in a process of its own, whose processor time is read from the system (Linux).
 */
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Repository } from '../src/repository.ts';
import { startGitServer } from '../test/support/http-backend.ts';
import { median, type Report } from './report.ts';
import { accountName, bankWith, fixedOptions, inDirectory, keyOf } from './setup.ts';

export const purpose = 'stock git clones and fetches from our server and from git http-backend';

const program = fileURLToPath(new URL('../bin/aergo.js', import.meta.url));
const rounds = 5;

export async function run(report: Report): Promise<void> {
  const rows = Number(process.env.BENCH_ROWS ?? 1_000_000);
  const histories = [10, 1_000];
  await inDirectory(async (directory) => {
    const bank = await bankWith(directory, rows, '1000.00');
    const admin = bank.admin;
    const root = join(directory, 'root');
    mkdirSync(root);
    let repository = bank.repository;
    const served = join(root, 'shop.aergo');
    let blocks = 0;
    const seal = async (count: number): Promise<void> => {
      for (let at = 0; at < count; at += 1, blocks += 1) {
        const args = [accountName((blocks * 7919) % rows), '1.00'];
        await repository.call({ contract: 'bank', function: 'deposit', args, key: admin });
      }
    };
    for (const history of histories) {
      await seal(history - blocks);
      await repository.close();
      if (history === histories[0]) renameSync(bank.directory, served);
      const server = await startOurs(root);
      try {
        if (history === histories.at(-1)) await clones(report, directory, served, server);
        await fetches(report, directory, served, server, history);
      } finally {
        await server.stop();
      }
      repository = await Repository.open(served, fixedOptions(`after ${history}`));
    }
    await repository.close();
  });
}

async function clones(report: Report, directory: string, served: string, server: OurServer): Promise<void> {
  const exported = join(directory, 'git', 'shop');
  const repository = await Repository.open(served, fixedOptions('export'));
  await repository.exportGit(exported, { bare: true });
  await repository.close();
  const theirs = await startGitServer(join(directory, 'git'));
  const target = join(directory, 'clone');
  const clone = async (url: string): Promise<number> => {
    const began = performance.now();
    await git(['clone', '-q', '--bare', url, target]);
    const took = performance.now() - began;
    report.holds(
      `a clone from ${new URL(url).port} is whole`,
      (await git(['-C', target, 'rev-list', '--count', 'main'])).trim() !== '0',
      true,
    );
    rmSync(target, { recursive: true });
    return took;
  };
  const [ours_ms, theirs_ms, cpu_ms]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < rounds; round += 1) {
    const before = server.cpu_ms();
    ours_ms.push(await clone(`${server.origin}/shop`));
    cpu_ms.push(server.cpu_ms() - before);
    theirs_ms.push(await clone(`${theirs.origin}/shop`));
  }
  await theirs.close();
  const reference = { what: 'git http-backend', value: median(theirs_ms) };
  report.figure({
    what: 'clone, 1,000 blocks',
    value: median(ours_ms),
    unit: 'ms',
    reference,
    target: { limit: 1.3, is: 'at most', of: 'ratio' },
  });
  report.figure({
    what: 'processor time of our server for a clone',
    value: median(cpu_ms),
    unit: 'ms',
    reference,
    target: { limit: 300, is: 'at most' },
  });
}

async function fetches(
  report: Report,
  directory: string,
  served: string,
  server: OurServer,
  history: number,
): Promise<void> {
  const clone = join(directory, 'fetching');
  await git(['clone', '-q', '--bare', `${server.origin}/shop`, clone]);
  const [took_ms, cpu_ms]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds * 2; round += 1) {
    // The server lends the repository to whoever opens it beside it.
    const repository = await Repository.open(served, fixedOptions(`block ${history} ${round}`));
    await repository.call({
      contract: 'bank',
      function: 'deposit',
      args: [accountName(round), '1.00'],
      key: keyOf('ada'),
    });
    await repository.close();
    // Opened again by the server before it is measured: that is not the fetch's.
    await git(['ls-remote', `${server.origin}/shop`]);
    const before = server.cpu_ms();
    const began = performance.now();
    await git(['-C', clone, 'fetch', '-q', `${server.origin}/shop`, 'main:main']);
    took_ms.push(performance.now() - began);
    cpu_ms.push(server.cpu_ms() - before);
  }
  rmSync(clone, { recursive: true });
  const reference = { what: 'the whole git fetch command', value: median(took_ms) };
  report.figure({
    what: `processor time of our server for a fetch of one block, after ${history} blocks`,
    value: median(cpu_ms),
    unit: 'ms',
    reference,
    target: { limit: 10, is: 'at most' },
  });
}

interface OurServer {
  readonly origin: string;
  cpu_ms(): number;
  stop(): Promise<void>;
}

async function startOurs(root: string): Promise<OurServer> {
  const child = spawn(process.execPath, [program, 'serve', root, '--listen', '127.0.0.1:0', '--read-only', '--json'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const { origin } = await new Promise<{ origin: string }>((resolve) =>
    createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line))),
  );
  return {
    origin,
    cpu_ms() {
      // The first number of each thread's schedstat: nanoseconds on a processor.
      const tasks = readdirSync(`/proc/${child.pid}/task`);
      const spent = tasks.map(
        (task) => readFileSync(`/proc/${child.pid}/task/${task}/schedstat`, 'utf8').split(' ')[0],
      );
      return spent.reduce((sum, nanoseconds) => sum + Number(nanoseconds), 0) / 1e6;
    },
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

const execute = promisify(execFile);

async function git(args: readonly string[]): Promise<string> {
  const env = { PATH: process.env.PATH, HOME: '/', GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  return (await execute('git', args, { env })).stdout;
}
