/**
 * What a push brings of the directory: the versions that the remote lacks and, where nobody there publishes, the one that says
 * where the pushed refs stand from then on.
 */
import type { KeyId, SigningKey } from '../crypto/key.ts';
import { versionsBack } from '../directory/chain.ts';
import type { Head } from '../directory/files.ts';
import { namesRef } from '../directory/heads.ts';
import { may } from '../directory/rights.ts';
import type { DirectoryVersion } from '../directory/version.ts';
import { AergoError } from '../errors.ts';
import type { BlockId } from '../ledger/block.ts';
import { branchRef, directoryRef, snapshotRef } from '../ledger/names.ts';
import { peelSnapshot } from '../ledger/snapshot.ts';
import type { NewObject } from '../object/object.ts';
import type { Oid } from '../object/oid.ts';
import { addReached } from '../object/reached.ts';
import type { RemoteRefs } from '../wire/discovery.ts';
import type { RepositoryContext } from './context.ts';
import { headOf, keepVersions, prepareVersions } from './directory-write.ts';
import type { Planned } from './push-plan.ts';

/** Versions of the directory up to `newest` that the remote lacks, as they are to be sent; undefined where it has all of them. */
export function directoryAhead(
  { store, directoryReader }: RepositoryContext,
  found: RemoteRefs,
  newest: DirectoryVersion,
): { readonly objects: readonly NewObject[] } | undefined {
  const theirs = found.refs.find(({ name }) => name === directoryRef)?.oid;
  // One that is not here has come there since the fetch.
  if (theirs === newest.id || (theirs !== undefined && !store.has(theirs))) return undefined;
  const reached = new Set<Oid>();
  for (const { id } of versionsBack(directoryReader, newest.id)) {
    if (id === theirs) break;
    addReached(store, id, reached);
  }
  return { objects: [...reached].map((oid) => ({ oid, ...store.read(oid) })) };
}

/** What a version names and the remote lacks: that must be there when the version is. */
export function namedRefs(
  { store, history }: RepositoryContext,
  { heads, tags }: DirectoryVersion,
  found: RemoteRefs,
  planned: readonly Planned[],
): Planned[] {
  const there = new Map(found.refs.map(({ name, oid }) => [name, oid]));
  const moving = new Set(planned.map(({ name }) => name));
  const named = [
    ...[...heads].map(([target, { head }]) => ({ name: branchRef(target), target, new: head })),
    ...[...tags].map(([name, { tag }]) => ({ name: snapshotRef(name), target: `tags/${name}`, new: tag })),
  ];
  const lacking = named.map((ref) => ({ ...ref, old: there.get(ref.name) ?? null }));
  return lacking.filter(({ name, old, new: id }) => {
    if (moving.has(name) || old === id || !store.has(id)) return false;
    // One that has gone on since, as a server's does before it publishes that, has what is named.
    return old === null || (history.has(old) && history.has(id) && history.isOnChain(old, id));
  });
}

/**
 * What a push deletes of that which the directory names, where the pusher may take it out of there: whoever publishes at the
 * remote need not be an admin.
 */
export const droppedRefs = (
  { directoryVersion }: RepositoryContext,
  planned: readonly Planned[],
  pusher: KeyId,
): Planned[] =>
  may(directoryVersion, pusher, 'admin')
    ? planned.filter(({ name, new: id }) => id === null && namesRef(directoryVersion, name))
    : [];

/** The version of the directory that says where the pushed refs stand, and how it becomes ours. */
export function publishing(
  context: RepositoryContext,
  planned: readonly Planned[],
  key: SigningKey,
): { version: DirectoryVersion; objects: readonly NewObject[]; keep(): Promise<void> } {
  const before = context.directoryVersion;
  if (!may(before, key.id, 'publish')) {
    throw new AergoError('AERGO_DIRECTORY_NOT_ALLOWED', `${key.id} may not publish, and this remote cannot do it`, {
      hint: 'a plain Git repository needs somebody with the role publish: aergo member add',
      details: { key: key.id },
    });
  }
  const heads = new Map(before.heads);
  const tags = new Map(before.tags);
  for (const { name, target, new: id } of planned) {
    if (name.startsWith(snapshotRef(''))) {
      const snapshot = target.slice('tags/'.length);
      if (id === null) tags.delete(snapshot);
      else tags.set(snapshot, { tag: id, block: peelSnapshot(context.store, id) });
    } else if (id === null) heads.delete(target);
    else heads.set(target, standingOf(context, target, id));
  }
  const prepared = prepareVersions(context, [() => ({ heads, tags })], { key });
  return {
    version: prepared.version,
    objects: prepared.objects,
    keep: () => keepVersions(context, prepared),
  };
}

/** A head as the directory has it: of a branch without a block of its own the start is the local branch's. */
export function standingOf(context: RepositoryContext, branch: string, id: BlockId): Head {
  const { start, branch: sealedOn } = context.reader.header(id);
  const local = context.store.ref(branchRef(branch))?.start;
  return headOf(context, branch, id, sealedOn === branch ? start : (local ?? start));
}
