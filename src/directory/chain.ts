/**
 * The directory as a chain: verified version by version (not only the last: what stands between decides who may sign it),
 * and held against what was seen before, so that nobody is led back or aside.
 */
import type { Block } from '../ledger/block.ts';
import type { Oid } from '../object/oid.ts';
import { checkFirstVersion } from './first-version.ts';
import { type Blocks, headsFault } from './heads.ts';
import { stepFault } from './step.ts';
import { type DirectoryReader, type DirectoryVersion, directoryInvalid } from './version.ts';

/** What versions are verified against. */
export interface ChainContext extends Blocks {
  readonly versions: DirectoryReader;
  readonly genesis: Block;
}

/**
 * Verifies every version after `known` up to `newest`; from the first where nothing is known.
 * @param known a version that was verified before
 * @returns their ids, oldest first
 * @throws AergoError AERGO_DIRECTORY_INVALID at the first that is wrong; AERGO_OBJECT_MISSING
 */
export function verifyVersions(context: ChainContext, newest: Oid, known?: Oid): Oid[] {
  const { versions } = context;
  const path = versionsAfter(versions, newest, known);
  let before = known === undefined ? undefined : versions.version(known);
  for (const id of path) {
    const version = versions.version(id);
    if (before === undefined) checkFirstVersion(context.reader.source, version, context.genesis);
    else checkStep(context, before, version);
    before = version;
  }
  const fault = before === undefined ? undefined : headsFault(before, context);
  if (before !== undefined && fault !== undefined) throw directoryInvalid(before.id, fault);
  return path;
}

function checkStep(context: ChainContext, before: DirectoryVersion, after: DirectoryVersion): void {
  after.check();
  const fault = stepFault(before, after, context);
  if (fault !== undefined) throw directoryInvalid(after.id, fault.what);
}

/** The ids from the version after `known` (from the first where that is left out) to `newest`, oldest first. */
function versionsAfter(versions: DirectoryReader, newest: Oid, known: Oid | undefined): Oid[] {
  const path: Oid[] = [];
  for (const version of versionsBack(versions, newest)) {
    if (version.id === known) return path.reverse();
    path.push(version.id);
  }
  if (known === undefined) return path.reverse();
  throw directoryInvalid(newest, `it does not come after ${known.slice(0, 7)}`);
}

/** A version and those before it, newest first, down to the first; their numbers must go down by one. */
export function* versionsBack(versions: DirectoryReader, newest: Oid): Generator<DirectoryVersion, void> {
  let version = versions.version(newest);
  for (;;) {
    yield version;
    const { previous, id } = version;
    if (previous === undefined) return;
    const before: DirectoryVersion = versions.version(previous);
    if (before.version !== version.version - 1)
      throw directoryInvalid(id, `its version is ${version.version}, after ${before.version}`);
    version = before;
  }
}

/** The version of this number at or before `newest`; `undefined` for a number that none has. */
export function versionAt(versions: DirectoryReader, newest: Oid, number: number): DirectoryVersion | undefined {
  for (const version of versionsBack(versions, newest)) {
    if (version.version === number) return version;
    if (version.version < number) return undefined;
  }
  return undefined;
}

/**
 * How a version that is offered stands to the newest that was seen: `forward`, with what comes after it; `rollback`: a version
 * from before it; `equivocation`: two versions of one number on the same version, both rightly signed.
 */
export type Relation =
  | { readonly kind: 'forward'; readonly versions: readonly Oid[] }
  | { readonly kind: 'rollback'; readonly known: Oid; readonly found: Oid }
  | { readonly kind: 'equivocation'; readonly known: Oid; readonly found: Oid };

/**
 * Verifies what is offered against what was seen.
 * @param known the newest version that was verified
 * @param offered what another place says is the newest
 * @throws AergoError AERGO_DIRECTORY_INVALID where it is not rightly made, or of another repository; AERGO_OBJECT_MISSING
 */
export function relate(context: ChainContext, known: Oid, offered: Oid): Relation {
  const { versions } = context;
  const [ours, theirs] = [versions.version(known), versions.version(offered)];
  const number = Math.min(ours.version, theirs.version);
  const [a, b] = [versionAt(versions, known, number), versionAt(versions, offered, number)];
  if (a === undefined || b === undefined) throw directoryInvalid(offered, 'it has no version of its number');
  if (a.id !== b.id) return apart(context, a, b);
  if (theirs.version < ours.version) return { kind: 'rollback', known, found: offered };
  return { kind: 'forward', versions: verifyVersions(context, offered, known) };
}

/** Two versions of one number: back to where they part. */
function apart(context: ChainContext, known: DirectoryVersion, found: DirectoryVersion): Relation {
  let [ours, theirs] = [known, found];
  while (ours.previous !== theirs.previous) {
    if (ours.previous === undefined || theirs.previous === undefined) break;
    [ours, theirs] = [context.versions.version(ours.previous), context.versions.version(theirs.previous)];
    if (ours.version !== theirs.version) throw directoryInvalid(found.id, 'its versions are not numbered one by one');
  }
  if (ours.previous === undefined || theirs.previous === undefined)
    throw directoryInvalid(found.id, 'it is the directory of another repository');
  // Only what was rightly signed is evidence against whoever signed it.
  checkStep(context, context.versions.version(theirs.previous), theirs);
  return { kind: 'equivocation', known: ours.id, found: theirs.id };
}
