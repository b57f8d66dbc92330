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

/** A call that did not end within the deadline: never a verdict on whether it is valid. */
export interface CallDeadline {
  readonly status: 'deadline';
}

export type CallOutcome = CallSuccess | CallFailure | CallDeadline;

const constraints: Readonly<Record<string, ConstraintKind>> = {
  '23505': 'unique',
  '23503': 'foreign-key',
  '23001': 'foreign-key',
  '23514': 'check',
  '23502': 'not-null',
};

/** Classes of SQLSTATE that say something of the engine, not of the call. */
const limitClasses = new Set(['53', '54', '57', '58']);

/** The failure behind a SQLSTATE. @param raised the contract itself raised it */
export function failureOf(sqlstate: string, message: string, raised: boolean): CallFailure {
  if (raised) return { status: 'failed', cause: 'contract', sqlstate, message, raised };
  const constraint = constraints[sqlstate];
  if (constraint !== undefined) return { status: 'failed', cause: 'constraint', sqlstate, message, raised, constraint };
  return {
    status: 'failed',
    cause: limitClasses.has(sqlstate.slice(0, 2)) ? 'limit' : 'contract',
    sqlstate,
    message,
    raised,
  };
}
