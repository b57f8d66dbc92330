/**
 * Through which block a transaction is in effect. Blocks on the first-parent chain say so themselves; a merge row by row
 * takes over rows, and with them all that was in effect at its second parent and at none of its bases (docs/format.md). Where the
 * history is cut, it is asked of the blocks that are there.
 */
import type { BlockId } from './block.ts';
import type { History } from './history.ts';

/**
 * @param applied the blocks that list the transaction as applied
 * @returns one of them; undefined where it is not in effect at `head`
 */
export function blockInEffect(history: History, applied: readonly BlockId[], head: BlockId): BlockId | undefined {
  const known = new Map<BlockId, BlockId | undefined>();
  const at = (block: BlockId): BlockId | undefined => {
    if (known.has(block) || (history.isCut && !history.has(block))) return known.get(block);
    const { time } = history.record(block);
    const earlier = applied.filter((one) => history.record(one).time <= time);
    const found = earlier.find((one) => history.isOnChainHere(one, block));
    const through = found ?? (earlier.length === 0 ? undefined : throughMerges(block));
    known.set(block, through);
    return through;
  };
  const throughMerges = (block: BlockId): BlockId | undefined => {
    let merge = history.rowMergeHere(block);
    while (merge !== undefined) {
      const { parents, bases = [] } = history.record(merge);
      const [first, second] = parents;
      const there = second && at(second);
      if (there !== undefined && bases.every((base) => at(base) === undefined)) return there;
      merge = first && history.rowMergeHere(first);
    }
    return undefined;
  };
  return at(head);
}
