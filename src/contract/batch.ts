/**
 * Runs a batch of calls in the engine's worker: one statement for all of them, a subtransaction each, then one read of what
 * they changed. Always inside a SQL transaction and after a savepoint that the caller has set.
 */
import { randomBytes } from 'node:crypto';
import { AergoError } from '../errors.ts';
import {
  type CallDeadline,
  type CallFailure,
  type CallOutcome,
  type EngineCall,
  exhaustedBy,
  failureOf,
} from './call-outcome.ts';
import { encodeArray } from './copy-text.ts';
import type { Materialiser } from './materialiser.ts';
import { type NotedChange, netChanges, type RowWrite } from './net-changes.ts';
import { EngineBroken } from './session.ts';
import { engineLimits } from './settings.ts';

const runSql = 'SELECT * FROM "aergo$host".run($1, $2, $3, $4, $5)';
const capturedSql = 'SELECT number, relation, before, after, cmin FROM pg_temp."aergo$captured" WHERE number >= $1';

/** The innermost line of an error that a RAISE of the contract's own made; what is the host's has its schema in front. */
const raisedByContract = /^PL\/pgSQL function (?!"(?:call|aergo)\$|aergo\.)[^\n]*\) line \d+ at RAISE(\n|$)/;

/** What one call wrote. */
interface Written {
  readonly changes: NotedChange[];
  bytes: number;
  /** Commands of the SQL transaction at its first and last change, counted as PostgreSQL does. */
  readonly first: number;
  last: number;
}

interface BatchAnswer {
  readonly rows: readonly (readonly (string | null)[])[];
  readonly noted: ReadonlyMap<number, Written>;
}

/**
 * Runs calls in order.
 * @param first a number that no earlier call of this SQL transaction has reached
 * @throws EngineBroken when the answer is not that of this request
 */
export function runBatch(materialiser: Materialiser, calls: readonly EngineCall[], first: number): CallOutcome[] {
  const outcomes = new Array<CallOutcome | undefined>(calls.length);
  for (;;) {
    const open = calls.flatMap((call, at) => (outcomes[at] === undefined ? [{ call, at }] : []));
    const answer = ask(
      materialiser,
      open.map(({ call }) => call),
      first,
    );
    const refused: { at: number; failure: CallFailure }[] = [];
    const results = open.map(({ at }, index) => {
      const outcome = traced(materialiser, outcomeOf(answer, index, first), answer.rows[index]?.[3]);
      if (outcome.status === 'failed' && outcome.unfit === true) refused.push({ at, failure: outcome.failure });
      return { at, outcome };
    });
    if (refused.length === 0) {
      for (const { at, outcome } of results) outcomes[at] = outcome.status === 'failed' ? outcome.failure : outcome;
      return outcomes.filter((outcome) => outcome !== undefined);
    }
    // A call that went over a limit, or has a row with a key that no repository can hold, has to go, and what came after it has to run without it.
    const [earliest] = refused;
    if (earliest !== undefined) outcomes[earliest.at] = earliest.failure;
    materialiser.session.execute('ROLLBACK TO SAVEPOINT run');
  }
}

function ask(materialiser: Materialiser, calls: readonly EngineCall[], first: number): BatchAnswer {
  const { session, dispatch } = materialiser;
  const nonce = randomBytes(16).toString('hex');
  const contexts: string[] = [];
  const contracts: string[] = [];
  const functions: string[] = [];
  const args: string[] = [];
  for (const [at, call] of calls.entries()) {
    const place = dispatch.get(`${call.contract}.${call.function}`);
    if (place === undefined) {
      throw new AergoError('AERGO_FUNCTION_UNKNOWN', `there is no public function ${call.contract}.${call.function}`);
    }
    contexts.push(`${first + at} ${call.id} ${call.author}  ${call.contract} 1`);
    contracts.push(String(place.contract));
    functions.push(String(place.function));
    args.push(encodeArray(call.args));
  }
  if (calls.length === 0) return { rows: [], noted: new Map() };
  const { rows } = session.query(runSql, [
    nonce,
    encodeArray(contexts),
    encodeArray(contracts),
    encodeArray(functions),
    encodeArray(args),
  ]);
  if (rows.length !== calls.length + 1 || rows.at(-1)?.[0] !== nonce) {
    throw new EngineBroken('the batch did not come to its end');
  }
  return { rows, noted: readNoted(materialiser, first) };
}

function readNoted(materialiser: Materialiser, first: number): Map<number, Written> {
  const noted = new Map<number, Written>();
  const { rows } = materialiser.session.query(capturedSql, [String(first)]);
  for (const [number, relation, before = null, after = null, command] of rows) {
    const change = { table: materialiser.relation(relation ?? ''), before, after };
    const call = Number(number);
    let written = noted.get(call);
    if (written === undefined) {
      written = { changes: [], bytes: 0, first: Number(command), last: 0 };
      noted.set(call, written);
    }
    written.changes.push(change);
    if (after !== null) written.bytes += Buffer.byteLength(after);
    written.last = Number(command);
  }
  return noted;
}

/** The first limit that a call went over, in words. */
function overLimit(written: Written | undefined, result: string | null): string | undefined {
  // The note of each change is a command too.
  const statements = written === undefined ? 0 : written.last - written.first - written.changes.length + 2;
  const counts: readonly (readonly [number, number, string])[] = [
    [written?.changes.length ?? 0, engineLimits.writtenRows, 'rows written'],
    [written?.bytes ?? 0, engineLimits.written_bytes, 'bytes written'],
    [statements, engineLimits.statements, 'statements that write'],
    [result === null ? 0 : Buffer.byteLength(result), engineLimits.result_bytes, 'bytes of the result'],
  ];
  const over = counts.find(([count, limit]) => count > limit);
  if (over === undefined) return undefined;
  const [count, limit, what] = over;
  return `${count.toLocaleString('en')} ${what}, of ${limit.toLocaleString('en')} that a call may have`;
}

/**
 * What the driver noted of a call that failed; undefined where it did not.
 * @throws EngineBroken where nobody can tell what is left of the server
 */
export function failedCall([state = null, message = null, origin = null]: readonly (string | null)[]):
  | CallFailure
  | CallDeadline
  | undefined {
  if (state === null) return undefined;
  const raised = raisedByContract.test(origin ?? '');
  const exhausted = raised ? undefined : exhaustedBy(state);
  if (exhausted === 'stack') return { status: 'deadline', exhausted };
  // What is left of the server's memory is anybody's guess.
  if (exhausted !== undefined) throw new EngineBroken(message ?? state, exhausted);
  if (state.startsWith('XX') && !raised) throw new EngineBroken(message ?? state);
  return failureOf(state, message ?? '', raised);
}

type BatchOutcome =
  | { status: 'ok'; result: string | null; changes: RowWrite[] }
  | CallDeadline
  | { status: 'failed'; failure: CallFailure; unfit?: true };

/** Says where a call failed, where the engine is one that does. */
function traced(materialiser: Materialiser, outcome: BatchOutcome, trace: string | null | undefined): BatchOutcome {
  if (!materialiser.traces || outcome.status !== 'failed' || trace === null || trace === undefined) return outcome;
  return { ...outcome, failure: { ...outcome.failure, trace } };
}

function outcomeOf(answer: BatchAnswer, index: number, first: number): BatchOutcome {
  const [result = null, ...failure] = answer.rows[index] ?? [];
  const failed = failedCall(failure);
  if (failed !== undefined) return failed.status === 'deadline' ? failed : { status: 'failed', failure: failed };
  const noted = answer.noted.get(first + index);
  const over = overLimit(noted, result);
  if (over !== undefined)
    return {
      status: 'failed',
      failure: { status: 'failed', cause: 'limit', sqlstate: '54000', message: over, raised: false },
      unfit: true,
    };
  if (noted === undefined) return { status: 'ok', result, changes: [] };
  try {
    return { status: 'ok', result, changes: netChanges(noted.changes) };
  } catch (error) {
    if (!(error instanceof AergoError)) throw error;
    const tooLong = error.code === 'AERGO_KEY_TOO_LONG';
    const failure: CallFailure = {
      status: 'failed',
      cause: 'limit',
      sqlstate: tooLong ? '54000' : '22000',
      message: error.message,
      raised: false,
      ...(tooLong ? { keyTooLong: true } : {}),
    };
    return { status: 'failed', failure, unfit: true };
  }
}
