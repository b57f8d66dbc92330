/** Why transactions were dropped from a merge: found by running again, in the merge that is made and in one that was. */
import { AergoError, type ErrorCode } from '../errors.ts';
import type { BlockId } from '../ledger/block.ts';
import type { Receipt } from '../ledger/receipt.ts';
import type { StagedTransaction } from '../ledger/stage.ts';
import type { Transaction, TransactionId } from '../ledger/transaction.ts';
import { type Cause, causeOfDrop, type PoolOutcome } from '../merge/cause.ts';
import { type Pool, poolOf } from '../merge/pool.ts';
import { ObjectBuffer } from '../object/source.ts';
import type { RepositoryContext } from './context.ts';
import { type NextBlock, stageContext } from './seal.ts';
import type { BlockSummary } from './views.ts';

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

/** Where the transactions of a merge ran, or are to run again. */
type MergePlace = Pick<NextBlock, 'branch' | 'place' | 'buffer'> & { readonly dropChangedResults: boolean };

const defaultCauses = 20;

/** The drops of a merge, the first of them with their causes. */
export async function withCauses(
  context: RepositoryContext,
  next: MergePlace,
  source: BlockId,
  pool: Pool,
  staged: readonly StagedTransaction[],
  limit = defaultCauses,
): Promise<DroppedTransaction[]> {
  const outcomes = pool.candidates.map((candidate, index) => ({
    candidate,
    dropped: staged[index]?.refusal !== undefined,
  }));
  const dropped: DroppedTransaction[] = [];
  for (const [index, { signed, receipt, refusal }] of staged.entries()) {
    if (refusal === undefined) continue;
    const cause = dropped.length < limit ? await findCause(context, next, source, outcomes, index) : undefined;
    dropped.push({ receipt, transaction: signed.transaction, ...(cause === undefined ? {} : { cause }) });
  }
  return dropped;
}

async function findCause(
  context: RepositoryContext,
  next: MergePlace,
  source: BlockId,
  pool: readonly PoolOutcome[],
  index: number,
): Promise<DropCause | undefined> {
  const engine = await context.engine();
  const { parentState: _, buffer: __, ...staging } = stageContext(context, engine, next);
  const makeBuffer = () => new ObjectBuffer(context.store);
  const cause = await causeIfRunnable(
    { ...staging, dropChangedResults: next.dropChangedResults, makeBuffer, target: next.branch.block, source },
    pool,
    index,
  );
  if (cause === undefined) return undefined;
  const { height, branch } = context.reader.header(cause.block);
  return { ...cause, height, branch };
}

/** The merge stands whether its drops can be explained or not: where the engine does not come to an end, there is no cause. */
async function causeIfRunnable(...search: Parameters<typeof causeOfDrop>): Promise<Cause | undefined> {
  try {
    return await causeOfDrop(...search);
  } catch (error) {
    if (error instanceof AergoError && undecided.has(error.code)) return undefined;
    throw error;
  }
}

const undecided: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['AERGO_ENGINE_FAILED', 'AERGO_MACHINE_BUSY']);

/** The cause of a drop that stands in a merge block, found as when it was merged. */
export async function causeInBlock(
  context: RepositoryContext,
  block: BlockSummary,
  transaction: TransactionId,
): Promise<DropCause | undefined> {
  const [target, source] = block.parents;
  if (target === undefined || source === undefined)
    throw new AergoError('AERGO_INTERNAL', 'a drop stands in a block that is no merge');
  const pool = await poolOf(context.reader, context.history, target, source);
  const dropped = new Set(
    context.reader
      .receipts(block.id)
      .filter((one) => one.status !== 'applied')
      .map((one) => one.tx),
  );
  const outcomes = pool.candidates.map((candidate) => ({ candidate, dropped: dropped.has(candidate.signed.id) }));
  const index = outcomes.findIndex(({ candidate }) => candidate.signed.id === transaction);
  if (index < 0) return undefined;
  const { branch, start, height, time, parents } = block;
  const header = context.reader.header(block.id);
  const next = {
    branch: { name: branch, start, block: target },
    place: { kind: 'merge', bound: `${branch}:${start}`, height, time, parents },
    buffer: new ObjectBuffer(context.store),
    dropChangedResults: header.kind === 'merge' && header.options.dropChangedResults === true,
  } as const;
  return findCause(context, next, source, outcomes, index);
}
