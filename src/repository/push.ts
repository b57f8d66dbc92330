/**
 * Pushing: the blocks that a remote lacks, copied from the volumes, and the refs to move there, forward only. A server of ours
 * publishes the new heads itself; where the remote is Git's alone, whoever pushes publishes them with the same push.
 */
import type { SigningKey } from '../crypto/key.ts';
import { AergoError } from '../errors.ts';
import type { BlockId } from '../ledger/block.ts';
import { directoryRef, snapshotRef, trackingRef } from '../ledger/names.ts';
import type { NewObject } from '../object/object.ts';
import type { Oid } from '../object/oid.ts';
import { encodePackEntry } from '../object/pack-entry.ts';
import type { RefUpdate } from '../store/refs.ts';
import { discoverRefs } from '../wire/discovery.ts';
import type { PackSource } from '../wire/pack-writer.ts';
import type { RefCommand } from '../wire/push-request.ts';
import { sendPack } from '../wire/send-pack.ts';
import type { RepositoryContext } from './context.ts';
import { keysKnownElsewhere, noteSeen } from './directory-own.ts';
import { disclosedBlocks } from './disclosure.ts';
import { fetchOver } from './fetch.ts';
import { checkMirrored, type DirectoryAtPlace, directoryAt, onlyAtHome } from './home.ts';
import { directoryAhead, droppedRefs, namedRefs, publishing, standingOf } from './push-directory.ts';
import { checkMoved, type MovedRef, missingBlocks, type Planned, type PushedRef, planRefs } from './push-plan.ts';
import { connect, type RemoteAccess, type RemoteConnection } from './remote-connection.ts';
import type { Remote } from './remotes.ts';
import { discover } from './take-objects.ts';

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
  readonly refs: readonly MovedRef[];
  /** How many blocks were sent. */
  readonly blocks: number;
  /**
   * The version of the directory that the remote has now, where it lacked what was changed here; or why it has not: it refused
   * it, or is a mirror, and it was left out for the home.
   */
  readonly directory?: { readonly version: number; readonly refused?: string; readonly home?: string };
}

/**
 * @throws AergoError AERGO_PUSH_MOVED, AERGO_PUSH_HOME and AERGO_DIRECTORY_OVERTAKEN before anything is sent; AERGO_DIRECTORY_NOT_ALLOWED where the pusher has to publish and
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
    // What the remote published of it, and who was quicker. Whoever gave the key up with this push is not let in by it any more.
    const { onMessage: _, ...silent } = access;
    if ((pushed.refs.length > 0 || pushed.directory !== undefined) && !isGivenUp(context, key, pushed))
      await fetchOver(context, remote, connection, { access: silent });
    checkMoved(context, remote, pushed.refs);
    return pushed;
  } catch (error) {
    throw withKnownKey(context, options.key, error);
  } finally {
    await connection.close();
  }
}

/** Whether the remote has taken a version that revokes the pusher's key. */
function isGivenUp({ directoryVersion }: RepositoryContext, key: SigningKey, { directory }: PushReport): boolean {
  const isTaken = directory !== undefined && directory.refused === undefined && directory.home === undefined;
  return isTaken && directoryVersion.members.get(key.id)?.revoked !== undefined;
}

/** A refusal of a key that the remote does not know yet, with the one that it knows: that has to push the new one. */
function withKnownKey(context: RepositoryContext, key: SigningKey, error: unknown): unknown {
  if (!(error instanceof AergoError)) return error;
  if (error.code !== 'AERGO_REMOTE_MISSING' && error.code !== 'AERGO_REMOTE_LOGIN') return error;
  const known = keysKnownElsewhere(context, key.id);
  if (known.length === 0) return error;
  return new AergoError(error.code, error.message, {
    hint: `it does not know your new key before that is pushed, with the old one: --key NAME of ${known.join(' or ')} (aergo key list)`,
    details: { ...error.details, known },
    cause: error,
  });
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
  const planned = await planRefs(context, remote, found, options.refs, options.lease);
  const at = directoryAt(context, remote);
  const ahead = directoryAhead(context, found, at.newest);
  if (planned.length === 0 && ahead === undefined) {
    checkNothingKept(context, remote, at);
    return { remote: remote.name, refs: [], blocks: 0 };
  }
  if (!isOurs || ahead !== undefined) planned.push(...namedRefs(context, at.newest, found, planned));
  const blocks = missingBlocks(context, found, planned);
  if (!at.isHome) checkMirrored(context, at, planned, blocks);
  const disclosed = disclosedBlocks(context, at.seen, planned, blocks);
  const { visibility } = at.seen.policy;
  if (disclosed.size > 0 && (await connection.isPublic(visibility))) await options.disclose(disclosed);
  const toPublish = isOurs ? droppedRefs(context, planned, options.key.id) : planned;
  const published = at.isHome && toPublish.length > 0 ? publishing(context, toPublish, options.key) : undefined;
  const commands: RefCommand[] = planned.map(({ name, old, new: id }) => ({ name, old, new: id }));
  const directory = published?.version ?? (ahead === undefined ? undefined : at.newest);
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
      // What a version names is there when the version is.
      atomic: atomic || directory !== undefined,
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
  const sent = ahead === undefined ? undefined : directory?.version;
  return { remote: remote.name, refs, blocks: blocks.length, ...toldOf(at, sent, refusedDirectory) };
}

/** What is said of the directory where it had changed here. */
function toldOf(
  { kept, home }: DirectoryAtPlace,
  sent: number | undefined,
  refused: string | undefined,
): Pick<PushReport, 'directory'> {
  if (sent !== undefined && refused !== undefined) return { directory: { version: sent, refused } };
  const last = kept.at(-1);
  if (last !== undefined && home !== undefined) return { directory: { version: last.version, home } };
  return sent === undefined ? {} : { directory: { version: sent } };
}

/** Throws `AERGO_PUSH_HOME` where all that there is to push is for the home of the directory, and this is another place. */
function checkNothingKept(context: RepositoryContext, { name }: Remote, { home, kept }: DirectoryAtPlace): void {
  const last = kept.at(-1);
  if (last === undefined) return;
  const what = `version ${last.version} of the directory goes to its home first, ${home}, and ${name} is a mirror`;
  throw onlyAtHome(context, home, what);
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
