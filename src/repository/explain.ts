/**
 * Explaining a merge: every drop with its cause and with the chain of drops behind it, and what to amend. Of a merge that is
 * to be made, or of one that stands on the branch; nothing is written.
 */
import { AergoError } from '../errors.ts';
import type { BlockId } from '../ledger/block.ts';
import { logicOfMerge, type MergeHeader } from '../ledger/header.ts';
import { branchRef } from '../ledger/names.ts';
import { probe } from '../ledger/stage.ts';
import { poolOf } from '../merge/pool.ts';
import { branchLogic } from './branch-logic.ts';
import type { BranchHead, RepositoryContext } from './context.ts';
import { explainDrops, type RunPool, runOf, runOfBlock } from './drop-causes.ts';
import type { MergeResult } from './merge.ts';
import { nextBlock, stageContext } from './seal.ts';
import { summaryOf } from './views.ts';

export interface ExplainOptions {
  /** A branch as it would be merged, or was last; or a merge block by a revision; the last merge into the branch when left out. */
  readonly merge?: string;
  /** The branch that is merged into; the current one when left out. */
  readonly into?: string;
  readonly dropChangedResults?: boolean;
}

type Explained = MergeResult & Required<Pick<MergeResult, 'explanation'>>;

/** @throws AergoError AERGO_MERGE_NONE where there is no merge of transactions to explain, AERGO_REVISION_UNKNOWN */
export async function explainMerge(context: RepositoryContext, options: ExplainOptions): Promise<Explained> {
  const target = context.branch(options.into);
  const { merge } = options;
  if (merge === undefined) return explainLast(context, target, () => true, `into ${target.name}`);
  if (context.store.ref(branchRef(merge)) === undefined) return explainBlock(context, await context.resolve(merge));
  const source = context.branch(merge);
  if (!context.history.isAncestor(source.block, target.block))
    return explainToCome(context, target, source, options.dropChangedResults === true);
  const bound = `${source.name}:${source.start}`;
  return explainLast(context, target, (header) => header.source === bound, `of ${merge} into ${target.name}`);
}

/** The merge as it would be made now. */
async function explainToCome(
  context: RepositoryContext,
  target: BranchHead,
  source: BranchHead,
  dropChangedResults: boolean,
): Promise<Explained> {
  const { reader, history } = context;
  const sourceHeader = reader.header(source.block);
  if (logicOfMerge(sourceHeader, branchLogic(context, target)) !== undefined)
    throw noMerge(`${source.name} is merged row by row, as was agreed on: it has conflicts, no drops`);
  const next = nextBlock(context, target, source.block);
  const pool = await poolOf(reader, history, target.block, source.block);
  const staging = { ...stageContext(context, await context.engine(), next), dropChangedResults };
  const staged = await probe(staging, pool.candidates);
  const run = runOf({ ...next, source: source.block, dropChangedResults }, pool, staged);
  return { source: source.name, target: target.name, ...(await explainRun(context, run)) };
}

async function explainRun(context: RepositoryContext, run: RunPool) {
  const applied = run.outcomes.filter((one) => !one.dropped);
  return {
    mode: 'automatic' as const,
    pending: false,
    upToDate: false,
    applied: applied.map((one) => one.receipt),
    changedResults: applied.flatMap(({ candidate, receipt }) => {
      const [there, here] = [candidate.there?.result ?? null, receipt.result ?? null];
      return there === here ? [] : [{ tx: receipt.tx, there, here }];
    }),
    ...(await explainDrops(context, run)),
  };
}

/** The newest merge of transactions on the branch that is meant. */
function explainLast(
  context: RepositoryContext,
  target: BranchHead,
  isMeant: (header: MergeHeader) => boolean,
  what: string,
): Promise<Explained> {
  for (const id of context.history.chain(target.block)) {
    const header = context.reader.header(id);
    if (header.kind === 'merge' && header.mode === 'automatic' && isMeant(header)) return explainBlock(context, id);
  }
  throw noMerge(`there is no merge of transactions ${what}`);
}

/** A merge that was made. */
async function explainBlock(context: RepositoryContext, id: BlockId): Promise<Explained> {
  const header = context.reader.header(id);
  if (header.kind !== 'merge' || header.mode !== 'automatic')
    throw noMerge(`block ${header.height} ${id.slice(0, 7)} is no merge of transactions: nothing was dropped there`);
  const source = header.source.slice(0, header.source.lastIndexOf(':'));
  const explained = await explainRun(context, await runOfBlock(context, id));
  return { block: summaryOf(context, id), source, target: header.branch, ...explained };
}

const noMerge = (message: string): AergoError =>
  new AergoError('AERGO_MERGE_NONE', message, { hint: 'aergo log --graph' });
