/**
 * What every command shares: the global flags, where output goes, opening the repository and choosing the keys. With its
 * neighbours in this folder the only code of the library that touches terminal, environment, home directory and clock.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import type { SigningKey } from '../crypto/key.ts';
import { AergoError, exitCodes } from '../errors.ts';
import { expectBriefWork } from './brief-work.ts';
import type { Setting, SettingName } from './configuration.ts';
import { type Environment, readEnvironment } from './environment.ts';
import type { Repository, RepositoryOptions } from './face.ts';
import { locateRepository, workingDirectory } from './locate.ts';
import { type ColorChoice, Output, type Style } from './output.ts';
import { ProgressLine } from './progress.ts';
import type { SignerChoice } from './signers.ts';

const defaultLockTimeout_s = 10;
const colorChoices: readonly ColorChoice[] = ['auto', 'always', 'never'];
const helpGroup = 'GLOBAL';

export abstract class AergoCommand extends Command {
  static override baseFlags = {
    directory: Flags.string({ char: 'C', description: 'work as if started in DIR', helpGroup, helpValue: 'DIR' }),
    json: Flags.boolean({ default: false, description: 'print the result as one line of JSON', helpGroup }),
    key: Flags.string({ description: 'the key that signs, by name or path', helpGroup, helpValue: 'KEY' }),
    color: Flags.string({ options: [...colorChoices], description: 'when to use colour', helpGroup }),
    quiet: Flags.boolean({ default: false, description: 'print the result and errors only', helpGroup }),
    'no-input': Flags.boolean({ default: false, description: 'never ask anything', helpGroup }),
    'lock-timeout': Flags.string({
      description: 'how long to wait for another process (10)',
      helpGroup,
      helpValue: 'SECONDS',
    }),
    debug: Flags.boolean({ default: false, description: 'print the stack of an error', helpGroup }),
  };

  /** Whether it may give the SQL engine work for many seconds. */
  static isBulk = false;

  protected readonly environment: Environment = readEnvironment(process);
  #globals: {
    json?: boolean;
    quiet?: boolean;
    key?: string | undefined;
    'lock-timeout'?: string | undefined;
    'no-input'?: boolean;
  } = {};
  #output: Output | undefined;
  #settings: Promise<ReadonlyMap<SettingName, Setting>> | undefined;

  /** Runs the command. oclif's static `run` would load all of oclif's configuration a second time. */
  async start(): Promise<void> {
    await this._run();
  }

  protected override async init(): Promise<void> {
    const { flags } = await this.parse({ ...this.ctor, baseFlags: AergoCommand.baseFlags });
    this.#globals = flags;
    if (!(this.ctor as typeof AergoCommand).isBulk) expectBriefWork();
    const directory = flags.directory ?? this.environment.variables.AERGO_DIR;
    if (directory) process.chdir(workingDirectory(directory));
    this.#output = new Output(process.stdout, process.stderr, {
      color: await this.#colorChoice(flags.color),
      json: flags.json,
      quiet: flags.quiet,
      variables: this.environment.variables,
    });
  }

  /** Errors are shown in one place, by main.ts. */
  protected override async catch(error: Error): Promise<never> {
    throw error;
  }

  protected get output(): Output {
    if (this.#output === undefined) throw new Error('a command asked for its output before init');
    return this.#output;
  }

  protected get style(): Style {
    return this.output.style;
  }

  /**
   * Prints the result: one line of JSON, or what `text` makes of it.
   * @param members The JSON members beside `schema` and `ok`.
   * @param text The lines for people; not called with `--json`.
   */
  protected print(members: object, text: () => string | Iterable<string>): void {
    if (this.output.options.json) {
      this.output.json({ schema: this.schema, ok: true, ...members });
      return;
    }
    const lines = text();
    for (const line of typeof lines === 'string' ? [lines] : lines) {
      if (this.output.closed) return;
      this.output.line(line);
    }
  }

  /** Lines for people that come one by one; stops when the reader has gone. */
  protected async printLines(lines: AsyncIterable<string>): Promise<void> {
    for await (const line of lines) {
      if (this.output.closed) return;
      this.output.line(line);
    }
  }

  /** `--jsonl`: a stream of values, one a line. */
  protected async printEach(values: AsyncIterable<object> | Iterable<object>): Promise<void> {
    for await (const value of values) {
      if (this.output.closed) return;
      this.output.json(value);
    }
  }

  /** `aergo.contract.deploy/1` */
  protected get schema(): string {
    return `aergo.${(this.id ?? '').replaceAll(':', '.')}/1`;
  }

  /** A next step, on stderr. */
  protected hint(text: string): void {
    this.output.note(`  ${this.output.noteStyle.cyan('hint:')} ${text}`);
  }

  /** The answer is no: exit code 1. */
  protected answerNo(): void {
    process.exitCode = exitCodes.no;
  }

  /** The repository's own directory (`.aergo`). @throws AergoError AERGO_NOT_A_REPOSITORY */
  protected get repositoryDirectory(): string {
    return locateRepository(process.cwd());
  }

  /** Whether the work directory is in a repository. */
  protected get hasRepository(): boolean {
    return this.#repositoryOrNone() !== undefined;
  }

  /** Opens the repository, gives it to `use`, and closes it again whatever happens. */
  protected async withRepository<T>(use: (repository: Repository) => Promise<T> | T): Promise<T> {
    const directory = this.repositoryDirectory;
    const [{ Repository }, options] = await Promise.all([import('../repository.ts'), this.repositoryOptions()]);
    const repository = await Repository.open(directory, options);
    try {
      return await use(repository);
    } finally {
      await repository.close();
    }
  }

  /** What a repository is given of the outside: clock, random bytes, who holds the lock, progress. */
  protected async repositoryOptions(): Promise<RepositoryOptions> {
    const line = new ProgressLine(this.output, Date.now);
    this.#progress = line;
    return {
      clock: Date.now,
      random: (bytes) => randomBytes(bytes),
      holder: { pid: process.pid, command: ['aergo', ...(this.id ?? '').split(':')].join(' '), since: Date.now() },
      lockTimeout_ms: Math.round((await this.#lockTimeout_s()) * 1000),
      onProgress: (progress) => line.report(progress),
    };
  }

  #progress: ProgressLine | undefined;

  protected override async finally(): Promise<void> {
    this.#progress?.clear();
  }

  /** Settings from variables and files, read at the first need. */
  protected settings(): Promise<ReadonlyMap<SettingName, Setting>> {
    this.#settings ??= import('./configuration.ts').then(({ readConfiguration }) =>
      readConfiguration(this.environment, this.#repositoryOrNone()),
    );
    return this.#settings;
  }

  /** Who signs, and who seals when that is somebody else: `--key`, AERGO_KEY, `user.key`, the only key; `seal.key`. */
  protected async signers(): Promise<{ key: SigningKey; sealer?: SigningKey }> {
    const { chooseSigners } = await import('./signers.ts');
    return chooseSigners(await this.#signerChoice());
  }

  /** Who seals a merge: `seal.key`, else who would sign. */
  protected async sealer(): Promise<SigningKey> {
    const { chooseSealer } = await import('./signers.ts');
    return chooseSealer(await this.#signerChoice());
  }

  async #signerChoice(): Promise<SignerChoice> {
    return {
      environment: this.environment,
      settings: await this.settings(),
      flag: this.#globals.key,
      canAsk: this.canAsk,
    };
  }

  /** The file that `config set` changes: the repository's, or with `--global` the user's. */
  protected configurationFile(global: boolean): string {
    return global ? this.environment.userConfiguration : join(this.repositoryDirectory, 'config.toml');
  }

  protected get keyFlag(): string | undefined {
    return this.#globals.key;
  }

  protected get canAsk(): boolean {
    return this.environment.interactive && this.#globals['no-input'] !== true && this.#globals.json !== true;
  }

  #repositoryOrNone(): string | undefined {
    try {
      return this.repositoryDirectory;
    } catch (error) {
      if (error instanceof AergoError && error.code === 'AERGO_NOT_A_REPOSITORY') return undefined;
      throw error;
    }
  }

  /** Settings are looked at only where colour is in question, so that `status` in a pipe reads no file for it. */
  async #colorChoice(flag: string | undefined): Promise<ColorChoice> {
    const chosen = flag ?? this.environment.variables.AERGO_COLOR;
    if (!chosen && process.stdout.isTTY !== true && process.stderr.isTTY !== true) return 'auto';
    const wanted = chosen || (await this.#setting('core.color'));
    const choice = colorChoices.find((candidate) => candidate === wanted);
    if (choice !== undefined || !wanted) return choice ?? 'auto';
    throw new AergoError('AERGO_CONFIG_INVALID', `AERGO_COLOR cannot be "${wanted}": it is auto, always or never`);
  }

  async #setting(name: SettingName): Promise<string | undefined> {
    const { anyConfiguration } = await import('./configuration-places.ts');
    if (!anyConfiguration(this.environment, this.#repositoryOrNone())) return undefined;
    return (await this.settings()).get(name)?.value;
  }

  async #lockTimeout_s(): Promise<number> {
    const flag = this.#globals['lock-timeout'];
    if (flag === undefined)
      return Number((await this.settings()).get('core.lock-timeout')?.value ?? defaultLockTimeout_s);
    const { checkSetting } = await import('./configuration.ts');
    return Number(checkSetting('core.lock-timeout', flag, '--lock-timeout'));
  }
}
