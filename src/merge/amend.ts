/**
 * Which dropped transactions have to be amended so that all fit: those that fail by themselves, and not because an earlier one
 * was dropped. Whether the others fit then is found by running again with these healed, as far as that can be: each is put
 * before the target's transaction that made it fail, as if it had come first.
 */
import type { Candidate } from '../ledger/admission.ts';
import { probe } from '../ledger/stage.ts';
import type { Cause, CauseContext, PoolOutcome } from './cause.ts';
import { TargetSteps } from './target-steps.ts';

/**
 * The places in the pool of those to amend, in its order: all whose cause is not an earlier drop, and of the others those that
 * fail also when the one that they needed takes effect.
 */
export async function toAmend(
  context: CauseContext,
  pool: readonly PoolOutcome[],
  causes: ReadonlyMap<number, Cause>,
): Promise<readonly number[]> {
  const dropped = pool.flatMap((one, index) => (one.dropped ? [index] : []));
  const depends = (index: number) => causes.get(index)?.kind === 'pool';
  const dependent = dropped.filter(depends);
  if (dependent.length === 0) return dropped;
  const fits = await fitsWhenHealed(context, pool, causes, new Set(dropped.filter((index) => !depends(index))));
  const places = new Map(pool.map(({ candidate }, index) => [candidate.signed.id, index]));
  const alsoByItself = (index: number) => {
    const needed = causes.get(index)?.transaction;
    return !fits.has(index) && needed !== undefined && fits.has(places.get(needed) ?? -1);
  };
  return dropped.filter((index) => !depends(index) || alsoByItself(index));
}

/** The places of the pool that take effect where the healed come before what made them fail. */
async function fitsWhenHealed(
  context: CauseContext,
  pool: readonly PoolOutcome[],
  causes: ReadonlyMap<number, Cause>,
  healed: ReadonlySet<number>,
): Promise<ReadonlySet<number>> {
  const target = new TargetSteps(context);
  const upTo = placesBefore(target, causes, healed);
  // A merge of rows cannot be run again among transactions: what it brought stands from the beginning.
  const first = target.steps.findLastIndex(({ transaction }) => transaction === undefined) + 1;
  const { start } = target.prefix(first);
  const candidates: Candidate[] = [];
  const at = new Map<number, number>();
  let next = 0;
  const takePool = (end: number) => {
    for (; next < end; next++) {
      const candidate = pool[next]?.candidate;
      if (candidate === undefined) continue;
      at.set(next, candidates.length);
      candidates.push(healed.has(next) ? { ...candidate, past: true } : candidate);
    }
  };
  for (const [index, { signed }] of target.steps.entries()) {
    takePool(upTo.get(index) ?? 0);
    if (index >= first && signed !== undefined) candidates.push({ signed, past: true });
  }
  takePool(pool.length);
  const { makeBuffer, reader } = context;
  const outcomes = await probe(
    { ...context, buffer: makeBuffer(), parentState: reader.block(start).state },
    candidates,
  );
  return new Set([...at].filter(([, place]) => outcomes[place]?.receipt.status === 'applied').map(([index]) => index));
}

/** For a step of the target, how much of the pool comes before it: up to the last one that it made fail. */
function placesBefore(
  target: TargetSteps,
  causes: ReadonlyMap<number, Cause>,
  healed: ReadonlySet<number>,
): ReadonlyMap<number, number> {
  const stepOf = new Map(target.steps.map(({ from, transaction }, index) => [`${from} ${transaction}`, index]));
  const places = new Map<number, number>();
  for (const index of healed) {
    const cause = causes.get(index);
    const step = cause === undefined ? undefined : stepOf.get(`${cause.block} ${cause.transaction}`);
    if (step !== undefined) places.set(step, Math.max(places.get(step) ?? 0, index + 1));
  }
  return places;
}
