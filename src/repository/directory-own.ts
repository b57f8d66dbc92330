/**
 * Versions of the directory that were made here and that no other place has yet. Where others were quicker they are made again
 * on what those wrote, by whoever made them; a version that stands in between would be nobody's.
 */
import type { KeyId, SigningKey } from '../crypto/key.ts';
import { versionAt, versionsBack } from '../directory/chain.ts';
import { changesBetween, describeChanges } from '../directory/changes.ts';
import type { MemberFile, Policy } from '../directory/files.ts';
import { isActive, membersOf } from '../directory/rights.ts';
import type { DirectoryVersion } from '../directory/version.ts';
import { AergoError } from '../errors.ts';
import { versionOf } from '../ledger/authority.ts';
import type { BlockId } from '../ledger/block.ts';
import { remoteDirectoryRef, seenDirectoryRef } from '../ledger/names.ts';
import type { Oid } from '../object/oid.ts';
import type { RefUpdate } from '../store/refs.ts';
import type { RepositoryContext } from './context.ts';
import { type Step, writeVersions } from './directory-write.ts';

/** The newest version that another place is known to have; the first, which all have, where none was ever asked. */
function seenVersion(context: RepositoryContext): Oid {
  const ref = context.store.ref(seenDirectoryRef);
  if (ref !== undefined) return ref.oid;
  let first = context.directoryVersion.id;
  for (const { id } of versionsBack(context.directoryReader, first)) first = id;
  return first;
}

/** Whether a version is the one in force here, or one before it. */
export const isOurs = (
  { directoryReader, directoryVersion }: RepositoryContext,
  { id, version }: Pick<DirectoryVersion, 'id' | 'version'>,
): boolean => versionAt(directoryReader, directoryVersion.id, version)?.id === id;

/** What notes that a remote has this version. */
export function noteSeen(
  { store, directoryReader }: RepositoryContext,
  remote: string,
  { id, version }: Pick<DirectoryVersion, 'id' | 'version'>,
): RefUpdate[] {
  const newer = (name: string): RefUpdate[] => {
    const old = store.ref(name)?.oid ?? null;
    return old !== null && directoryReader.version(old).version >= version ? [] : [{ name, old, new: id }];
  };
  return [seenDirectoryRef, remoteDirectoryRef(remote)].flatMap(newer);
}

/** Forgets what a remote had: another may be called so next. What was seen anywhere stays. */
export async function forgetSeen(context: RepositoryContext, remote: string): Promise<void> {
  const name = remoteDirectoryRef(remote);
  const old = context.store.ref(name)?.oid;
  if (old === undefined) return;
  await context.store.write({ refs: [{ name, old, new: null }], operation: context.operation() });
}

/**
 * What an offered version is held against: what this remote had before, where it may be behind other places as a mirror is; the
 * newest that was seen anywhere, where it is not behind.
 */
export function knownOf(context: RepositoryContext, remote: string, offered: DirectoryVersion): Oid {
  const seen = seenVersion(context);
  const isBehind = versionAt(context.directoryReader, seen, offered.version)?.id === offered.id;
  return isBehind ? (context.store.ref(remoteDirectoryRef(remote))?.oid ?? offered.id) : seen;
}

/** The versions that only this repository has, oldest first, each with the one before. */
export function ownVersions(
  context: RepositoryContext,
  seen = seenVersion(context),
): { before: DirectoryVersion; version: DirectoryVersion }[] {
  const own: { before: DirectoryVersion; version: DirectoryVersion }[] = [];
  const known = context.directoryReader.version(seen).version;
  for (const version of versionsBack(context.directoryReader, context.directoryVersion.id)) {
    if (version.version <= known || version.previous === undefined) break;
    own.push({ before: context.directoryReader.version(version.previous), version });
  }
  return own.reverse();
}

/**
 * The active keys of the same member that other places know, where they do not know this one: only versions made here do. Empty
 * where they know it, or know none.
 */
export function keysKnownElsewhere(context: RepositoryContext, key: KeyId): KeyId[] {
  const { members } = context.directoryVersion;
  const before = ownVersions(context)[0]?.before;
  if (before === undefined || before.members.has(key)) return [];
  return membersOf(before).flatMap((member) =>
    isActive(member) && member.name === members.get(key)?.name ? [member.key] : [],
  );
}

/** What became of own versions that others overtook, a line for each change. */
export interface Overtaken {
  /** Made again, on what the others wrote. */
  readonly again: readonly string[];
  /** To be made again by whoever may. */
  readonly left: readonly string[];
}

/**
 * Makes own versions again on the version in force, as far as the key made them and still may.
 * @param key undefined: none is made again
 */
export async function makeAgain(
  context: RepositoryContext,
  own: ReturnType<typeof ownVersions>,
  key: SigningKey | undefined,
): Promise<Overtaken> {
  const result = { again: [] as string[], left: [] as string[] };
  for (const { before, version } of own) {
    const changes = changesBetween(before, version);
    // Heads are published anew with the next push.
    const lines = describeChanges({ ...changes, heads: [], tags: [] });
    const isDone = key?.id === version.signer && (await isWritten(context, sameChanges(before, version), key));
    result[isDone ? 'again' : 'left'].push(...lines);
  }
  return result;
}

/** Whether the change could be made; what the rules have against it leaves it to people. */
async function isWritten(context: RepositoryContext, step: Step, key: SigningKey): Promise<boolean> {
  try {
    await writeVersions(context, [step], { key });
    return true;
  } catch (error) {
    if (error instanceof AergoError && error.code.startsWith('AERGO_DIRECTORY_')) return false;
    throw error;
  }
}

/** The same members and the same parts of the policy changed, on another version. */
function sameChanges(before: DirectoryVersion, version: DirectoryVersion): Step {
  const changes = changesBetween(before, version);
  return (base) => {
    const number = base.version + 1;
    const members = new Map<KeyId, MemberFile>(base.members);
    for (const { name, before: was, after } of changes.members) {
      if (after === undefined) continue;
      const from = was === undefined ? number : after.from;
      const revoked = after.revoked === undefined ? {} : { revoked: { ...after.revoked, version: number } };
      members.set(name, { ...after, from, ...revoked });
    }
    const policy: Policy = { ...base.policy };
    for (const member of changes.policy) {
      if (version.policy[member] === undefined) delete policy[member as 'home'];
      else Object.assign(policy, { [member]: version.policy[member] });
    }
    return { members, policy };
  };
}

/** Whether a block names a version that was overtaken: it has to be made again. */
export const namesOvertaken = (context: RepositoryContext, block: BlockId): boolean =>
  versionOf(context.authority, context.reader.header(block)) === undefined;
