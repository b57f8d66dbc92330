/**
 * Fetching: what a remote has and this repository has not, taken into quarantine, verified whole (the directory version by
 * version, then every block), and written with all refs in one go. Cut off anywhere, it has done nothing.
 */
import type { SigningKey } from '../crypto/key.ts';
import { verifyVersions } from '../directory/chain.ts';
import { type DirectoryContent, DirectoryReader, type DirectoryVersion } from '../directory/version.ts';
import { AergoError } from '../errors.ts';
import type { BlockId } from '../ledger/block.ts';
import { directoryRef, trackingRef } from '../ledger/names.ts';
import { checkSnapshot, peelSnapshot } from '../ledger/snapshot.ts';
import type { Oid } from '../object/oid.ts';
import { addReached } from '../object/reached.ts';
import { Quarantine } from '../store/quarantine.ts';
import type { RefUpdate } from '../store/refs.ts';
import type { RemoteRefs } from '../wire/discovery.ts';
import type { RepositoryContext } from './context.ts';
import { type BlockPoint, beginsOf, cutOf, cutUpdates } from './cutting.ts';
import { isOurs, knownOf, makeAgain, noteSeen, type Overtaken, ownVersions } from './directory-own.ts';
import { verifyOffered } from './directory-receive.ts';
import { type Extent, type FetchedPart, followedBranches, takePart } from './fetch-part.ts';
import { keepReceived, receiveLimits, type VerifiedBlocks, verifyReceived } from './receive.ts';
import { connect, type RemoteAccess, type RemoteConnection } from './remote-connection.ts';
import type { Remote } from './remotes.ts';
import { discover, refNamed, takeMissing } from './take-objects.ts';

export interface FetchOptions {
  readonly access: RemoteAccess;
  /** Signatures, structure and directory only: nothing runs again. */
  readonly fast?: boolean;
  /** Forgets branches that the remote has no more. */
  readonly prune?: boolean;
  /** Of a copy that has only the newest part of the history: so many blocks more of it, or the rest. */
  readonly deepen?: number;
  readonly unshallow?: boolean;
  /** Makes changes of the directory again that were made with it here, where others were quicker. */
  readonly signer?: SigningKey;
}

/** A branch of the remote that is new, has moved, or is gone. */
export interface FetchedBranch {
  readonly branch: string;
  readonly old: BlockId | null;
  readonly new: BlockId | null;
  /** Of the new head. */
  readonly height?: number;
  /** The old head is not in the history of the new one: a branch made again, or moved back. */
  readonly forced: boolean;
}

export interface FetchReport {
  readonly remote: string;
  readonly branches: readonly FetchedBranch[];
  /** New ones, by name. */
  readonly snapshots: readonly string[];
  /** The version of the directory in force before and after. */
  readonly directory: { readonly before: number; readonly after: number } & Partial<Overtaken>;
  readonly blocks: number;
  /** Where the history begins now, where it is cut. */
  readonly begins?: readonly BlockPoint[];
  /** The blocks among `blocks` that could not be run again, since what they stand on is missing. */
  readonly taken: number;
  readonly objects: number;
  readonly bytes: number;
}

const heads = 'refs/heads/';
const tags = 'refs/tags/';

/** Fetches from a remote. Throws what `connect`, the protocol, the directory and verification throw; then nothing has changed. */
export async function fetchRemote(
  context: RepositoryContext,
  remote: Remote,
  options: FetchOptions,
): Promise<FetchReport> {
  const connection = await connect(remote.url, options.access, context.options);
  try {
    return await fetchOver(context, remote, connection, options);
  } finally {
    await connection.close();
  }
}

