/**
 * Who may do what with a repository of the pool, by its newest directory version. How it stands with a repository is not an
 * outsider's to know: neither whether a command has it, nor how long it takes to open.
 */
import { AergoError } from '../errors.ts';
import { type Access, type Asker, accessOf, type JudgedDirectory } from './access.ts';
import type { HeldRepository } from './held-repository.ts';

export interface Asked {
  readonly who: Asker;
  readonly writes: boolean;
  /** Whether only members read it here, whatever its policy says. */
  readonly isPrivate: boolean;
}

/**
 * @param held undefined: there is none at that path
 * @param onClosed is told why one that is there could not be opened; it is then answered as one that is not
 * @throws AergoError AERGO_LOCKED and what opening throws, to those who may know that it is there
 */
export async function accessTo(
  held: HeldRepository | undefined,
  { who, writes, isPrivate }: Asked,
  onClosed: (error: AergoError) => void,
): Promise<Access> {
  const access = (directory: JudgedDirectory | undefined): Access => accessOf(directory, who, writes, isPrivate);
  if (held === undefined) return access(undefined);
  const last = held.lastDirectory;
  // A refusal does not wait for the repository, where the version that it goes by is still the one in force.
  if (last !== undefined && access(last) !== 'allowed' && held.isInForce(last)) return access(last);
  if (held.lending && last !== undefined) return access(last);
  if (held.lending && (who === 'anonymous' || who === 'refused')) return access(undefined);
  try {
    return access(await held.use(async (context) => context.directoryVersion));
  } catch (error) {
    if (last !== undefined || !(error instanceof AergoError)) throw error;
    onClosed(error);
    return access(undefined);
  }
}
