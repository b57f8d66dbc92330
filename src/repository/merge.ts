/** Merging a branch into another: run the pool, seal the merge block, and say of each drop what made it fail. */
import type { SigningKey } from '../crypto/key.ts';
import { AergoError, type ErrorCode } from '../errors.ts';
import type { BlockId } from '../ledger/block.ts';
import type { MergeMode } from '../ledger/header.ts';
import type { Receipt } from '../ledger/receipt.ts';
import type { StagedTransaction } from '../ledger/stage.ts';
import type { Transaction, TransactionId } from '../ledger/transaction.ts';
import { stageMerge } from '../merge/automatic.ts';
import { type Cause, causeOfDrop, type PoolOutcome } from '../merge/cause.ts';
import type { Conflict } from '../merge/conflict.ts';
import { type Pool, poolOf } from '../merge/pool.ts';
import { ObjectBuffer } from '../object/source.ts';
import type { RepositoryContext } from './context.ts';
import { checkSealer, keep, type NextBlock, nextBlock, stageContext } from './seal.ts';
import { type BlockSummary, summaryOf } from './views.ts';

export interface MergeOptions {
  /** The branch to merge. */
  readonly source: string;
  /** The branch to merge into; the current one when left out. */
  readonly into?: string;
  readonly sealer: SigningKey;
  /** Computes everything and writes nothing. */
  readonly dryRun?: boolean;
  /** With a drop nothing is sealed. */
  readonly failOnDrop?: boolean;
  /** Drops what would apply with another result than on the source. */
  readonly dropChangedResults?: boolean;
  /** For how many drops the cause is looked for; 20 when left out. */
  readonly causes?: number;
}

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

/** What an agreed or rows merge met. */
export interface MergeConflicts {
  readonly total: number;
  /** How many of them the contract's resolver settled. */
  readonly byContract: number;
  /** Those that are people's to settle, in table and name order. */
  readonly left: readonly Conflict[];
}

export interface MergeResult {
  /** The merge block; absent in a dry run, when there was nothing to merge, and when a drop or a conflict kept it from being sealed. */
  readonly block?: BlockSummary;
  readonly upToDate: boolean;
  readonly mode: MergeMode;
  /** Absent in an automatic merge. */
  readonly conflicts?: MergeConflicts;
  /** Conflicts are left to people: the merge goes on when they are settled. */
  readonly pending: boolean;
  readonly source: string;
  readonly target: string;
  readonly applied: readonly Receipt[];
  /** Applied with another result than on the source. */
  readonly changedResults: readonly {
    readonly tx: TransactionId;
    readonly there: string | null;
    readonly here: string | null;
  }[];
  /** Dropped or left out. */
  readonly dropped: readonly DroppedTransaction[];
}

const defaultCauses = 20;

/** Where the transactions of a merge ran, or are to run again. */
type MergePlace = Pick<NextBlock, 'branch' | 'place' | 'buffer'>;

export async function mergeBranches(context: RepositoryContext, options: MergeOptions): Promise<MergeResult> {
  checkSealer(context, options.sealer.id);
  const target = context.branch(options.into);
  const source = context.branch(options.source);
  const report = { mode: 'automatic', pending: false, source: source.name, target: target.name } as const;
  if (context.history.isAncestor(source.block, target.block)) {
    return { ...report, upToDate: true, applied: [], changedResults: [], dropped: [] };
  }
  const pool = await poolOf(context.reader, context.history, target.block, source.block);
  const engine = await context.engine();
  const next = nextBlock(context, target, source.block);
  const staging = { ...stageContext(context, engine, next), dropChangedResults: options.dropChangedResults === true };
  const { staged, content } = await stageMerge(staging, pool, next.plan, context.reader.block(source.block).header);
  const refused = staged.transactions.filter((one) => one.refusal !== undefined);
  const writes = options.dryRun !== true && !(options.failOnDrop === true && refused.length > 0);
  if (!writes) await engine.abandon();
  const id = writes ? await keep(context, engine, next, content, options.sealer) : undefined;
  return {
    ...report,
    upToDate: false,
    ...(id === undefined ? {} : { block: summaryOf(context, id) }),
    applied: staged.transactions.filter((one) => one.refusal === undefined).map((one) => one.receipt),
    changedResults: staged.transactions.flatMap(({ signed, changedResult }) =>
      changedResult === undefined ? [] : [{ tx: signed.id, ...changedResult }],
    ),
    dropped: await withCauses(context, next, source.block, pool, staged.transactions, options.causes ?? defaultCauses),
  };
}

/** The drops of a merge, the first of them with their causes. */
async function withCauses(
  context: RepositoryContext,
  next: MergePlace,
  source: BlockId,
  pool: Pool,
  staged: readonly StagedTransaction[],
  limit: number,
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
  const cause = await causeIfRunnable({ ...staging, makeBuffer, target: next.branch.block, source }, pool, index);
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
  const next = {
    branch: { name: branch, start, block: target },
    place: { kind: 'merge', bound: `${branch}:${start}`, height, time, parents },
    buffer: new ObjectBuffer(context.store),
  } as const;
  return findCause(context, next, source, outcomes, index);
}
