/**
 * A directory that another place offers: every version since the newest that was seen is verified, and whoever leads back,
 * aside, or nowhere any more is refused. What speaks against somebody is kept.
 */
import { relate } from '../directory/chain.ts';
import { DirectoryReader, type DirectoryVersion } from '../directory/version.ts';
import { AergoError } from '../errors.ts';
import type { VerifyContext } from '../ledger/verify.ts';
import type { Oid } from '../object/oid.ts';
import type { RepositoryContext } from './context.ts';
import { keepEvidence, type Misbehaviour } from './evidence.ts';

export interface OfferedDirectory {
  /** The newest version, as the other place has it. */
  readonly newest: Oid;
  /** The newest that was seen, there or anywhere. */
  readonly known: Oid;
  /** A remote's name or URL, for messages and evidence. */
  readonly place: string;
}

/**
 * Verifies what is offered, over a source of blocks and versions that has what came with it; the blocks that its heads name must
 * be there.
 * @returns the versions after `known`, oldest first
 * @throws AergoError AERGO_DIRECTORY_ROLLBACK, AERGO_DIRECTORY_EQUIVOCATION (the evidence is kept), AERGO_DIRECTORY_EXPIRED,
 * AERGO_DIRECTORY_INVALID, AERGO_OBJECT_MISSING
 */
export async function verifyOffered(
  context: RepositoryContext,
  { reader, history }: Pick<VerifyContext, 'reader' | 'history'>,
  { newest, known, place }: OfferedDirectory,
): Promise<readonly Oid[]> {
  const versions = new DirectoryReader(reader.source);
  const { repositoryId, options } = context;
  const relation = relate({ reader, history, versions, genesis: reader.block(repositoryId) }, known, newest);
  const seen = options.clock();
  if (relation.kind !== 'forward') {
    await keepEvidence(context.directory, reader.source, relation, { place, repository: repositoryId, seen });
    throw misbehaved(relation, versions.version(relation.found).version, versions.version(known).version, place);
  }
  checkFresh(versions.version(newest), seen, place);
  return relation.versions;
}

/** Throws `AERGO_DIRECTORY_EXPIRED` for a version that was to be believed until before `now` (ms). */
export function checkFresh({ id, expires, version }: DirectoryVersion, now: number, place: string): void {
  if (expires === undefined || expires >= now) return;
  throw new AergoError(
    'AERGO_DIRECTORY_EXPIRED',
    `${place} offers version ${version} of the directory, which was to be believed until ${new Date(expires).toISOString()}`,
    {
      hint: 'ask another place, or wait until a newer version is published',
      details: { place, directory: id, version, expires },
    },
  );
}

function misbehaved({ kind, known, found }: Misbehaviour, version: number, seen: number, place: string): AergoError {
  const details = { place, known, found, version };
  const hint = 'aergo directory verify      (the evidence is kept)';
  if (kind === 'rollback') {
    return new AergoError(
      'AERGO_DIRECTORY_ROLLBACK',
      `${place} offers version ${version} of the directory, and version ${seen} was seen before`,
      { hint, details },
    );
  }
  return new AergoError(
    'AERGO_DIRECTORY_EQUIVOCATION',
    `there are two versions ${version} of the directory: ${known.slice(0, 7)} was seen, and ${place} offers ${found.slice(0, 7)}`,
    { hint, details },
  );
}
