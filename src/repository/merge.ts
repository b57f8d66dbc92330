/** Merging a branch into another: run the pool, seal the merge block, and say of each drop what made it fail. */
import type { SigningKey } from '../crypto/key.ts';
import type { MergeMode } from '../ledger/header.ts';
import type { Receipt } from '../ledger/receipt.ts';
import type { TransactionId } from '../ledger/transaction.ts';
import { stageMerge } from '../merge/automatic.ts';
import type { Conflict } from '../merge/conflict.ts';
import { poolOf } from '../merge/pool.ts';
import type { RepositoryContext } from './context.ts';
import { type DroppedTransaction, dropsOf, runOf } from './drop-causes.ts';
import { checkSealer, keep, nextBlock, stageContext } from './seal.ts';
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

export async function mergeBranches(context: RepositoryContext, options: MergeOptions): Promise<MergeResult> {
  const target = context.branch(options.into);
  checkSealer(context, options.sealer.id, target.name, 'merge');
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
  const { dropChangedResults } = staging;
  const place = { ...next, source: source.block, dropChangedResults };
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
    dropped: await dropsOf(context, runOf(place, pool, staged.transactions), options.causes),
  };
}
