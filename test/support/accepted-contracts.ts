/**
 * The accepted corpus, `fixtures/contracts/accepted/NAME.sql`: each contract says in comments at its beginning what is to be
 * called on it, in order, and what must come of it:
 *
 *     -- as bob                                 (the author of the calls that follow; `ada` at first)
 *     -- call open_account ["ada", "10.00"]     -> null
 *     -- call balance ["ada"]                   -> "10.00"
 *     -- call open_account ["ada", null]        -> !23505
 *     -- call pay ["ada", "eve", "1"]           -> !P0001 no such account
 *     -- needs postgresql 17                    (what a native server must at least be; 15 where nothing is said)
 */
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CallOutcome, EngineCall } from '../../src/contract/engine.ts';

export interface AcceptedCall {
  readonly line: number;
  readonly author: string;
  readonly function: string;
  readonly args: readonly (string | null)[];
  readonly expected: Ending;
}

/** What came of a call: its result as PostgreSQL writes it, or its failure; the message where the contract raised it. */
export type Ending =
  | { readonly result: string | null }
  | { readonly sqlstate: string; readonly message?: string | undefined };

export interface AcceptedContract {
  /** The file's, with `_` for `-`: a contract's name. */
  readonly name: string;
  readonly source: string;
  readonly calls: readonly AcceptedCall[];
  readonly needs: number;
}

const directory = fileURLToPath(new URL('../../fixtures/contracts/accepted', import.meta.url));

/** All of them, by name. */
export function acceptedContracts(): AcceptedContract[] {
  return globSync('*.sql', { cwd: directory })
    .sort()
    .map((file) =>
      readContract(basename(file, '.sql').replaceAll('-', '_'), readFileSync(join(directory, file), 'utf8')),
    );
}

/** A call as the engine takes it; its id is its place. */
export function acceptedCall({ name, calls }: AcceptedContract, at: number): EngineCall {
  const call = calls[at];
  if (call === undefined) throw new Error('no such call');
  const { author, args } = call;
  return { id: at.toString(16).padStart(64, '0'), author, contract: name, function: call.function, args };
}

/** What came of a call in the engine. */
export function endingOf(outcome: CallOutcome): Ending {
  if (outcome.status === 'ok') return { result: outcome.result };
  if (outcome.status === 'deadline') throw new Error('a call of the corpus was stopped: the machine is too busy');
  const { sqlstate, message } = outcome;
  return { sqlstate, message: sqlstate === 'P0001' ? message : undefined };
}

/** The id of a key that stands for somebody: no key that could sign. */
function authorOf(name: string): string {
  return `ed25519:${name.padEnd(43, 'A')}`;
}

function readContract(name: string, source: string): AcceptedContract {
  const calls: AcceptedCall[] = [];
  let author = authorOf('ada');
  let needs = 15;
  for (const [at, line] of source.split('\n').entries()) {
    const [, word, rest = ''] = /^-- (as|call|needs postgresql) (.*)$/.exec(line.trimEnd()) ?? [];
    if (word === 'as') author = authorOf(rest);
    if (word === 'needs postgresql') needs = Number(rest);
    if (word === 'call') calls.push({ line: at + 1, author, ...readCall(name, at + 1, rest) });
  }
  if (calls.length === 0) throw new Error(`${name}.sql says of no call what must come of it`);
  return { name, source, calls, needs };
}

function readCall(contract: string, line: number, text: string): Pick<AcceptedCall, 'function' | 'args' | 'expected'> {
  const parts = /^(\w+) (\[.*\]) *-> (?:!(\w{5})(?: (.*))?|(null|".*"))$/.exec(text);
  if (parts === null) throw new Error(`${contract}.sql, line ${line}: this is no call with what must come of it`);
  const [, name = '', args = '', sqlstate, message, result = 'null'] = parts;
  return {
    function: name,
    args: JSON.parse(args) as (string | null)[],
    expected: sqlstate === undefined ? { result: JSON.parse(result) as string | null } : { sqlstate, message },
  };
}
