/** Saying in the directory where branches and snapshots stand: what makes a head a published one. */
import type { SigningKey } from '../crypto/key.ts';
import { changesLimit } from '../directory/files.ts';
import { may } from '../directory/rights.ts';
import type { RepositoryContext } from './context.ts';
import { publishedRefs, writeVersions } from './directory-write.ts';

/**
 * Publishes the heads and snapshots as they stand, where they are not published yet.
 * @param key its member needs the role `publish`, or is an admin
 * @returns whether the key may publish here
 */
export async function publishRefs(context: RepositoryContext, key: SigningKey): Promise<boolean> {
  const isAllowed = may(context.directoryVersion, key.id, 'publish');
  // A version has so many changes at most: what is more takes several. As many names may go as there are now, and as many come.
  const steps = Math.ceil((context.branchNames().length + context.snapshotNames().length + 1) / changesLimit);
  const step = publishedRefs(context, changesLimit);
  if (isAllowed) await writeVersions(context, Array(2 * steps).fill(step), { key });
  return isAllowed;
}
