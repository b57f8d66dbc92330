/** What `status` says of a merge that waits for people, from plain files. Loaded only where there is one. */
import { PendingFolder } from '../repository/pending-folder.ts';

export interface PendingStatus {
  readonly target: string;
  readonly source: string;
  readonly mode: 'agreed' | 'rows';
  readonly total: number;
  readonly resolved: number;
  /** A branch has moved since: the conflicts will be computed again. */
  readonly moved: boolean;
}

/** @param directory the `.aergo` directory */
export function pendingStatus(directory: string): PendingStatus | undefined {
  const folder = new PendingFolder(directory);
  const merge = folder.read();
  if (merge === undefined) return undefined;
  const { target, source, mode, conflicts } = merge;
  return { target, source, mode, total: conflicts.left, resolved: folder.resolved(), moved: folder.hasMoved(merge) };
}
