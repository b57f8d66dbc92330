/** The branches that say all: those whose blocks are not all in another one that is named already. */
import type { Repository } from './face.ts';

/**
 * @param names Branches, or revisions that stand for them.
 * @returns Those that are left, the current branch first.
 */
export async function leadingBranches(repository: Repository, names: readonly string[]): Promise<string[]> {
  const current = repository.head.branch;
  const ordered = [...names.filter((name) => name === current), ...names.filter((name) => name !== current)];
  const leading: string[] = [];
  for (const name of ordered) {
    if (!(await isCovered(repository, name, leading))) leading.push(name);
  }
  return leading;
}

async function isCovered(repository: Repository, name: string, by: readonly string[]): Promise<boolean> {
  for (const other of by) {
    const own = await repository.log({ range: `${other}..${name}`, limit: 1 });
    if (own.length === 0) return true;
  }
  return false;
}
