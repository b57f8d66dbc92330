/** The branches that say all: those whose blocks are not all in another one that is named already. */
import { isHistoryCut } from '../ledger/cut.ts';
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
    if (await isWithin(repository, name, other)) return true;
  }
  return false;
}

/** Where the history of this copy is cut, it may not be known; then the branch says something of its own. */
async function isWithin(repository: Repository, name: string, other: string): Promise<boolean> {
  try {
    return (await repository.log({ range: `${other}..${name}`, limit: 1 })).length === 0;
  } catch (error) {
    if (isHistoryCut(error)) return false;
    throw error;
  }
}
