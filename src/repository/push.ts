/**
 * Pushing: the blocks that a remote lacks, copied from the volumes, and the refs to move there, forward only. A server of ours
 * publishes the new heads itself; where the remote is Git's alone, whoever pushes publishes them with the same push.
 */
import type { SigningKey } from '../crypto/key.ts';
import { versionsBack } from '../directory/chain.ts';
import type { Head } from '../directory/files.ts';
import { may } from '../directory/rights.ts';
import type { DirectoryVersion } from '../directory/version.ts';
import { AergoError } from '../errors.ts';
import type { BlockId } from '../ledger/block.ts';
import { branchRef, directoryRef, snapshotRef, trackingRef } from '../ledger/names.ts';
import { peelSnapshot } from '../ledger/snapshot.ts';
import type { NewObject } from '../object/object.ts';
import type { Oid } from '../object/oid.ts';
import { encodePackEntry } from '../object/pack-entry.ts';
import { addReached } from '../object/reached.ts';
import type { RefUpdate } from '../store/refs.ts';
import { commitsBetween } from '../wire/commit-graph.ts';
import { discoverRefs, type RemoteRefs } from '../wire/discovery.ts';
import type { PackSource } from '../wire/pack-writer.ts';
import type { RefCommand } from '../wire/push-request.ts';
import { sendPack } from '../wire/send-pack.ts';
import type { RepositoryContext } from './context.ts';
import { noteSeen } from './directory-own.ts';
import { headOf, keepVersions, prepareVersions } from './directory-write.ts';
import { discover, fetchOver } from './fetch.ts';
import { connect, type RemoteAccess, type RemoteConnection } from './remote-connection.ts';
import type { Remote } from './remotes.ts';
import { blockGraph } from './served.ts';

/** A ref to move at the remote. */
export interface PushedRef {
  /** What is there afterwards, a revision or a snapshot's name; null: nothing. */
  readonly source: string | null;
  /** A branch's name, or `tags/<snapshot>`. */
  readonly target: string;
}

export interface PushOptions {
  readonly access: RemoteAccess;
  /** Who pushes, and publishes where the remote does not. */
  readonly key: SigningKey;
  readonly refs: readonly PushedRef[];
  /** All refs or none, also where the remote would take some. */
  readonly atomic?: boolean;
  /** Of a target: what must stand there now (null: nothing); it may then move in any direction. */
  readonly lease?: ReadonlyMap<string, Oid | null>;
  /** Texts for the remote, as `git push --push-option`. */
  readonly options?: readonly string[];
  /** May blocks of other branches become readable for everybody? Asked where they would. Says yes where it returns. */
  disclose(blocks: ReadonlyMap<string, number>): Promise<void>;
}

export interface PushReport {
  readonly remote: string;
  readonly refs: readonly {
    readonly target: string;
    readonly old: Oid | null;
    readonly new: Oid | null;
    /** Why the remote did not move it. */
    readonly refused?: string;
  }[];
  /** How many blocks were sent. */
  readonly blocks: number;
  /** The version of the directory that the remote has now, where it lacked what was changed here; or why it has not. */
  readonly directory?: { readonly version: number; readonly refused?: string };
}

interface Planned extends RefCommand {
  readonly target: string;
}

/**
 * @throws AergoError AERGO_PUSH_MOVED and AERGO_DIRECTORY_OVERTAKEN before anything is sent; AERGO_DIRECTORY_NOT_ALLOWED where the pusher has to publish and
 * may not; what `connect` and the protocol throw. Refs that the remote refused are in the report.
 */
export async function pushRemote(
  context: RepositoryContext,
  remote: Remote,
  options: PushOptions,
): Promise<PushReport> {
  const connection = await connect(remote.url, { ...options.access, key: options.key }, context.options);
  try {
    const { access, key } = options;
    // What the remote has is known before anything is planned: its directory must be ours, or come after it.
    const { refs: standing } = await discover(connection, access);
    if (standing.length > 0) {
      const { directory } = await fetchOver(context, remote, connection, { access, signer: key });
      checkNothingLeft(remote, directory.left ?? []);
    }
    const pushed = await pushOver(context, remote, connection, options);
    if (pushed.refs.some(({ refused }) => refused === undefined)) await noteMoved(context, remote, pushed);
    // What the remote published of it, and who was quicker.
    const { onMessage: _, ...silent } = access;
    if (pushed.refs.length > 0 || pushed.directory !== undefined)
      await fetchOver(context, remote, connection, { access: silent });
    checkMoved(context, remote, pushed);
    return pushed;
  } finally {
    await connection.close();
  }
}

/** Changes of the directory that others overtook and this key could not make again. Nothing was sent yet. */
function checkNothingLeft({ name }: Remote, left: readonly string[]): void {
  if (left.length === 0) return;
  throw new AergoError(
    'AERGO_DIRECTORY_OVERTAKEN',
    `others changed the directory of ${name} first, and what was changed here does not hold any more: ${left.join(', ')}`,
    { hint: 'make it again, with the key that made it, and push', details: { remote: name, changes: left } },
  );
}

