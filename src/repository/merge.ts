/**
 * Merging a branch into another, in the mode that the two agreed on. Automatic: run the pool, seal the merge block, and say
 * of each drop what made it fail. Row by row: row-merge.ts.
 */
import type { SigningKey } from '../crypto/key.ts';
import { AergoError } from '../errors.ts';
import type { BlockId } from '../ledger/block.ts';
import { logicOf, logicOfMerge, type MergeLogic, type MergeMode, sameLogic } from '../ledger/header.ts';
import type { Receipt } from '../ledger/receipt.ts';
import type { TransactionId } from '../ledger/transaction.ts';
import { stageMerge } from '../merge/automatic.ts';
import type { ChosenRow } from '../merge/choices.ts';
import type { Conflict, ConflictId } from '../merge/conflict.ts';
import { poolOf } from '../merge/pool.ts';
import { branchLogic } from './branch-logic.ts';
import type { BranchHead, RepositoryContext } from './context.ts';
import { type DroppedTransaction, dropsOf, type Explanation, runOf } from './drop-causes.ts';
import { mergeRows } from './row-merge.ts';
import { checkMergePolicy, checkSealer, keep, type NextBlock, nextBlock, stageContext } from './seal.ts';
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
  /** Merges row by row, with people deciding, where no merge logic is agreed on. */
  readonly rows?: boolean;
  /** Asks the resolver as it was agreed on where it is another one by now. */
  readonly pinned?: boolean;
  /** What people chose for conflicts; others than are left to people say nothing. */
  readonly choices?: ReadonlyMap<ConflictId, ChosenRow>;
  /** Signs the choices; the sealer when left out. */
  readonly author?: SigningKey;
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
  /** Where it was asked for (explain.ts). */
  readonly explanation?: Explanation;
}

export async function mergeBranches(context: RepositoryContext, options: MergeOptions): Promise<MergeResult> {
  const target = context.branch(options.into);
  const source = context.branch(options.source);
  checkLogicStands(context, target, source);
  return mergeHeads(context, target, source, options);
}

/**
 * A merge goes by what the source's blocks say, as whoever verifies it has no refs to go by. A logic that only the ref of a
 * branch without blocks has would be passed over in silence.
 * @throws AergoError AERGO_MERGE_MODE
 */
function checkLogicStands(context: RepositoryContext, target: BranchHead, source: BranchHead): void {
  const { history, reader } = context;
  const logic = branchLogic(context, source);
  if (logic === undefined || sameLogic(logic, logicOf(reader.header(source.block)))) return;
  if (history.isAncestor(source.block, target.block)) return;
  const fault = `it has no block yet that says that it merges by ${logic.contract}.${logic.function}`;
  throw new AergoError('AERGO_MERGE_MODE', `${source.name} cannot be merged yet: ${fault}`, {
    hint: history.isAncestor(target.block, source.block)
      ? `any transaction on it makes that block: aergo call --on ${source.name} CONTRACT.FUNCTION`
      : `aergo merge ${target.name} --into ${source.name} makes that block, and so does any transaction on it`,
    details: { source: source.name, logic },
  });
}

/** As `mergeBranches`, of heads that need not be where a branch stands. */
export async function mergeHeads(
  context: RepositoryContext,
  target: BranchHead,
  source: Pick<BranchHead, 'name' | 'block'>,
  options: Omit<MergeOptions, 'into'>,
): Promise<MergeResult> {
  checkSealer(context, options.sealer.id, target.name, 'merge');
  const logic = logicOfMerge(context.reader.header(source.block), branchLogic(context, target));
  const mode = modeOf(logic, options);
  checkMergePolicy(context, { branch: target.name, mode, pinned: options.pinned === true }, logic);
  const report = { mode, pending: false, source: source.name, target: target.name };
  if (context.history.isAncestor(source.block, target.block)) {
    return { ...report, upToDate: true, applied: [], changedResults: [], dropped: [] };
  }
  const next = nextBlock(context, target, source.block);
  if (mode === 'automatic') return { ...report, ...(await mergeAutomatically(context, next, source.block, options)) };
  return { ...report, ...(await mergeRows(context, next, { ...options, source: source.block, mode, logic })) };
}

/** How the branches are merged. @throws AergoError AERGO_MERGE_MODE where the options ask for something else */
function modeOf(logic: MergeLogic | undefined, { source, rows, pinned, dropChangedResults }: MergeOptions): MergeMode {
  const mode = logic !== undefined ? 'agreed' : rows === true ? 'rows' : 'automatic';
  const fault =
    rows === true && logic !== undefined
      ? `its conflicts are for ${logic.contract}.${logic.function}, as was agreed on when the branch was made`
      : pinned === true && logic === undefined
        ? 'no merge logic was agreed on that could be pinned'
        : dropChangedResults === true && mode !== 'automatic'
          ? 'no transaction runs again in a merge row by row, so no result can change'
          : undefined;
  if (fault === undefined) return mode;
  throw new AergoError('AERGO_MERGE_MODE', `${source} cannot be merged so: ${fault}`, {
    hint: `aergo merge ${source}`,
    details: { mode, ...(logic === undefined ? {} : { logic }) },
  });
}

async function mergeAutomatically(
  context: RepositoryContext,
  next: NextBlock,
  source: BlockId,
  options: MergeOptions,
): Promise<Pick<MergeResult, 'applied' | 'block' | 'changedResults' | 'dropped' | 'upToDate'>> {
  const target = next.branch;
  const pool = await poolOf(context.reader, context.history, target.block, source);
  const engine = await context.engine();
  const staging = { ...stageContext(context, engine, next), dropChangedResults: options.dropChangedResults === true };
  const { staged, content } = await stageMerge(staging, pool, next.plan, context.reader.header(source));
  const { dropChangedResults } = staging;
  const place = { ...next, source, dropChangedResults };
  const refused = staged.transactions.filter((one) => one.refusal !== undefined);
  const writes = options.dryRun !== true && !(options.failOnDrop === true && refused.length > 0);
  if (!writes) await engine.abandon();
  const id = writes ? await keep(context, engine, next, content, options.sealer) : undefined;
  return {
    upToDate: false,
    ...(id === undefined ? {} : { block: summaryOf(context, id) }),
    applied: staged.transactions.filter((one) => one.refusal === undefined).map((one) => one.receipt),
    changedResults: staged.transactions.flatMap(({ signed, changedResult }) =>
      changedResult === undefined ? [] : [{ tx: signed.id, ...changedResult }],
    ),
    dropped: await dropsOf(context, runOf(place, pool, staged.transactions), options.causes),
  };
}
