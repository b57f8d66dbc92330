/**
 * What came of a call, and of whatever else an author has the engine do: values, as both sides of the worker pass them.
 */
import type { RowWrite } from './net-changes.ts';

/** One call, as the ledger has it. */
export interface EngineCall {
  /** The transaction's id, in hexadecimal digits. */
  readonly id: string;
  /** The author's key id. */
  readonly author: string;
  readonly contract: string;
  readonly function: string;
  readonly args: readonly (string | null)[];
}

/** A function to be asked: it may read, and nothing of it stays. It has no author and no transaction. */
export interface EngineQuestion {
  readonly contract: string;
  /** Public or private. */
  readonly function: string;
  readonly args: readonly (string | null)[];
}

export type ConstraintKind = 'unique' | 'foreign-key' | 'check' | 'not-null';

/** A call that failed; it has changed nothing. */
export interface CallFailure {
  readonly status: 'failed';
  /** `limit`: the engine's own limits, or a key that no repository can hold (`keyTooLong`). */
  readonly cause: 'contract' | 'constraint' | 'limit';
  readonly sqlstate: string;
  readonly message: string;
  /** The contract itself raised it: only then may the message enter a block. */
  readonly raised: boolean;
  readonly constraint?: ConstraintKind;
  /** Where it failed, as PL/pgSQL tells it, the innermost function first; of an engine that runs tests only. */
  readonly trace?: string;
  /** The row's key takes more than 240 bytes as a name. */
  readonly keyTooLong?: true;
}

export interface CallSuccess {
  readonly status: 'ok';
  /** The function's result as PostgreSQL writes it; null for NULL and for `void`. */
  readonly result: string | null;
  /** Net changes, cascades included, sorted by table, then by name. */
  readonly changes: readonly RowWrite[];
}

/** What of a machine a call used up; `engine`: the server broke, and nobody can tell. */
export type Exhausted = 'time' | 'memory' | 'stack' | 'engine';

/** A call that used up what a machine gives it: never a verdict on whether it is valid. */
export interface CallDeadline {
  readonly status: 'deadline';
  /** Time where absent. */
  readonly exhausted?: Exhausted;
}

export type CallOutcome = CallSuccess | CallFailure | CallDeadline;

/** What a function answered; one that tries to write fails with SQLSTATE 25006. */
export type AnswerOutcome = Pick<CallSuccess, 'status' | 'result'> | CallFailure | CallDeadline;

const constraints: Readonly<Record<string, ConstraintKind>> = {
  '23505': 'unique',
  '23503': 'foreign-key',
  '23001': 'foreign-key',
  '23514': 'check',
  '23502': 'not-null',
};

/** program_limit_exceeded: what a value, an index or a row can hold. */
const limitClass = '54';

/** What a failure that the contract has not raised used up; undefined: it is a verdict. */
export function exhaustedBy(sqlstate: string): Exhausted | undefined {
  // How deep the stack is when a limit is met differs between an engine that knows the function already and one that does not.
  if (sqlstate === '54001') return 'stack';
  return /^(53|57|58)/.test(sqlstate) ? 'memory' : undefined;
}

/** The failure behind a SQLSTATE. @param raised the contract itself raised it */
export function failureOf(sqlstate: string, message: string, raised: boolean): CallFailure {
  if (raised) return { status: 'failed', cause: 'contract', sqlstate, message, raised };
  const constraint = constraints[sqlstate];
  if (constraint !== undefined) return { status: 'failed', cause: 'constraint', sqlstate, message, raised, constraint };
  return {
    status: 'failed',
    cause: sqlstate.startsWith(limitClass) ? 'limit' : 'contract',
    sqlstate,
    message,
    raised,
  };
}