async function pushOver(
  context: RepositoryContext,
  remote: Remote,
  connection: RemoteConnection,
  options: PushOptions,
): Promise<PushReport> {
  const { access, atomic = false } = options;
  const found = await discoverRefs(connection.transport, 'git-receive-pack', { agent: access.agent });
  const isOurs = found.capabilities.get('agent')?.startsWith('aergo/') === true;
  const planned: Planned[] = [];
  for (const ref of options.refs) {
    const plan = await planRef(context, remote, found, ref, options.lease);
    if (plan !== undefined) planned.push(plan);
  }
  const ahead = directoryAhead(context, found);
  if (planned.length === 0 && ahead === undefined) return { remote: remote.name, refs: [], blocks: 0 };
  if (!isOurs) planned.push(...namedRefs(context, found, planned));
  const blocks = missingBlocks(context, found, planned);
  await askToDisclose(context, connection, access, planned, blocks, options);
  const published = !isOurs && planned.length > 0 ? publishing(context, planned, options.key) : undefined;
  const commands: RefCommand[] = [...planned.map(({ name, old, new: id }) => ({ name, old, new: id }))];
  const directory = published?.version ?? (ahead === undefined ? undefined : context.directoryVersion);
  if (directory !== undefined) {
    const old = found.refs.find(({ name }) => name === directoryRef)?.oid ?? null;
    commands.push({ name: directoryRef, old, new: directory.id });
  }
  const loose = new Map([...(ahead?.objects ?? []), ...(published?.objects ?? [])].map((one) => [one.oid, one]));
  const { onMessage } = access;
  const report = await sendPack(
    connection.transport,
    found,
    {
      commands,
      pack: packFor(context, blocks, planned, [...loose.values()]),
      atomic: atomic || published !== undefined,
      ...(options.options === undefined ? {} : { options: options.options }),
    },
    { agent: access.agent, ...(onMessage === undefined ? {} : { onProgress: onMessage }) },
  );
  const refusedDirectory = report.unpackFault ?? report.refs.get(directoryRef);
  if (directory !== undefined && refusedDirectory === undefined) {
    await published?.keep();
    const updates = noteSeen(context, remote.name, directory);
    if (updates.length > 0) await context.store.write({ refs: updates, operation: context.operation() });
  }
  const refs = planned.map(({ name, target, old, new: id }) => {
    const refused = report.unpackFault ?? report.refs.get(name);
    return { target, old, new: id, ...(refused === undefined ? {} : { refused }) };
  });
  const pushed = { remote: remote.name, refs, blocks: blocks.length };
  if (directory === undefined || ahead === undefined) return pushed;
  const { version } = directory;
  return {
    ...pushed,
    directory: refusedDirectory === undefined ? { version } : { version, refused: refusedDirectory },
  };
}

/** Versions of the directory that the remote lacks, as they are to be sent; undefined where it has what is in force here. */
function directoryAhead(
  context: RepositoryContext,
  found: RemoteRefs,
): { readonly objects: readonly NewObject[] } | undefined {
  const theirs = found.refs.find(({ name }) => name === directoryRef)?.oid;
  const { store, directoryReader, directoryVersion } = context;
  // One that is not here has come there since the fetch.
  if (theirs === directoryVersion.id || (theirs !== undefined && !store.has(theirs))) return undefined;
  const reached = new Set<Oid>();
  for (const { id } of versionsBack(directoryReader, directoryVersion.id)) {
    if (id === theirs) break;
    addReached(store, id, reached);
  }
  return { objects: [...reached].map((oid) => ({ oid, ...store.read(oid) })) };
}

/** What the directory says that a plain Git repository has: it must be there when the directory is. */
function namedRefs(
  { directoryVersion: { heads, tags } }: RepositoryContext,
  found: RemoteRefs,
  planned: readonly Planned[],
): Planned[] {
  const there = new Set([...found.refs, ...planned].map(({ name }) => name));
  const named = [
    ...[...heads].map(([target, { head }]) => ({ name: branchRef(target), target, old: null, new: head })),
    ...[...tags].map(([name, { tag }]) => ({
      name: snapshotRef(name),
      target: `tags/${name}`,
      old: null,
      new: tag,
    })),
  ];
  return named.filter(({ name }) => !there.has(name));
}

/** @throws AergoError AERGO_PUSH_MOVED where the remote refused a branch that others had moved meanwhile */
function checkMoved({ store, history }: RepositoryContext, remote: Remote, { refs }: PushReport): void {
  for (const { target, old, new: id, refused } of refs) {
    const now = store.ref(trackingRef(remote.name, target))?.oid ?? null;
    if (refused === undefined || id === null || now === old || now === null || history.isOnChain(now, id)) continue;
    throw moved(remote, target, now, 'others were quicker');
  }
}

const fullName = (target: string): string =>
  target.startsWith('tags/') ? snapshotRef(target.slice('tags/'.length)) : branchRef(target);