/** Fetches over a connection that is open. */
export async function fetchOver(
  context: RepositoryContext,
  remote: Remote,
  connection: RemoteConnection,
  options: FetchOptions,
): Promise<FetchReport> {
  const discovered = await discover(connection, options.access);
  const quarantine = Quarantine.open(context.directory, context.store, receiveLimits);
  try {
    const { found, cut, ...size } = await take(context, remote, connection, discovered, quarantine, options);
    const before = context.directoryVersion.version;
    const offered = refNamed(found, directoryRef, remote);
    const verified = await verifyFetched(context, quarantine, found, offered, remote, options.fast === true, cut);
    const starts = new DirectoryReader(quarantine).version(offered).heads;
    const { branches, updates: moves } = branchUpdates(context, remote, found, { ...verified, starts }, options.prune);
    const snapshots = snapshotUpdates(context, found, verified);
    const directory = directoryUpdate(context, remote, offered, quarantine);
    const own = directory.overtakes ? ownVersions(context) : [];
    const cuts = cutUpdates(context, verified.reader, cut);
    const updates = [...moves, ...snapshots, ...directory.updates];
    const loose = [...directory.objects, ...snapshots.flatMap(({ new: id }) => id ?? [])];
    const blocks = verified.blocks.filter((id) => !context.history.has(id)).length;
    if (updates.length + cuts.length > 0) await keepReceived(context, quarantine, verified, loose, updates, { cuts });
    const overtaken = own.length === 0 ? {} : await makeAgain(context, own, options.signer);
    return {
      remote: remote.name,
      branches,
      snapshots: snapshots.map(({ name }) => name.slice(tags.length)),
      directory: { before, ...overtaken, after: context.directoryVersion.version },
      blocks,
      ...beginsOf(context),
      taken: verified.taken.length,
      ...size,
    };
  } finally {
    quarantine.close();
  }
}

interface Taken extends Pick<FetchedPart, 'objects' | 'bytes' | 'cut'> {
  readonly found: RemoteRefs;
}

/** What the remote has and this copy has not; of a history that is cut, the part that is asked for. */
async function take(
  context: RepositoryContext,
  remote: Remote,
  connection: RemoteConnection,
  found: RemoteRefs,
  quarantine: Quarantine,
  { access, deepen, unshallow = false }: FetchOptions,
): Promise<Taken> {
  if (!context.isCut) {
    return { found, cut: new Set(), ...(await takeMissing(context, connection, found, quarantine, access)) };
  }
  const kind = unshallow ? 'whole' : 'onward';
  const extent: Extent = deepen === undefined ? { kind } : { kind: 'deeper', blocks: deepen };
  const branches = followedBranches(context, remote.name);
  return takePart(context, connection, remote, found, quarantine, { access, extent, branches });
}

async function verifyFetched(
  context: RepositoryContext,
  quarantine: Quarantine,
  found: RemoteRefs,
  newest: Oid,
  remote: Remote,
  fast: boolean,
  cut: ReadonlySet<BlockId>,
): Promise<VerifiedBlocks> {
  const versions = new DirectoryReader(quarantine);
  checkSameRepository(context.repositoryId, versions.version(newest).repository, remote);
  const blocks = found.refs.flatMap(({ name, oid }) => {
    if (name.startsWith(heads)) return [oid];
    return name.startsWith(tags) ? [peelSnapshot(quarantine, oid)] : [];
  });
  // What we have already is older than ours: the remote lacks versions of our own, or leads back, which is found below.
  const offered = versions.version(newest);
  const isOlder = isOurs(context, offered);
  const directory = { versions, newest: isOlder ? context.directoryVersion.id : newest };
  const before = cutOf(context);
  // Cut elsewhere than before: what was taken by its signatures can be judged now.
  const anew = cut.size !== before.size || [...cut].some((id) => !before.has(id));
  const reached = anew ? [...headsHere(context), ...blocks] : blocks;
  const verified = await verifyReceived(context, quarantine, reached, { fast, directory, cut, anew });
  if (anew && cut.size === 0) {
    const { reader, history } = verified;
    verifyVersions({ reader, history, versions, genesis: reader.block(context.repositoryId) }, directory.newest);
  }
  await verifyOffered(context, verified, { newest, known: knownOf(context, remote.name, offered), place: remote.name });
  return verified;
}

