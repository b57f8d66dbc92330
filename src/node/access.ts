/**
 * Who may do what with a repository over the network. What an outsider may not see is answered as what is not there: the
 * anonymous are asked to log in whatever they name, and whoever has logged in and may not read finds nothing.
 */
import type { KeyId } from '../crypto/key.ts';
import { may } from '../directory/rights.ts';
import type { DirectoryContent } from '../directory/version.ts';

/** What becomes of a request: it is let in, must log in, finds nothing, or may read but not do this. */
export type Access = 'allowed' | 'log-in' | 'not-found' | 'forbidden';

/** What of a directory version decides. */
export type JudgedDirectory = Pick<DirectoryContent, 'members' | 'policy'>;

/** Who asks: a member's key or another's, nobody in particular, or somebody whose token is not good. */
export type Asker = KeyId | 'anonymous' | 'refused';

const rolesThatRead = ['read', 'write', 'seal', 'merge', 'publish', 'admin'] as const;

/**
 * @param directory the newest version; undefined where there is no such repository
 * @param writes whether it is a push
 * @param isPrivate whether only members read at this place, whatever the policy says
 */
export function accessOf(
  directory: JudgedDirectory | undefined,
  who: Asker,
  writes: boolean,
  isPrivate: boolean,
): Access {
  const isPublic = directory?.policy.visibility === 'public' && !isPrivate;
  if (who === 'anonymous' || who === 'refused')
    return isPublic && !writes && who === 'anonymous' ? 'allowed' : 'log-in';
  if (directory === undefined) return 'not-found';
  const member = directory.members.get(who);
  const isMember = member !== undefined && member.revoked === undefined;
  const reads = isPublic || rolesThatRead.some((role) => isMember && holdsSomewhere(directory, who, role));
  if (!reads) return 'not-found';
  if (!writes) return 'allowed';
  return isMember && pushes(directory, who) ? 'allowed' : 'forbidden';
}

/** A right on any branch at all; on which is judged when it is known what comes in. */
function holdsSomewhere(directory: JudgedDirectory, key: KeyId, role: (typeof rolesThatRead)[number]): boolean {
  if (may(directory, key, role)) return true;
  return directory.members.get(key)?.roles.some((text) => text.startsWith(`${role}:`)) === true;
}

/** A push brings blocks, which somebody sealed, or moves refs; a reader does neither. */
const pushes = (directory: JudgedDirectory, key: KeyId): boolean =>
  (['seal', 'merge', 'publish', 'admin'] as const).some((role) => holdsSomewhere(directory, key, role));