/** What is to become of a ref; undefined where it stands there already. */
async function planRef(
  context: RepositoryContext,
  remote: Remote,
  found: RemoteRefs,
  { source, target }: PushedRef,
  lease: PushOptions['lease'],
): Promise<Planned | undefined> {
  const name = fullName(target);
  const old = found.refs.find((ref) => ref.name === name)?.oid ?? null;
  const id = source === null ? null : await sourceOf(context, source, target);
  if (old === id) return undefined;
  const leased = lease?.get(target);
  if (leased !== undefined) {
    if (leased !== old) throw moved(remote, target, old, 'it is not where you last saw it');
  } else if (id !== null && old !== null && name.startsWith(branchRef(''))) {
    if (!context.history.has(old)) throw moved(remote, target, old, 'it has blocks that you do not have');
    if (!context.history.isOnChain(old, id)) {
      const { onlyTheirs } = context.history.compare(id, old);
      const count = onlyTheirs.length === 1 ? '1 block' : `${onlyTheirs.length} blocks`;
      throw moved(remote, target, old, `it has ${count} that you do not have`);
    }
  }
  return { name, target, old, new: id };
}

async function sourceOf(context: RepositoryContext, source: string, target: string): Promise<Oid> {
  if (!target.startsWith('tags/')) return context.resolve(source);
  const tag = context.store.ref(snapshotRef(source.replace(/^tags\//, '')));
  if (tag !== undefined) return tag.oid;
  throw new AergoError('AERGO_SNAPSHOT_UNKNOWN', `there is no snapshot ${JSON.stringify(source)}`, {
    hint: 'aergo snapshot',
    details: { snapshot: source, candidates: context.snapshotNames() },
  });
}

const moved = (remote: Remote, target: string, found: Oid | null, why: string): AergoError =>
  new AergoError('AERGO_PUSH_MOVED', `${target} moved on ${remote.name}: ${why}`, {
    hint: 'aergo pull     (runs your blocks again on top of them)',
    details: { remote: remote.name, target, found },
  });

/** The blocks that the remote lacks, as far as its refs are known here. */
function missingBlocks(context: RepositoryContext, found: RemoteRefs, planned: readonly Planned[]): BlockId[] {
  const { history, store } = context;
  const wants = planned.flatMap(({ name, new: id }) => {
    if (id === null) return [];
    return [name.startsWith(snapshotRef('')) ? peelSnapshot(store, id) : id];
  });
  const haves = found.refs.map(({ oid }) => oid).filter((oid) => history.has(oid));
  return commitsBetween(blockGraph(context), wants, haves).filter((id) => history.has(id));
}

function packFor(
  { store }: RepositoryContext,
  blocks: readonly BlockId[],
  planned: readonly Planned[],
  objects: readonly NewObject[],
): PackSource {
  const tags = planned.flatMap(({ name, new: id }) => (id !== null && name.startsWith(snapshotRef('')) ? [id] : []));
  const stored = store.pack(blocks, tags);
  return {
    count: stored.count + objects.length,
    *entries() {
      yield* stored.entries();
      for (const { type, body } of objects) yield { bytes: encodePackEntry(type, body) };
    },
  };
}

/** Blocks of other branches than those pushed: whoever may read the remote will read them. */
async function askToDisclose(
  { reader }: RepositoryContext,
  connection: RemoteConnection,
  { agent }: RemoteAccess,
  planned: readonly Planned[],
  blocks: readonly BlockId[],
  { disclose }: PushOptions,
): Promise<void> {
  const pushed = new Set(planned.map(({ target }) => target));
  const others = new Map<string, number>();
  for (const id of blocks) {
    const { branch } = reader.header(id);
    if (!pushed.has(branch)) others.set(branch, (others.get(branch) ?? 0) + 1);
  }
  if (others.size > 0 && (await connection.isPublic(agent))) await disclose(others);
}

/** The version of the directory that says where the pushed refs stand, and how it becomes ours. */
function publishing(
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
function standingOf(context: RepositoryContext, branch: string, id: BlockId): Head {
  const { start, branch: sealedOn } = context.reader.header(id);
  const local = context.store.ref(branchRef(branch))?.start;
  return headOf(context, branch, id, sealedOn === branch ? start : (local ?? start));
}

/** Where the remote's branches stand now. */
async function noteMoved(context: RepositoryContext, remote: Remote, { refs }: PushReport): Promise<void> {
  const updates = refs.flatMap(({ target, new: id, refused }): RefUpdate[] => {
    const name = trackingRef(remote.name, target);
    const old = context.store.ref(name)?.oid ?? null;
    if (refused !== undefined || target.startsWith('tags/') || old === id) return [];
    if (id === null) return [{ name, old, new: null }];
    const { height, start } = standingOf(context, target, id);
    return [{ name, old, new: id, start, height }];
  });
  if (updates.length > 0) await context.store.write({ refs: updates, operation: context.operation() });
}
