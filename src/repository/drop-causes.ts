/** Why transactions were dropped from a merge: found by running again, in the merge that is made and in one that was. */
import { AergoError, type ErrorCode } from '../errors.ts';
import type { Rights } from '../ledger/authority.ts';
import type { BlockId } from '../ledger/block.ts';
import type { Receipt } from '../ledger/receipt.ts';
import type { StagedTransaction } from '../ledger/stage.ts';
import type { Transaction, TransactionId } from '../ledger/transaction.ts';
import { toAmend } from '../merge/amend.ts';
import { type Cause, type CauseContext, causesOfDrops, type PoolOutcome } from '../merge/cause.ts';
import { type Pool, poolOf } from '../merge/pool.ts';
import { ObjectBuffer } from '../object/source.ts';
import type { RepositoryContext } from './context.ts';
import { type NextBlock, stageContext } from './seal.ts';

/** Why a drop failed, with where the cause stands. */
export interface DropCause extends Cause {
  readonly height: number;
  readonly branch: string;
}

export interface DroppedTransaction {
  readonly receipt: Receipt;
  readonly transaction: Transaction;
  readonly cause?: DropCause;
}

/** Why all that was dropped was dropped. */
export interface Explanation {
  /**
   * The least set of dropped transactions to amend, in the pool's order: those that fail by themselves. When they take
   * effect, so does every other one.
   */
  readonly amend: readonly TransactionId[];
}

/** Where the transactions of a merge ran, or are to run again. */
export interface MergePlace extends Pick<NextBlock, 'branch' | 'place'> {
  readonly source: BlockId;
  readonly dropChangedResults: boolean;
  /** Of the directory version that the block names; those in force where it is only being made. */
  readonly rights?: Rights;
}

/** A merge as it was run: the pool with what became of each. */
export interface RunPool {
  readonly place: MergePlace;
  readonly outcomes: readonly (PoolOutcome & { readonly receipt: Receipt })[];
}

/** For how many drops a merge looks for the cause when nobody asks. */
const defaultCauses = 20;

/** The drops of a merge, the first of them with their causes. */
export async function dropsOf(
  context: RepositoryContext,
  run: RunPool,
  limit = defaultCauses,
): Promise<DroppedTransaction[]> {
  const dropped = run.outcomes.flatMap((one, index) => (one.dropped ? [{ ...one, index }] : []));
  const causes = await causesOf(
    context,
    run,
    dropped.slice(0, limit).map((one) => one.index),
  );
  return dropped.map(({ candidate, receipt, index }) => {
    const cause = causes.get(index);
    return { receipt, transaction: candidate.signed.transaction, ...(cause === undefined ? {} : { cause }) };
  });
}

/** All drops of a merge with their causes, and what to amend. */
export async function explainDrops(
  context: RepositoryContext,
  run: RunPool,
): Promise<{ dropped: DroppedTransaction[]; explanation: Explanation }> {
  const dropped = await dropsOf(context, run, Number.POSITIVE_INFINITY);
  const causeOf = new Map(dropped.map(({ receipt, cause }) => [receipt.tx, cause]));
  const causes = new Map(
    run.outcomes.flatMap(({ receipt }, index) => {
      const cause = causeOf.get(receipt.tx);
      return cause === undefined ? [] : [[index, cause] as const];
    }),
  );
  const amend = await toAmend(await causeContext(context, run.place), run.outcomes, causes);
  return { dropped, explanation: { amend: amend.flatMap((index) => run.outcomes[index]?.receipt.tx ?? []) } };
}

/** The causes of the drops at these places of the pool. */
async function causesOf(
  context: RepositoryContext,
  { place, outcomes }: RunPool,
  indexes: readonly number[],
): Promise<Map<number, DropCause>> {
  // What was left out may take its time again: it is no verdict, and there is nothing that it needs a cause for.
  const judged = indexes.filter((index) => outcomes[index]?.receipt.status === 'dropped');
  const causes = await causesIfRunnable(await causeContext(context, place), outcomes, judged);
  return new Map(
    [...causes].map(([index, cause]) => {
      const { height, branch } = context.reader.header(cause.block);
      return [index, { ...cause, height, branch }];
    }),
  );
}

