/** What a commit reaches through its tree: for things so small that walking them is nothing, as versions of the directory are. */
import { decodeCommit } from './commit.ts';
import type { Oid } from './oid.ts';
import { type ObjectSource, readTree } from './source.ts';

/** Adds the commit and all objects of its tree; what is in `found` already is not entered. Its parents are not visited. */
export function addReached(source: ObjectSource, commit: Oid, found: Set<Oid>): void {
  const addTree = (tree: Oid): void => {
    if (found.has(tree)) return;
    found.add(tree);
    for (const { mode, oid } of readTree(source, tree)) {
      if (mode === '40000') addTree(oid);
      else found.add(oid);
    }
  };
  found.add(commit);
  addTree(decodeCommit(source.read(commit).body).tree);
}
