/**
 * Asks functions of contracts what they say, in the engine's worker: in batches as calls run, but of a transaction that may
 * only read, with no author, no transaction id and no caller. The caller takes everything back: nothing of it stays.
 */
import { randomBytes } from 'node:crypto';
import { AergoError } from '../errors.ts';
import { failedCall } from './batch.ts';
import type { AnswerOutcome, EngineQuestion } from './call-outcome.ts';
import { answerDriverSql, type InstalledContract } from './contract-sql.ts';
import { encodeArray } from './copy-text.ts';
import type { Materialiser } from './materialiser.ts';
import type { FunctionSignature } from './parsed-contract.ts';
import { EngineBroken } from './session.ts';
import { engineLimits } from './settings.ts';

interface Asked {
  readonly installed: InstalledContract;
  readonly signature: FunctionSignature;
}

/** @throws AergoError AERGO_FUNCTION_UNKNOWN; EngineBroken when the answer is not that of this request */
export function answerAll(materialiser: Materialiser, questions: readonly EngineQuestion[]): AnswerOutcome[] {
  if (questions.length === 0) return [];
  const { session } = materialiser;
  const functions = new Map<string, Asked>();
  for (const question of questions) {
    const name = `${question.contract}.${question.function}`;
    if (!functions.has(name)) functions.set(name, functionOf(materialiser, question));
  }
  const places = new Map([...functions.keys()].map((name, place) => [name, String(place)]));
  session.execute(answerDriverSql([...functions.values()]));
  session.execute('SET LOCAL transaction_read_only = on');
  const nonce = randomBytes(16).toString('hex');
  const { rows } = session.query('SELECT * FROM pg_temp."aergo$answer"($1, $2, $3, $4, $5)', [
    nonce,
    // Number, then neither transaction nor author nor caller (engine-sql.ts).
    encodeArray(questions.map(({ contract }, at) => `${at}    ${contract} 1`)),
    encodeArray(questions.map(() => '0')),
    encodeArray(questions.map((question) => places.get(`${question.contract}.${question.function}`) ?? '')),
    encodeArray(questions.map(({ args }) => encodeArray(args))),
  ]);
  if (rows.length !== questions.length + 1 || rows.at(-1)?.[0] !== nonce) {
    throw new EngineBroken('the batch did not come to its end');
  }
  return rows.slice(0, -1).map(outcomeOf);
}

function functionOf(materialiser: Materialiser, { contract: name, function: wanted }: EngineQuestion): Asked {
  const contract = materialiser.contracts().get(name);
  const signature = contract?.functions.find((candidate) => candidate.name === wanted);
  if (contract === undefined || signature === undefined)
    throw new AergoError('AERGO_FUNCTION_UNKNOWN', `there is no function ${name}.${wanted}`);
  return { installed: { name, contract }, signature };
}

function outcomeOf([result = null, ...failure]: readonly (string | null)[]): AnswerOutcome {
  const failed = failedCall(failure);
  if (failed !== undefined) return failed;
  const bytes = result === null ? 0 : Buffer.byteLength(result);
  // An answer may be a whole row.
  if (bytes <= engineLimits.written_bytes) return { status: 'ok', result };
  const message = `${bytes.toLocaleString('en')} bytes of the answer, of ${engineLimits.written_bytes.toLocaleString('en')} that it may have`;
  return { status: 'failed', cause: 'limit', sqlstate: '54000', message, raised: false };
}
