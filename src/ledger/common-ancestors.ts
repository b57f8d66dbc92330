/** What one head has and others have not, and where they meet. */
import type { BlockId } from './block.ts';
import type { History } from './history.ts';
import { NewestFirst } from './newest-first.ts';

const ofOurs = 1;
const ofTheirs = 2;
const belowBase = 4;

/**
 * The blocks that `theirs` has and none of `ours`, newest first, and the best common ancestors in byte order: those common
 * ancestors that are not ancestors of another. A block's time is after its parents', so visiting newest first sees every child
 * before its parents and each block once.
 * Source: git's `paint_down_to_common`, commit-reach.c (its documentation: git-merge-base).
 * @throws AergoError AERGO_HISTORY_CUT where it takes blocks from before the cut
 */
export function compareHeads(
  history: Pick<History, 'record' | 'has' | 'isCut'>,
  ours: readonly BlockId[],
  theirs: BlockId,
): { onlyTheirs: BlockId[]; bases: BlockId[] } {
  const marks = new Map<BlockId, number>();
  const marksOf = (id: BlockId): number => marks.get(id) ?? 0;
  const queue = new NewestFirst(history);
  const visit = (id: BlockId, bits: number): void => {
    marks.set(id, marksOf(id) | bits);
    queue.add(id);
  };
  for (const id of ours) visit(id, ofOurs);
  visit(theirs, ofTheirs);
  const onlyTheirs: BlockId[] = [];
  const bases: BlockId[] = [];
  // The first that is missing behind what both have: what else is common may stand before it, and be no best one.
  let missing: BlockId | undefined;
  while (queue.some((id) => (marksOf(id) & belowBase) === 0)) {
    const id = queue.take();
    if (id === undefined) break;
    let bits = marksOf(id);
    if (missing !== undefined && (bits & belowBase) === 0) history.record(missing);
    if (bits === ofTheirs) onlyTheirs.push(id);
    if (bits === (ofOurs | ofTheirs)) {
      bases.push(id);
      bits |= belowBase;
    }
    for (const parent of history.record(id).parents) {
      if ((bits & belowBase) !== 0 && history.isCut && !history.has(parent)) missing = parent;
      else visit(parent, bits);
    }
  }
  return { onlyTheirs, bases: bases.sort() };
}
