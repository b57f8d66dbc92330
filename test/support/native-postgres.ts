/**
 * A PostgreSQL server of its own for tests: from the packages of the system, in a directory of its own, reached through a
 * Unix socket only, and gone when it is stopped. As root it runs as the packages' own user: PostgreSQL refuses root.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** The newest PostgreSQL server that is installed: where its programs are. A client alone is none. */
export function nativeBinaries(): string | undefined {
  return globSync('/usr/lib/postgresql/*/bin/initdb')
    .map(dirname)
    .sort((a, b) => nativeVersion(a) - nativeVersion(b))
    .at(-1);
}

/** The major version of the server whose programs are there. */
export function nativeVersion(directory: string): number {
  return Number(/(\d+)\/bin$/.exec(directory)?.[1] ?? 0);
}

interface User {
  readonly uid: number;
  readonly gid: number;
}

/** Whoever the server runs as, where it cannot be this process's user. */
function serverUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const user = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  return { uid: Number(user?.[2]), gid: Number(user?.[3]) };
}

export class NativePostgres {
  readonly #binaries: string;
  readonly #directory: string;
  readonly #server: ChildProcess;
  readonly version: number;

  private constructor(binaries: string, directory: string, server: ChildProcess) {
    this.#binaries = binaries;
    this.#directory = directory;
    this.#server = server;
    this.version = nativeVersion(binaries);
  }

  static async start(binaries: string): Promise<NativePostgres> {
    const directory = mkdtempSync(join(tmpdir(), 'aergo-pg-'));
    const user = serverUser();
    if (user !== undefined) chownSync(directory, user.uid, user.gid);
    const data = join(directory, 'data');
    const initialise = ['-D', data, '-U', 'aergo', '-A', 'trust', '--locale=C', '--encoding=UTF8', '--no-sync'];
    execFileSync(join(binaries, 'initdb'), initialise, { ...user, cwd: directory, stdio: 'pipe' });
    const settings = ['listen_addresses=', 'fsync=off', 'max_connections=10'].flatMap((setting) => ['-c', setting]);
    const server = spawn(join(binaries, 'postgres'), ['-D', data, '-k', directory, ...settings], {
      ...user,
      cwd: directory,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const started = new NativePostgres(binaries, directory, server);
    try {
      await ready(server);
    } catch (error) {
      await started.stop();
      throw error;
    }
    return started;
  }

  /** What a script of psql prints, values alone; NULL is an empty text. Statements that fail do not end it. */
  run(script: string): string {
    const { stdout, error } = spawnSync(
      join(this.#binaries, 'psql'),
      ['-X', '-q', '-A', '-t', '-h', this.#directory, '-U', 'aergo', '-d', 'postgres', '-f', '-'],
      { input: script, encoding: 'utf8', env: { PGCLIENTENCODING: 'UTF8' }, cwd: this.#directory },
    );
    if (error !== undefined) throw error;
    return stdout;
  }

  async stop(): Promise<void> {
    if (this.#server.exitCode === null && this.#server.signalCode === null) {
      const ended = once(this.#server, 'exit');
      this.#server.kill('SIGINT');
      await ended;
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** Waits until the server says that it takes connections. */
async function ready(server: ChildProcess): Promise<void> {
  let said = '';
  const ended = once(server, 'exit').then(() => {
    throw new Error(`the native server did not start: ${said}`);
  });
  const listening = new Promise<void>((resolve) => {
    server.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('ready to accept connections')) resolve();
    });
  });
  await Promise.race([listening, ended]);
  ended.catch(() => undefined);
}
