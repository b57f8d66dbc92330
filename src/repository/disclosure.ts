/** Blocks of other branches that a push takes along: whoever may read the remote reads them from then on. */
import type { DirectoryVersion } from '../directory/version.ts';
import type { BlockId } from '../ledger/block.ts';
import type { RepositoryContext } from './context.ts';
import type { Planned } from './push-plan.ts';

/**
 * How many blocks come along of which branch, beside the branches that are pushed.
 * @param seen the directory as other places have it: what it has published is no secret any more
 */
export function disclosedBlocks(
  { reader, history }: RepositoryContext,
  seen: Pick<DirectoryVersion, 'heads' | 'tags'>,
  planned: readonly Planned[],
  blocks: readonly BlockId[],
): ReadonlyMap<string, number> {
  const pushed = new Set(planned.map(({ target }) => target));
  const beside = blocks.filter((id) => !pushed.has(reader.header(id).branch));
  const others = new Map<string, number>();
  if (beside.length === 0) return others;
  const named = [
    ...[...seen.heads.values()].map(({ head }) => head),
    ...[...seen.tags.values()].map(({ block }) => block),
  ];
  const published = new Set(history.reachable(named.filter((id) => history.has(id))));
  for (const id of beside) {
    const { branch } = reader.header(id);
    if (!published.has(id)) others.set(branch, (others.get(branch) ?? 0) + 1);
  }
  return others;
}
