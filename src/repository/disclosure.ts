/** Blocks of other branches that a push takes along: whoever may read the remote reads them from then on. */
import type { BlockId } from '../ledger/block.ts';
import type { RepositoryContext } from './context.ts';
import type { Planned } from './push-plan.ts';

/** How many blocks come along of which branch, beside the branches that are pushed. */
export function disclosedBlocks(
  { reader }: RepositoryContext,
  planned: readonly Planned[],
  blocks: readonly BlockId[],
): ReadonlyMap<string, number> {
  const pushed = new Set(planned.map(({ target }) => target));
  const others = new Map<string, number>();
  for (const id of blocks) {
    const { branch } = reader.header(id);
    if (!pushed.has(branch)) others.set(branch, (others.get(branch) ?? 0) + 1);
  }
  return others;
}
