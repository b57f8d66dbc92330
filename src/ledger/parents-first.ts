/** The order in which blocks are verified, and written when they come from elsewhere. */
import type { BlockId } from './block.ts';

/**
 * The blocks reachable from `heads` in an order in which every block comes after its parents and, as far as that allows,
 * right after its first parent, so that an engine seldom has to move between branches.
 * @param parentsOf the parents of a block that are to be visited; leave out those that are known
 */
export function parentsFirst(parentsOf: (id: BlockId) => readonly BlockId[], heads: readonly BlockId[]): BlockId[] {
  const order: BlockId[] = [];
  const state = new Map<BlockId, 'open' | 'done'>();
  const stack: BlockId[] = [...heads].reverse();
  for (let id = stack.at(-1); id !== undefined; id = stack.at(-1)) {
    const known = state.get(id);
    if (known !== undefined) {
      stack.pop();
      if (known === 'open') order.push(id);
      state.set(id, 'done');
      continue;
    }
    state.set(id, 'open');
    // The first parent is pushed below the second, so its chain is finished last, just before this block.
    for (const parent of parentsOf(id)) if (!state.has(parent)) stack.push(parent);
  }
  return order;
}
