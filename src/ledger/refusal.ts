/**
 * Why a transaction does not take effect: the code that a receipt gives, the facts beside it, and the error that whoever
 * submitted it sees. Receipts hold only what every machine derives equally; the error may say more.
 */
import type { Exhausted } from '../contract/call-outcome.ts';
import type { CallOutcome } from '../contract/engine.ts';
import { AergoError, type AergoErrorOptions, type ErrorCode } from '../errors.ts';
import type { DropCode, Receipt, RowReference } from './receipt.ts';
import type { CallTransaction } from './transaction.ts';

export interface Refusal {
  readonly code: DropCode;
  /** What stands in the receipt beside the code. */
  readonly facts: Pick<Receipt, 'sqlstate' | 'message' | 'row' | 'expected' | 'found'>;
  readonly error: AergoError;
}

export function refusal(
  code: DropCode,
  error: { code: ErrorCode; message: string } & AergoErrorOptions,
  facts: Refusal['facts'] = {},
): Refusal {
  const { code: errorCode, message, ...options } = error;
  return { code, facts, error: new AergoError(errorCode, message, options) };
}

/** The row was not as the transaction's `expect` says. */
export function expectationFailed(row: RowReference, expected: string | null, found: string | null): Refusal {
  const [table, name] = row;
  return refusal(
    'expectation-failed',
    {
      code: 'AERGO_EXPECTATION_FAILED',
      message: `${table} ${name} is at version ${found ?? 'none (no such row)'}, not at ${expected ?? 'none (no such row)'} as expected`,
      hint: `aergo get ${table} … shows the row with its version`,
      details: { row, expected, found },
    },
    { row, expected, found },
  );
}

/** A row that the transaction writes is not as it was at its `base`; without a row, the base is not in the history. */
export function snapshotConflict(row?: RowReference): Refusal {
  const message =
    row === undefined
      ? 'the base of this transaction is not in the history of the block'
      : `${row[0]} ${row[1]} was changed since the base of this transaction`;
  return refusal(
    'snapshot-conflict',
    {
      code: 'AERGO_SNAPSHOT_CONFLICT',
      message,
      hint: 'read again, and sign it anew on what is there now',
      details: { row },
    },
    row === undefined ? {} : { row },
  );
}

const constraintNames = {
  unique: 'UNIQUE',
  'foreign-key': 'FOREIGN KEY',
  check: 'CHECK',
  'not-null': 'NOT NULL',
} as const;

type FailedOutcome = Extract<CallOutcome, { status: 'failed' }>;

/** What the engine says of a call that failed. */
export function callFailed(call: CallTransaction, outcome: FailedOutcome): Refusal {
  return engineFailed(`${call.contract}.${call.function}`, outcome);
}

/** `what`: the function, or the table of an import, or the contract of a deploy. */
export function engineFailed(what: string, outcome: Omit<FailedOutcome, 'status'>): Refusal {
  const { sqlstate, message, raised } = outcome;
  const facts = raised ? { sqlstate, message } : { sqlstate };
  const details = { what, sqlstate };
  if (outcome.cause === 'constraint') {
    const kind = outcome.constraint === undefined ? 'a constraint' : constraintNames[outcome.constraint];
    return refusal(
      'constraint',
      {
        code: 'AERGO_CONSTRAINT',
        message: `${what} breaks ${kind}: ${message} (${sqlstate})`,
        hint: 'nothing was written',
        details,
      },
      facts,
    );
  }
  if (outcome.keyTooLong === true) {
    return refusal('key-too-long', {
      code: 'AERGO_KEY_TOO_LONG',
      message: `${what} writes a row whose key takes more than 240 bytes as a name`,
      hint: 'letters and digits take a byte each, other characters three or more; nothing was written',
      details,
    });
  }
  if (outcome.cause === 'limit') {
    return refusal(
      'limit',
      {
        code: 'AERGO_CONTRACT_LIMIT',
        message: `${what} went over a limit: ${message} (${sqlstate})`,
        hint: 'nothing was written',
        details,
      },
      facts,
    );
  }
  const verb = raised ? 'rejected this' : 'failed';
  return refusal(
    'contract-error',
    {
      code: raised ? 'AERGO_CONTRACT_REJECTED' : 'AERGO_CONTRACT_FAILED',
      message: `${what} ${verb}: ${message} (${sqlstate})`,
      hint: 'nothing was written',
      details,
    },
    facts,
  );
}

const exhaustions = {
  time: {
    code: 'AERGO_CONTRACT_DEADLINE',
    message: 'the call took longer than a transaction may; it was stopped and left out',
    hint: 'nothing was written; does the function end?',
  },
  memory: {
    code: 'AERGO_CONTRACT_LIMIT',
    message: 'the call took more memory than the engine has; it was stopped and left out',
    hint: 'nothing was written; does the function collect too much at once?',
  },
  stack: {
    code: 'AERGO_CONTRACT_LIMIT',
    message: 'the call went deeper than the stack of the engine; it was stopped and left out',
    hint: 'nothing was written; does the recursion end, and is the JSON or the expression nested so deeply on purpose?',
  },
  engine: {
    code: 'AERGO_CONTRACT_LIMIT',
    message: 'the call broke the engine, which was made anew; it was left out',
    hint: 'nothing was written; does the function make something very large or very deep?',
  },
} as const;

/** The call used up what this machine gives it: never a verdict, another machine may give it what it needs. */
export const callExhausted = (exhausted: Exhausted): Refusal => refusal('limit', exhaustions[exhausted]);
