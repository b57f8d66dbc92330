/**
 * Where the demo runs: it prints each command as it would be typed, runs it as a process of its own, shows what it says,
 * and stops at the first one that ends otherwise than it should. Keys and settings are the demo's own.
 */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { AergoError } from '../../errors.ts';
import type { Style } from '../output.ts';

export interface StageOptions {
  /** Where the commands run. */
  readonly directory: string;
  /** `bin/aergo.js` */
  readonly launcher: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly style: Style;
  /** Takes everything that is shown, as it comes. */
  readonly show: (text: string) => void;
}

export interface Expectation {
  /** The exit code that it must have; 0 when left out. */
  readonly code?: number;
  /** Its output goes to this file instead, as with `>`. */
  readonly into?: string;
}

export interface Ran {
  /** What it printed on stdout. */
  readonly text: string;
  readonly seconds: number;
}

/** A command ended otherwise than it should: the demo ends with that command's exit code. */
class DemoStopped extends AergoError {
  readonly #exitCode: number;

  constructor(command: string, code: number, expected: number) {
    super('AERGO_DEMO_STOPPED', `the demo stops: \`${command}\` ended with ${code} instead of ${expected}.`, {
      hint: 'what it printed stands above',
      details: { command, exitCode: code },
    });
    this.#exitCode = code === 0 ? 1 : code;
  }

  override get exitCode(): number {
    return this.#exitCode;
  }
}

export class Stage {
  readonly #options: StageOptions;
  #directory: string;

  constructor(options: StageOptions) {
    this.#options = options;
    this.#directory = options.directory;
  }

  /** What comes next, for people. A comment, so that the whole can be pasted into a shell. */
  say(text: string): void {
    this.#options.show(`\n${this.#options.style.cyan(`# ${text}`)}\n`);
  }

  /** Says how a shell gets to where the commands run, with their keys and settings. */
  open(directory: string): void {
    this.#prompt(`cd ${quoted([directory])} && . ./env.sh`);
  }

  /** `cd`, which no process can do for another. */
  enter(directory: string): void {
    this.#prompt(`cd ${directory}`);
    this.#directory = resolve(this.#directory, directory);
  }

  aergo(words: readonly string[], expectation: Expectation = {}): Promise<Ran> {
    return this.#run(process.execPath, [this.#options.launcher, ...words], `aergo ${quoted(words)}`, expectation);
  }

  /** Runs this same Node. */
  node(words: readonly string[]): Promise<Ran> {
    return this.#run(process.execPath, words, `node ${quoted(words)}`, {});
  }

  /** A line of shell, shown as it is. */
  shell(line: string): Promise<Ran> {
    return this.#run('sh', ['-c', line], line, {});
  }

  #prompt(command: string): void {
    this.#options.show(`${this.#options.style.bold(`$ ${command}`)}\n`);
  }

  async #run(program: string, words: readonly string[], shown: string, expectation: Expectation): Promise<Ran> {
    const { code: expected = 0, into } = expectation;
    const command = into === undefined ? shown : `${shown} > ${into}`;
    this.#prompt(command);
    const started = performance.now();
    const { code, text } = await this.#spawn(program, words, into === undefined);
    if (into !== undefined) writeFileSync(resolve(this.#directory, into), text);
    if (expected !== 0 && code === expected) this.#options.show(this.#options.style.dim(`[exit ${code}]\n`));
    if (code !== expected) throw new DemoStopped(command, code, expected);
    return { text, seconds: (performance.now() - started) / 1000 };
  }

  #spawn(program: string, words: readonly string[], showsStdout: boolean): Promise<{ code: number; text: string }> {
    return new Promise((done, fail) => {
      const child = spawn(program, words, {
        cwd: this.#directory,
        env: this.#options.variables,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let text = '';
      child.stdout.setEncoding('utf8').on('data', (part: string) => {
        text += part;
        if (showsStdout) this.#options.show(part);
      });
      child.stderr.setEncoding('utf8').on('data', this.#options.show);
      child.on('error', fail);
      child.on('close', (code) => done({ code: code ?? 70, text }));
    });
  }
}

/** Words as a shell reads them. */
function quoted(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./~^-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
}
