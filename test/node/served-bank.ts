/** A served root directory with a bank in it, and stock Git to talk to it. All of it is gone when the test ends. */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, onTestFinished } from 'vitest';
import type { SigningKey } from '../../src/crypto/key.ts';
import { placeOfUrl, signToken } from '../../src/directory/token.ts';
import { type RunningServer, type ServerOptions, startServer } from '../../src/node/server.ts';
import type { RemoteAccess } from '../../src/repository/remote-connection.ts';
import { Repository } from '../../src/repository.ts';
import {
  closeQuietly,
  fixedOptions,
  keyOf,
  openRepository,
  temporaryDirectory,
  withBank,
} from '../support/repository.ts';

export interface ServedBank {
  readonly server: RunningServer;
  /** Of the bank: `http://127.0.0.1:…/shop`. */
  readonly url: string;
  /** The served root; the bank is `shop.aergo` in it. */
  readonly root: string;
  /** A working copy of the bank as it is served, apart from it. */
  readonly copy: string;
  /** What the server logged. */
  readonly logged: string[];
}

let prepared: Promise<string> | undefined;

/** Made once for all tests of a file; each has its own copies. */
function bankOfFile(): Promise<string> {
  prepared ??= (async () => {
    const directory = join(mkdtempSync(join(tmpdir(), 'aergo-served-')), '.aergo');
    const admin = keyOf('ada');
    const options = realOptions();
    const repository = await Repository.init(directory, {
      ...options,
      key: admin,
      memberName: 'ada',
      visibility: 'public',
    });
    await withBank({ repository, directory, admin, options }, { alice: '100', bob: '50' });
    await repository.close();
    return directory;
  })();
  return prepared;
}

afterAll(async () => {
  if (prepared !== undefined) rmSync(dirname(await prepared), { recursive: true, force: true });
});

/** A root directory with the bank in it, and a copy of the bank. */
export async function prepareRoot(): Promise<Pick<ServedBank, 'root' | 'copy'>> {
  const root = temporaryDirectory();
  const copy = join(temporaryDirectory(), '.aergo');
  for (const directory of [copy, join(root, 'shop.aergo')]) cpSync(await bankOfFile(), directory, { recursive: true });
  return { root, copy };
}

/** A bank with alice (100) and bob (50), served; the clocks of repositories and server are those of the machine. */
export async function serveBank(options: Partial<ServerOptions> = {}): Promise<ServedBank> {
  const { root, copy } = await prepareRoot();
  const logged: string[] = [];
  const log = (fields: Record<string, unknown>, message: string) =>
    void logged.push(JSON.stringify({ ...fields, message }));
  const server = await startServer({
    root,
    host: '127.0.0.1',
    port: 0,
    agent: 'aergo/test',
    logger: { info: log, error: log },
    repository: realOptions(),
    key: keyOf('ada'),
    ...options,
  });
  onTestFinished(() => server.close());
  return { server, url: `${server.origin}/shop`, root, copy, logged };
}

let opened = 0;

/** Signed blocks must not come from the future, so what is pushed needs the machine's own time; each has randomness of its own. */
export function realOptions(): ReturnType<typeof fixedOptions> {
  opened += 1;
  return { ...fixedOptions(`real ${opened}`), clock: Date.now };
}

export const tokenFor = (url: string, key: SigningKey, life_ms = 60_000): string =>
  signToken({ ...placeOfUrl(url), expires: Date.now() + life_ms }, Buffer.alloc(12, 7), key);

/** Nobody logs in, and nothing of this process's environment reaches Git. */
export const access: RemoteAccess = {
  agent: 'aergo/test',
  authorize: async () => undefined,
  environment: { PATH: process.env.PATH, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
};

export interface GitRun {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const run = promisify(execFile);

/** Stock Git without anybody's configuration; it never asks. */
export async function git(directory: string, args: readonly string[], token?: string): Promise<GitRun> {
  const header = token === undefined ? [] : ['-c', `http.extraHeader=Authorization: Bearer ${token}`];
  const env = {
    PATH: process.env.PATH,
    HOME: directory,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    LC_ALL: 'C',
  };
  try {
    const { stdout, stderr } = await run('git', ['-C', directory, ...header, ...args], { env });
    return { status: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { status: code, stdout, stderr };
  }
}

/** Seals payments on the copy and exports it as an ordinary Git repository, from which stock Git can push. */
export async function sealAndExport(
  copy: string,
  amounts: readonly string[],
  key: SigningKey = keyOf('ada'),
): Promise<{ directory: string; head: string }> {
  const repository: Repository = await openRepository(copy, realOptions());
  for (const amount of amounts) {
    await repository.call({ contract: 'bank', function: 'pay', args: ['alice', 'bob', amount], key });
  }
  const directory = join(temporaryDirectory(), 'exported');
  await repository.exportGit(directory);
  const head = repository.head.block.id;
  await closeQuietly(repository);
  return { directory, head };
}
