/**
 * The automatic merge: the pool's transactions run, in order, on the target's state; one that does not fit is dropped, the
 * rest go on without it (docs/merging.md).
 */
import { assembleBlock, type BlockPlan } from '../ledger/assemble.ts';
import type { BlockContent } from '../ledger/block.ts';
import { type BlockHeader, boundBranch } from '../ledger/header.ts';
import { type StageContext, type Staged, stage } from '../ledger/stage.ts';
import type { Pool } from './pool.ts';

/** What an automatic merge gives before anybody signs it. */
export interface StagedMerge {
  readonly pool: Pool;
  readonly staged: Staged;
  readonly content: BlockContent;
}

/** Runs the pool. The engine then holds the result: seal and `finish`, or `abandon`. */
export async function stageMerge(
  context: StageContext,
  pool: Pool,
  plan: Omit<BlockPlan, 'merge'>,
  source: BlockHeader,
): Promise<StagedMerge> {
  const staged = await stage(context, pool.candidates);
  const options = context.dropChangedResults === true ? { dropChangedResults: true as const } : {};
  const merge = { base: [...pool.bases], mode: 'automatic' as const, options, source: boundBranch(source) };
  return { pool, staged, content: assembleBlock({ ...plan, merge }, staged) };
}
