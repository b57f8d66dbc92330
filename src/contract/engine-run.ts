/**
 * Runs calls in the block under way: batches first, and one by one where a batch did not come to its end, so that the call
 * that takes too much is found and the others still run.
 */
import { AergoError } from '../errors.ts';
import type { CallDeadline, CallOutcome, EngineCall } from './call-outcome.ts';
import type { Block, EngineHost } from './engine-host.ts';
import { deadlineOf, ThreadLost } from './engine-thread.ts';
import { engineLimits } from './settings.ts';

/** What each call of a batch but the first adds to the time of the batch, at most, in milliseconds. */
const eachMore_ms = 20;

/**
 * Runs calls in order, each on what the ones before it left; notes in the block what they changed.
 * @param deadline_ms time of one call
 * @throws AergoError AERGO_FUNCTION_UNKNOWN, and then none has run
 */
export async function runCalls(
  host: EngineHost,
  block: Block,
  calls: readonly EngineCall[],
  deadline_ms: number,
): Promise<CallOutcome[]> {
  checkFunctions(host, calls);
  const before = block.steps.length;
  const outcomes: CallOutcome[] = [];
  let savepoint = calls.length > 0 && calls.length <= engineLimits.callsPerTransaction;
  for (let at = 0; at < calls.length; at += engineLimits.callsPerTransaction) {
    const some = calls.slice(at, at + engineLimits.callsPerTransaction);
    const answered = await runTogether(host, some, deadline_ms);
    if ('status' in answered) {
      savepoint = false;
      outcomes.push(...(some.length === 1 ? [answered] : await runSingly(host, block, some, deadline_ms)));
    } else {
      noteChanges(block, answered);
      outcomes.push(...answered);
    }
  }
  block.last = { steps: block.steps.length - before, savepoint };
  return outcomes;
}

/** Runs a batch. Where it did not come to its end, gives why: the engine is lost, and none of the batch has run. */
async function runTogether(
  host: EngineHost,
  calls: readonly EngineCall[],
  ofOne_ms: number,
): Promise<readonly CallOutcome[] | CallDeadline> {
  const thread = await host.ready();
  const deadline_ms = ofOne_ms + (calls.length - 1) * Math.min(eachMore_ms, ofOne_ms);
  // Who has used up half of the time will mostly use up the rest.
  const warm = setTimeout(() => host.warm(), deadline_ms / 2);
  try {
    return await thread.request('run', { calls }, deadline_ms);
  } catch (error) {
    if (error instanceof ThreadLost) return deadlineOf(error);
    throw error;
  } finally {
    clearTimeout(warm);
  }
}

async function runSingly(
  host: EngineHost,
  block: Block,
  calls: readonly EngineCall[],
  deadline_ms: number,
): Promise<CallOutcome[]> {
  const outcomes: CallOutcome[] = [];
  for (const call of calls) {
    const answered = await runTogether(host, [call], deadline_ms);
    if ('status' in answered) outcomes.push(answered);
    else {
      noteChanges(block, answered);
      outcomes.push(...answered);
    }
  }
  return outcomes;
}

function noteChanges(block: Block, outcomes: readonly CallOutcome[]): void {
  const writes = outcomes.flatMap((outcome) => (outcome.status === 'ok' ? outcome.changes : []));
  if (writes.length > 0) block.steps.push({ kind: 'rows', writes });
}

function checkFunctions(host: EngineHost, calls: readonly EngineCall[]): void {
  for (const call of calls) {
    const found = host.contracts.get(call.contract)?.functions.find((signature) => signature.name === call.function);
    if (found === undefined || found.name.startsWith('_')) {
      throw new AergoError('AERGO_FUNCTION_UNKNOWN', `there is no public function ${call.contract}.${call.function}`);
    }
  }
}
