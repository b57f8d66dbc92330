/**
 * A world of its own for tests of whole processes: a temporary directory with its own home, and the built `aergo` run in
 * it as people run it. What a run printed on which stream, and its exit code, come back together.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isRecord, schemaFault } from './schemas.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const launcher = join(root, 'bin', 'aergo.js');

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface JsonRun {
  readonly code: number | null;
  readonly value: Record<string, unknown>;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  readonly stdin?: string;
}

export class World {
  readonly directory = mkdtempSync(join(tmpdir(), 'aergo-cli-'));
  readonly home = join(this.directory, 'home');
  readonly #env: Record<string, string>;
  cwd = this.directory;

  constructor(env: Record<string, string> = {}) {
    mkdirSync(this.home);
    this.#env = {
      HOME: this.home,
      USER: 'ada',
      PATH: process.env.PATH ?? '',
      XDG_CACHE_HOME: join(tmpdir(), 'aergo-cli-cache'),
      AERGO_CONFIG_SYSTEM: join(this.directory, 'system.toml'),
      ...env,
    };
  }

  /** What a process of this world is given as its environment. */
  get environment(): Record<string, string> {
    return this.#env;
  }

  /** Runs `aergo` with these words. */
  aergo(words: readonly string[], options: RunOptions = {}): Promise<Run> {
    return this.run(process.execPath, [launcher, ...words], options);
  }

  /** Runs `aergo --json …`, holds the output against its schema, and gives it. */
  async json(words: readonly string[], options: RunOptions = {}): Promise<JsonRun> {
    const { code, stdout, stderr } = await this.aergo(['--json', ...words], options);
    const [line = '', ...rest] = stdout.split('\n');
    if (rest.length !== 1 || rest[0] !== '') throw new Error(`not one line of JSON: ${stdout}${stderr}`);
    const value: unknown = JSON.parse(line);
    const fault = schemaFault(value);
    if (fault !== undefined) throw new Error(`${fault}\n${line}`);
    return { code, value: isRecord(value) ? value : {}, stderr };
  }

  run(program: string, words: readonly string[], { env = {}, cwd = this.cwd, stdin }: RunOptions = {}): Promise<Run> {
    return new Promise((resolve, reject) => {
      const child = spawn(program, words, { cwd, env: { ...this.#env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
      const texts = { stdout: '', stderr: '' };
      child.stdout.setEncoding('utf8').on('data', (text) => {
        texts.stdout += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text) => {
        texts.stderr += text;
      });
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, ...texts }));
      // A program may end without having read anything.
      child.stdin.on('error', () => undefined);
      child.stdin.end(stdin ?? '');
    });
  }

  /** Runs `aergo` until `when`, interrupts it as Ctrl-C does, and gives its exit code. */
  async interrupted(
    words: readonly string[],
    when: Promise<void>,
    { env = {}, cwd }: RunOptions,
  ): Promise<number | null> {
    const child = spawn(process.execPath, [launcher, ...words], {
      cwd: cwd ?? this.cwd,
      env: { ...this.#env, ...env },
      stdio: 'ignore',
    });
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    await Promise.race([when, ended]);
    child.kill('SIGINT');
    return ended;
  }

  /** Writes a file in the world, and gives its path. */
  file(name: string, text: string, mode = 0o644): string {
    const path = join(this.directory, name);
    writeFileSync(path, text, { mode });
    return path;
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
