/**
 * The home of the directory: where the policy names one, it is the one place where versions are written and heads published.
 * All others are mirrors, which take the home's versions and no others.
 */
import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { placeOfUrl } from '../directory/token.ts';
import type { DirectoryVersion } from '../directory/version.ts';
import { AergoError } from '../errors.ts';
import type { BlockId } from '../ledger/block.ts';
import { snapshotRef } from '../ledger/names.ts';
import type { RepositoryContext } from './context.ts';
import { ownVersions } from './directory-own.ts';
import type { Planned } from './push-plan.ts';
import { listRemotes, placeOf, type Remote } from './remotes.ts';

/**
 * Whether the directory is written at a place.
 * @param home the policy's; undefined: it is written anywhere
 * @param place a URL or a path
 */
export const isHome = (home: string | undefined, place: string): boolean =>
  home === undefined || nameOf(home) === nameOf(place);

/** One name for all ways to write a place. */
function nameOf(place: string): string {
  if (/^https?:\/\//i.test(place) && URL.canParse(place)) {
    const { origin, repository } = placeOfUrl(place);
    return `${origin}${repository}`;
  }
  try {
    const found = placeOf(place);
    return found.kind === 'http' ? place : realpathSync(found.path);
  } catch (error) {
    if (error instanceof AergoError) return resolve(place);
    throw error;
  }
}

/** What of the directory may go to a place. */
export interface DirectoryAtPlace {
  readonly isHome: boolean;
  readonly home: string | undefined;
  /** The newest version that other places are known to have. */
  readonly seen: DirectoryVersion;
  /** The newest version that may go there: at the home the one in force here, elsewhere the newest that the home has. */
  readonly newest: DirectoryVersion;
  /** Versions that were made here and that only the home takes. */
  readonly kept: readonly DirectoryVersion[];
}

/** Judged by the version that others have: the home that a new version names is not the home before that one has come there. */
export function directoryAt(context: RepositoryContext, { url }: Remote): DirectoryAtPlace {
  const { directoryVersion } = context;
  const own = ownVersions(context);
  const seen = own[0]?.before ?? directoryVersion;
  const { home } = seen.policy;
  const at = { isHome: isHome(home, url), home, seen, newest: directoryVersion, kept: [] };
  // Of the home itself no other place need have heard.
  if (at.isHome || isHome(home, context.directory)) return at;
  return { ...at, newest: seen, kept: own.map(({ version }) => version) };
}

/** What is to be said in the directory and cannot be said at a mirror. */
export function onlyAtHome(context: RepositoryContext, home: string | undefined, what: string): AergoError {
  const remote = listRemotes(context.directory).find(({ url }) => isHome(home, url));
  return new AergoError('AERGO_PUSH_HOME', what, {
    hint: remote === undefined ? `aergo remote add home ${home}` : `aergo push ${remote.name}`,
    details: { home },
  });
}

/**
 * Throws `AERGO_PUSH_HOME` where a mirror would not have what the directory names, or would have blocks that name a version
 * which only this repository has.
 */
export function checkMirrored(
  context: RepositoryContext,
  { home, newest, kept }: DirectoryAtPlace,
  planned: readonly Planned[],
  blocks: readonly BlockId[],
): void {
  for (const ref of planned) {
    const what = takenBack(context, newest, ref);
    if (what !== undefined) throw onlyAtHome(context, home, what);
  }
  const own = new Map(kept.map(({ id, version }) => [id, version]));
  for (const id of blocks) {
    const header = context.reader.header(id);
    const version = header.kind === 'genesis' ? undefined : own.get(header.directory);
    if (version === undefined) continue;
    const what = `block ${header.height} names version ${version} of the directory, which its home, ${home}, has not yet`;
    throw onlyAtHome(context, home, what);
  }
}

/** What a version names and would not be there any more when the ref has moved. */
function takenBack(
  { history }: RepositoryContext,
  { heads, tags }: DirectoryVersion,
  { name, target, new: id }: Planned,
): string | undefined {
  const isSnapshot = name.startsWith(snapshotRef(''));
  const head = isSnapshot ? undefined : heads.get(target);
  const tag = isSnapshot ? tags.get(target.slice('tags/'.length)) : undefined;
  if (head === undefined && tag === undefined) return undefined;
  if (id === null || (tag !== undefined && tag.tag !== id))
    return `the directory names ${target}, and only its home takes that back`;
  if (head === undefined || !history.has(head.head) || history.isAncestor(head.head, id)) return undefined;
  return `the directory has ${target} at block ${head.height}, which is not in what is pushed`;
}
