/**
 * Runs a batch of calls in the engine's worker: one statement for all of them, a subtransaction each, then one read of what
 * they changed. Always inside a SQL transaction and after a savepoint that the caller has set.
 */
import { randomBytes } from 'node:crypto';
import { AergoError } from '../errors.ts';
import { type CallFailure, type CallOutcome, type EngineCall, failureOf } from './call-outcome.ts';
import { encodeArray } from './copy-text.ts';
import type { Materialiser } from './materialiser.ts';
import { type NotedChange, netChanges, type RowWrite } from './net-changes.ts';
import { EngineBroken } from './session.ts';

const runSql = 'SELECT * FROM "aergo$host".run($1, $2, $3, $4, $5)';
const capturedSql = 'SELECT number, relation, before, after FROM pg_temp."aergo$captured" WHERE number >= $1';

/** The innermost line of an error that a RAISE of the contract's own made; a trampoline's has its schema in front. */
const raisedByContract = /^PL\/pgSQL function (?!"call\$)[^\n]*\) line \d+ at RAISE(\n|$)/;

interface BatchAnswer {
  readonly rows: readonly (readonly (string | null)[])[];
  readonly noted: ReadonlyMap<number, NotedChange[]>;
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
      const outcome = outcomeOf(answer, index, first);
      if (outcome.status === 'failed' && outcome.unfit === true) refused.push({ at, failure: outcome.failure });
      return { at, outcome };
    });
    if (refused.length === 0) {
      for (const { at, outcome } of results) outcomes[at] = outcome.status === 'failed' ? outcome.failure : outcome;
      return outcomes.filter((outcome) => outcome !== undefined);
    }
    // A row with a key that no repository can hold: the call has to go, and what came after it has to run without it.
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
      throw new AergoError('AERGO_FUNCTION_UNKNOWN', `There is no public function ${call.contract}.${call.function}.`);
    }
    contexts.push(`${first + at} ${call.id} ${call.author} `);
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

function readNoted(materialiser: Materialiser, first: number): Map<number, NotedChange[]> {
  const noted = new Map<number, NotedChange[]>();
  for (const [number, relation, before, after] of materialiser.session.query(capturedSql, [String(first)]).rows) {
    const change = { table: materialiser.relation(relation ?? ''), before: before ?? null, after: after ?? null };
    const call = Number(number);
    const changes = noted.get(call);
    if (changes === undefined) noted.set(call, [change]);
    else changes.push(change);
  }
  return noted;
}

type BatchOutcome =
  | { status: 'ok'; result: string | null; changes: RowWrite[] }
  | { status: 'failed'; failure: CallFailure; unfit?: true };

function outcomeOf(answer: BatchAnswer, index: number, first: number): BatchOutcome {
  const [result = null, state = null, message = null, origin = null] = answer.rows[index] ?? [];
  if (state !== null) {
    const raised = raisedByContract.test(origin ?? '');
    if (state.startsWith('XX') && !raised) throw new EngineBroken(message ?? state);
    return { status: 'failed', failure: failureOf(state, message ?? '', raised) };
  }
  const noted = answer.noted.get(first + index);
  if (noted === undefined) return { status: 'ok', result, changes: [] };
  try {
    return { status: 'ok', result, changes: netChanges(noted) };
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