/** What running the pool of a merge again needs. */
async function causeContext(context: RepositoryContext, place: MergePlace): Promise<CauseContext> {
  const engine = await context.engine();
  const makeBuffer = () => new ObjectBuffer(context.store);
  const next = { ...place, buffer: makeBuffer() };
  const { parentState: _, buffer: __, ...staging } = stageContext(context, engine, next, place.rights);
  const { dropChangedResults, source } = place;
  return { ...staging, dropChangedResults, makeBuffer, target: place.branch.block, source };
}

/** The merge stands whether its drops can be explained or not: where the engine does not come to an end, there is no cause. */
async function causesIfRunnable(...search: Parameters<typeof causesOfDrops>): Promise<Map<number, Cause>> {
  try {
    return await causesOfDrops(...search);
  } catch (error) {
    if (error instanceof AergoError && undecided.has(error.code)) return new Map();
    throw error;
  }
}

const undecided: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['AERGO_ENGINE_FAILED', 'AERGO_MACHINE_BUSY']);

/** The pool of a merge with what staging made of it. */
export const runOf = (place: MergePlace, pool: Pool, staged: readonly StagedTransaction[]): RunPool => ({
  place,
  outcomes: pool.candidates.flatMap((candidate, index) => {
    const one = staged[index];
    return one === undefined ? [] : [{ candidate, dropped: one.refusal !== undefined, receipt: one.receipt }];
  }),
});

/** The pool of a merge block with what its receipts say. */
export async function runOfBlock(context: RepositoryContext, id: BlockId): Promise<RunPool> {
  const { reader } = context;
  const { commit, header } = reader.block(id);
  const [target, source] = commit.parents;
  if (target === undefined || source === undefined || header.kind !== 'merge')
    throw new AergoError('AERGO_INTERNAL', 'a drop stands in a block that is no merge');
  const pool = await poolOf(reader, context.history, target, source);
  const receipts = new Map(reader.receipts(id).map((receipt) => [receipt.tx, receipt]));
  const { branch, start, height, time } = header;
  return {
    place: {
      branch: { name: branch, start, block: target },
      place: { kind: 'merge', bound: `${branch}:${start}`, height, time, parents: commit.parents },
      source,
      dropChangedResults: header.options.dropChangedResults === true,
      rights: context.rightsIn(id),
    },
    outcomes: pool.candidates.flatMap((candidate) => {
      const receipt = receipts.get(candidate.signed.id);
      return receipt === undefined ? [] : [{ candidate, dropped: receipt.status !== 'applied', receipt }];
    }),
  };
}

/** A drop, and what made it fail. */
export type DropLink = Pick<DroppedTransaction, 'receipt' | 'cause'>;

/**
 * The cause of a drop that stands in a merge block, found as when it was merged; where that is an earlier drop, also why that
 * one was dropped, and so on.
 */
export async function causesInBlock(
  context: RepositoryContext,
  block: BlockId,
  transaction: TransactionId,
): Promise<readonly DropLink[]> {
  const run = await runOfBlock(context, block);
  const places = new Map(run.outcomes.map(({ receipt }, index) => [receipt.tx, index]));
  const links: DropLink[] = [];
  let causes: ReadonlyMap<number, DropCause> = new Map();
  for (let index = places.get(transaction); index !== undefined; ) {
    const receipt = run.outcomes[index]?.receipt;
    if (receipt === undefined) break;
    // The first alone, as mostly that is all; for a chain all drops before it at once.
    const before = (end: number) => run.outcomes.flatMap(({ dropped }, at) => (dropped && at < end ? [at] : []));
    if (links.length < 2) causes = await causesOf(context, run, links.length === 0 ? [index] : before(index + 1));
    const cause = causes.get(index);
    links.push(cause === undefined ? { receipt } : { receipt, cause });
    index = cause?.kind === 'pool' && cause.transaction !== undefined ? places.get(cause.transaction) : undefined;
  }
  return links;
}
