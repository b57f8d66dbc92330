/**
 * Merging where people may have to decide: a merge that leaves conflicts waits, is computed again when a branch has moved,
 * and is sealed when every conflict has a choice. There is one at a time.
 */
import type { SigningKey } from '../crypto/key.ts';
import { AergoError } from '../errors.ts';
import type { RepositoryContext } from './context.ts';
import { type MergeOptions, type MergeResult, mergeBranches } from './merge.ts';
import {
  beginPending,
  chosenRows,
  type LeftToPeople,
  type OpenPending,
  openPending,
  pendingMerge,
  refuseSecondMerge,
  renewPending,
  shownDigest,
} from './pending.ts';
import { notPending, PendingFolder, type PendingMerge } from './pending-folder.ts';

/** Merges; what is left to people is written down, and waits. @throws AergoError AERGO_MERGE_PENDING when one waits already */
export async function mergeOrWait(context: RepositoryContext, options: MergeOptions): Promise<MergeResult> {
  context.needWhole('a merge');
  if (options.dryRun !== true) refuseSecondMerge(context);
  const result = await mergeBranches(context, options);
  if (result.pending && options.dryRun !== true)
    await beginPending(context, leftBy(context, result, options.pinned === true));
  return result;
}

function leftBy(
  context: RepositoryContext,
  { target, source, mode, conflicts }: MergeResult,
  pinned: boolean,
): LeftToPeople {
  if (mode === 'automatic') throw new AergoError('AERGO_INTERNAL', 'an automatic merge leaves nothing to people');
  const parents = [context.branch(target).block, context.branch(source).block] as const;
  return { target, source, parents, mode, pinned, conflicts: conflicts ?? { total: 0, byContract: 0, left: [] } };
}

/**
 * The merge that waits, computed again where one of its branches has moved since; choices for rows that are still the very
 * same are kept.
 * @throws AergoError AERGO_MERGE_NOT_PENDING, and what merging throws
 */
export async function refreshPending(context: RepositoryContext, sealer: SigningKey): Promise<OpenPending> {
  const merge = pendingMerge(context);
  if (merge === undefined) throw notPending();
  const open = openPending(context.directory);
  if (open !== undefined) return open;
  const result = await mergeBranches(context, { ...optionsOf(merge), sealer, dryRun: true });
  await renewPending(context, merge, leftBy(context, result, merge.pinned));
  const renewed = openPending(context.directory);
  if (renewed === undefined) throw new AergoError('AERGO_STORE_IO', 'the pending merge cannot be read back');
  return renewed;
}

const optionsOf = ({ source, target, mode, pinned }: PendingMerge) => ({
  source,
  into: target,
  ...(mode === 'rows' ? { rows: true } : {}),
  ...(pinned ? { pinned } : {}),
});

export interface ContinueOptions {
  /** Signs the choices. */
  readonly key: SigningKey;
  /** Signs the block; `key` when left out. */
  readonly sealer?: SigningKey;
  /** What a person was shown (`shownDigest`): nothing else is sealed. */
  readonly shown?: string;
}

export interface ContinuedMerge extends MergeResult {
  /** Whether it was computed again, because a branch had moved since. */
  readonly moved: boolean;
}

/**
 * Seals the merge that waits, when all its conflicts are settled; else gives those that are left.
 * @throws AergoError AERGO_MERGE_NOT_PENDING; AERGO_MERGE_MOVED when it is no more what was shown; what merging throws:
 * then it still waits, with every choice
 */
export async function continueMerge(
  context: RepositoryContext,
  { key, sealer = key, shown }: ContinueOptions,
): Promise<ContinuedMerge> {
  const waiting = pendingMerge(context);
  const moved = waiting !== undefined && new PendingFolder(context.directory).hasMoved(waiting);
  const open = await refreshPending(context, sealer);
  if (shown !== undefined && shown !== shownDigest(open)) throw movedSince(open.merge);
  const { merge, folder } = open;
  const choices = chosenRows(open);
  const result = await mergeBranches(context, { ...optionsOf(merge), sealer, author: key, choices });
  if (!result.pending) folder.remove();
  else await renewPending(context, merge, leftBy(context, result, merge.pinned));
  const { conflicts } = result;
  if (conflicts === undefined || !result.pending) return { ...result, moved };
  return { ...result, conflicts: { ...conflicts, left: open.resolution.unresolved() }, moved };
}

function movedSince({ source, target }: PendingMerge): AergoError {
  return new AergoError(
    'AERGO_MERGE_MOVED',
    `${source}, ${target} or a choice is not as it was shown; nothing was sealed`,
    {
      hint: 'aergo resolve     (shows what there is now)',
      details: { source, target },
    },
  );
}

/** Forgets the merge that waits and every choice; gives what it was. Throws AERGO_MERGE_NOT_PENDING. */
export function abortMerge(context: RepositoryContext): PendingMerge {
  const folder = new PendingFolder(context.directory);
  const merge = folder.read();
  if (merge === undefined) throw notPending();
  folder.remove();
  return merge;
}
