/**
 * The demo's directory: what lies in it before the first command, the variables that commands run with there, and its end.
 * `env.sh` makes a shell see the same keys and settings.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { AergoError } from '../../errors.ts';
import { banks, type DemoData, deriveDemoData, runNames } from './banks.ts';

type Variables = Readonly<Record<string, string | undefined>>;

export class DemoPlace {
  readonly directory: string;
  readonly #isTemporary: boolean;

  /**
   * @param into Where to keep it; a temporary directory that `remove` takes away when left out.
   * @throws AergoError AERGO_USAGE where something is there already
   */
  constructor(into: string | undefined) {
    this.#isTemporary = into === undefined;
    this.directory = into === undefined ? mkdtempSync(join(tmpdir(), 'aergo-demo-')) : resolve(into);
    if (into !== undefined) makeEmpty(this.directory, into);
  }

  /**
   * Writes the files that the commands read.
   * @param root Of the package: `fixtures/` and `bin/` are below it.
   */
  fill(root: string): DemoData {
    const berka = (name: string): string => readFileSync(join(root, 'fixtures', 'berka', `${name}.tsv`), 'utf8');
    const data = deriveDemoData({
      accounts: berka('accounts'),
      districts: berka('districts'),
      orders: berka('orders'),
    });
    mkdirSync(join(this.directory, 'input'));
    const write = (name: string, text: string): void => writeFileSync(join(this.directory, name), text);
    write('bank.sql', readFileSync(join(root, 'fixtures', 'contracts', 'bank.sql'), 'utf8'));
    write('input/accounts.tsv', data.accounts);
    for (const run of runNames) {
      for (const bank of banks) write(`input/${run}-${bank.name}.ndjson`, data.orders(run, bank));
    }
    write('env.sh', this.#shellSettings(root));
    return data;
  }

  /** Of this process's variables those that do not choose keys and settings; the demo has its own. */
  variables(ours: Variables, coloured: boolean): Variables {
    const kept = Object.entries(ours).filter(([name]) => !/^(AERGO_|GIT_)/.test(name));
    const cache = ours.XDG_CACHE_HOME || join(ours.HOME || homedir(), '.cache');
    return {
      ...Object.fromEntries(kept),
      ...this.#directories(),
      HOME: join(this.directory, 'home'),
      XDG_CACHE_HOME: cache,
      AERGO_CONFIG_SYSTEM: join(this.directory, 'home', 'system.toml'),
      AERGO_COLOR: coloured ? 'always' : 'never',
    };
  }

  remove(): void {
    if (this.#isTemporary) rmSync(this.directory, { recursive: true, force: true });
  }

  #directories(): { XDG_DATA_HOME: string; XDG_CONFIG_HOME: string } {
    return {
      XDG_DATA_HOME: join(this.directory, 'home', 'data'),
      XDG_CONFIG_HOME: join(this.directory, 'home', 'config'),
    };
  }

  #shellSettings(root: string): string {
    const exports = Object.entries(this.#directories()).map(([name, value]) => `export ${name}=${inQuotes(value)}\n`);
    const launcher = inQuotes(join(root, 'bin', 'aergo.js'));
    return `# The demo's keys and settings for a shell:  . ./env.sh\n${exports.join('')}aergo() { ${inQuotes(process.execPath)} ${launcher} "$@"; }\n`;
  }
}

function makeEmpty(directory: string, given: string): void {
  mkdirSync(directory, { recursive: true });
  if (readdirSync(directory).length === 0) return;
  throw new AergoError('AERGO_USAGE', `${given} is not empty`, {
    hint: 'aergo demo --into DIR, with one that is not there yet',
  });
}

const inQuotes = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
