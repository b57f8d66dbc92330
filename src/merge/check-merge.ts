/** What a contract itself has to say of a merge: `check_merge()` of every contract that the merge touches, run on the result. */
import type { Engine } from '../contract/engine.ts';
import { isMergeCheck } from '../contract/merge-logic.ts';
import { AergoError } from '../errors.ts';
import type { Oid } from '../object/oid.ts';
import type { ObjectSource } from '../object/source.ts';
import { folders, stateParts } from '../state/state.ts';
import { cameToNoEnd } from './no-end.ts';

/**
 * Asks the contracts whose source or rows are not as in `before`, on the rows that the engine holds.
 * @throws AergoError AERGO_MERGE_CHECK_FAILED with the first contract's text; AERGO_MERGE_UNDECIDED
 */
export async function checkMerge(engine: Engine, source: ObjectSource, before: Oid, after: Oid): Promise<void> {
  const asked = touchedContracts(source, before, after).filter((name) => hasCheck(engine, name));
  const answers = await engine.answer(asked.map((contract) => ({ contract, function: 'check_merge', args: [] })));
  for (const [at, answer] of answers.entries()) {
    if (answer.status === 'deadline') throw cameToNoEnd(`${asked[at]}.check_merge`, answer);
    const text = answer.status === 'ok' ? answer.result : answer.message;
    if (text === null) continue;
    const why = text.trim() === '' ? ', and does not say why' : `: ${text}`;
    throw new AergoError('AERGO_MERGE_CHECK_FAILED', `check_merge() of ${asked[at]} refuses the merge${why}`, {
      hint: 'nothing was sealed: choose otherwise where people decide (aergo resolve), or change the rows on one of the branches first',
      details: { contract: asked[at], text },
    });
  }
}

const hasCheck = (engine: Engine, contract: string): boolean =>
  engine.contracts.get(contract)?.functions.some(isMergeCheck) === true;

function touchedContracts(source: ObjectSource, before: Oid, after: Oid): string[] {
  const [was, is] = [before, after].map((state) => stateParts(source, state));
  const touched = new Set<string>();
  for (const part of ['contracts', 'tables'] as const) {
    const [old, now] = [folders(source, was?.[part]), folders(source, is?.[part])];
    for (const [name, { oid }] of now) if (old.get(name)?.oid !== oid) touched.add(name);
  }
  return [...touched].sort();
}