/** The blocks that the refs here name. */
const headsHere = ({ store, history }: RepositoryContext): BlockId[] =>
  store.refs().flatMap(({ name, oid }) => {
    const block = name.startsWith(tags) ? peelSnapshot(store, oid) : oid;
    return history.has(block) ? [block] : [];
  });

function checkSameRepository(ours: Oid, theirs: Oid, remote: Remote): void {
  if (ours === theirs) return;
  throw new AergoError(
    'AERGO_REMOTE_FOREIGN',
    `${remote.name} (${remote.url}) has another ledger: ${theirs.slice(0, 7)}, not ${ours.slice(0, 7)}`,
    {
      hint: 'check the address: aergo remote list',
      details: { expected: ours, found: theirs },
    },
  );
}

function branchUpdates(
  { store }: RepositoryContext,
  remote: Remote,
  found: RemoteRefs,
  { reader, history, starts }: VerifiedBlocks & { readonly starts: DirectoryContent['heads'] },
  prune = false,
): { branches: FetchedBranch[]; updates: RefUpdate[] } {
  const branches: FetchedBranch[] = [];
  const updates: RefUpdate[] = [];
  const seen = new Set<string>();
  for (const { name, oid } of found.refs) {
    if (!name.startsWith(heads)) continue;
    const branch = name.slice(heads.length);
    const ref = trackingRef(remote.name, branch);
    seen.add(ref);
    const old = store.ref(ref)?.oid ?? null;
    if (old === oid) continue;
    const { height, start } = reader.header(oid);
    branches.push({ branch, old, new: oid, height, forced: old !== null && !history.isOnChain(old, oid) });
    updates.push({ name: ref, old, new: oid, start: starts.get(branch)?.start ?? start, height });
  }
  if (!prune) return { branches, updates };
  for (const { name, oid } of store.refs(trackingRef(remote.name, ''))) {
    if (seen.has(name)) continue;
    branches.push({ branch: name.slice(trackingRef(remote.name, '').length), old: oid, new: null, forced: false });
    updates.push({ name, old: oid, new: null });
  }
  return { branches, updates };
}

/** New snapshots. One of a name that is taken here stays what it is here: snapshots do not move. */
function snapshotUpdates({ store }: RepositoryContext, found: RemoteRefs, { reader }: VerifiedBlocks): RefUpdate[] {
  return found.refs.flatMap(({ name, oid }) => {
    if (!name.startsWith(tags) || store.ref(name) !== undefined) return [];
    const { block } = checkSnapshot(reader, oid, name.slice(tags.length));
    return [{ name, old: null, new: oid, height: reader.header(block).height }];
  });
}

/** The directory as the remote has it becomes ours; versions of our own that it has not are overtaken. */
function directoryUpdate(
  context: RepositoryContext,
  remote: Remote,
  newest: Oid,
  quarantine: Quarantine,
): { updates: RefUpdate[]; objects: Oid[]; overtakes: boolean } {
  const { id: ours } = context.directoryVersion;
  const versions = new DirectoryReader(quarantine);
  const seen = noteSeen(context, remote.name, versions.version(newest));
  const objects = new Set<Oid>();
  let version: DirectoryVersion | undefined = versions.version(newest);
  for (; version !== undefined && !isOurs(context, version); version = before(versions, version)) {
    addReached(quarantine, version.id, objects);
  }
  if (objects.size === 0) return { updates: seen, objects: [], overtakes: false };
  const updates = [{ name: directoryRef, old: ours, new: newest }, ...seen];
  return { updates, objects: [...objects], overtakes: version?.id !== ours };
}

const before = (versions: DirectoryReader, { previous }: DirectoryVersion): DirectoryVersion | undefined =>
  previous === undefined ? undefined : versions.version(previous);
