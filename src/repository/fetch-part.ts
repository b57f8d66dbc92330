/**
 * Fetching with a history that is cut: the newest blocks of a branch for a clone, what came since, and more of what is behind.
 * The directory always comes whole, for every version of it is verified, and with it the genesis block, where both begin.
 */
import { DirectoryReader } from '../directory/version.ts';
import { AergoError } from '../errors.ts';
import type { BlockId } from '../ledger/block.ts';
import { historyCut } from '../ledger/cut.ts';
import { branchRef, directoryRef, snapshotRef, trackingRef } from '../ledger/names.ts';
import { peelSnapshot } from '../ledger/snapshot.ts';
import { decodeCommit } from '../object/commit.ts';
import type { Oid } from '../object/oid.ts';
import type { ObjectSource } from '../object/source.ts';
import type { Quarantine } from '../store/quarantine.ts';
import { ObjectGraph } from '../wire/commit-graph.ts';
import type { RemoteRefs } from '../wire/discovery.ts';
import type { Fetched, FetchWish } from '../wire/fetch-wish.ts';
import { protocolFault } from '../wire/pkt-line.ts';
import type { RepositoryContext } from './context.ts';
import { cutOf } from './cutting.ts';
import type { RemoteAccess, RemoteConnection } from './remote-connection.ts';
import type { Remote } from './remotes.ts';
import { fetchInto, refNamed } from './take-objects.ts';

/** How much of the history is to be here afterwards. */
export type Extent =
  /** So many blocks, counted from the heads by the shortest way; nothing is here yet. */
  | { readonly kind: 'newest'; readonly blocks: number }
  /** What came since; the history stays cut where it is. */
  | { readonly kind: 'onward' }
  /** So many more behind where it is cut. */
  | { readonly kind: 'deeper'; readonly blocks: number }
  /** All of it, of every branch. */
  | { readonly kind: 'whole' };

/** What came, in the quarantine. */
export interface FetchedPart {
  /** The remote with those of its refs alone that are of concern: what they name is here. */
  readonly found: RemoteRefs;
  /** The blocks whose parents are missing now. */
  readonly cut: ReadonlySet<BlockId>;
  readonly objects: number;
  readonly bytes: number;
}

export interface PartOptions {
  readonly access: RemoteAccess;
  readonly extent: Extent;
  /** The branches that are of concern, as long as the history is cut. */
  readonly branches: readonly string[];
}

/** More than any history has: the depth that Git asks for where it wants all of it. */
const everything = 2 ** 31 - 1;

/** The branches that a copy with a cut history follows at a remote: those that it knows there, or else the current one. */
export function followedBranches(context: RepositoryContext, remote: string): string[] {
  const prefix = trackingRef(remote, '');
  const known = context.store.refs(prefix).map(({ name }) => name.slice(prefix.length));
  return known.length > 0 ? known : [context.currentBranch];
}

/**
 * Takes a part of the remote's history into the quarantine, unverified.
 * @throws AergoError AERGO_PROTOCOL_INVALID where the remote cannot cut histories, or cuts otherwise than it was asked;
 * AERGO_HISTORY_CUT where all was asked for and the remote has only a part; what the protocol throws
 */
export async function takePart(
  context: RepositoryContext,
  connection: RemoteConnection,
  remote: Remote,
  all: RemoteRefs,
  quarantine: Quarantine,
  { access, extent, branches }: PartOptions,
): Promise<FetchedPart> {
  checkCanCut(all, remote);
  const { store } = context;
  const intake = new Intake(context, connection, all, quarantine, access);
  const absent = (oids: readonly Oid[]): Oid[] => [...new Set(oids)].filter((oid) => !quarantine.has(oid));

  const newest = refNamed(all, directoryRef, remote);
  await intake.take({ wants: absent([newest]), tips: oidsOf(store.refs('refs/aergo/')) });
  const isBranch = (name: string): boolean => name.startsWith(branchRef(''));
  const isFollowed = (name: string): boolean => branches.some((branch) => name === branchRef(branch));
  const headsOf = (isMeant: (name: string) => boolean): Oid[] => oidsOf(all.refs.filter(({ name }) => isMeant(name)));
  const heads = headsOf(extent.kind === 'whole' ? isBranch : isFollowed);
  const before = cutOf(context);
  const tips = oidsOf([...store.refs('refs/heads/'), ...store.refs('refs/remotes/')]);
  const wish = { wants: heads, tips, shallow: [...before], includeTags: true };
  const genesis = new DirectoryReader(quarantine).version(newest).repository;
  const depth = { commits: 'blocks' in extent ? extent.blocks : everything };
  if (extent.kind === 'onward') await intake.take({ ...wish, wants: absent(heads) });
  else if (extent.kind === 'deeper') await intake.take({ ...wish, depth: { ...depth, relative: true } });
  else await intake.take({ ...wish, wants: [...new Set([...heads, ...absent([genesis])])], depth });

  const cut = cutAfter({ quarantine, remote, extent }, heads, before, intake.boundary);
  // A copy without a cut follows all branches.
  if (cut.size === 0) await intake.take({ wants: absent(headsOf(isBranch)), tips: heads, includeTags: true });
  const isSnapshot = (name: string): boolean => name.startsWith(snapshotRef(''));
  // Those of blocks that were here before: others came with their blocks.
  const late = all.refs.filter(({ name, peeled }) => isSnapshot(name) && peeled && quarantine.has(peeled));
  await intake.take({ wants: absent(oidsOf(late)), tips: [...heads, ...tips], shallow: [...cut] });
  const refs = all.refs.filter(({ name, oid }) => {
    if (isSnapshot(name)) return quarantine.has(oid) && quarantine.has(peelSnapshot(quarantine, oid));
    return name === directoryRef || (cut.size === 0 ? isBranch(name) : isFollowed(name));
  });
  return { found: { ...all, refs }, cut, ...intake.size };
}

const oidsOf = (refs: readonly { readonly oid: Oid }[]): Oid[] => [...new Set(refs.map(({ oid }) => oid))];

/** What several requests to one remote bring together. */
class Intake {
  /** Where the remote says that it cut the history. */
  readonly boundary = new Set<BlockId>();
  size = { objects: 0, bytes: 0 };
  readonly #quarantine: Quarantine;
  readonly #fetch: (wish: FetchWish) => Promise<Fetched>;

  constructor(
    context: RepositoryContext,
    connection: RemoteConnection,
    all: RemoteRefs,
    quarantine: Quarantine,
    access: RemoteAccess,
  ) {
    this.#quarantine = quarantine;
    this.#fetch = (wish) => fetchInto(context, connection, all, wish, access);
  }

  /** Nothing is asked where nothing is wanted. */
  async take(wish: Omit<FetchWish, 'graph' | 'sink'>): Promise<void> {
    if (wish.wants.length === 0) return;
    const sink = this.#quarantine;
    // Made anew each time: what was missing may have come.
    const graph = new ObjectGraph(sink);
    const tips = wish.tips.filter((tip) => graph.node(tip) !== undefined);
    const { unpacked, shallow } = await this.#fetch({ ...wish, tips, graph, sink });
    this.size = { objects: this.size.objects + unpacked.objects, bytes: this.size.bytes + unpacked.bytes };
    for (const id of shallow) this.boundary.add(id);
  }
}

/** Protocol 2 lets anything be wanted that a ref reaches, as the genesis block; the others only what a ref names. */
function checkCanCut({ version, capabilities }: RemoteRefs, { name }: Remote): void {
  if (version === 2 && capabilities.get('fetch')?.split(' ').includes('shallow')) return;
  throw new AergoError('AERGO_PROTOCOL_INVALID', `${name} cannot give a part of a history: it takes Git's protocol 2`, {
    hint: 'take all of it: aergo clone without --depth',
  });
}

interface CutContext {
  readonly quarantine: Quarantine;
  readonly remote: Remote;
  readonly extent: Extent;
}

/** The blocks whose parents are missing now. The remote has to have said so, and to have cut no sooner than it was asked. */
function cutAfter(
  { quarantine, remote, extent }: CutContext,
  heads: readonly BlockId[],
  before: ReadonlySet<BlockId>,
  boundary: ReadonlySet<BlockId>,
): Set<BlockId> {
  for (const id of boundary)
    if (!quarantine.has(id))
      throw protocolFault('the remote says that the history is cut at a block that did not come');
  const depths = depthsFrom(quarantine, extent.kind === 'newest' ? heads : [...before]);
  const least = { newest: 0, deeper: 1, onward: Number.POSITIVE_INFINITY, whole: Number.POSITIVE_INFINITY }[
    extent.kind
  ];
  const asked = least + ('blocks' in extent ? extent.blocks : 0);
  const cut = new Set<BlockId>();
  for (const id of depthsFrom(quarantine, [...heads, ...before]).keys()) {
    if (parentsOf(quarantine, id).every((parent) => quarantine.has(parent))) continue;
    // Of any other block the parents have to come: that they did not is found where it is verified.
    if (!before.has(id) && !boundary.has(id)) continue;
    cut.add(id);
    if (extent.kind === 'whole') throw onlyPart(remote);
    if (!before.has(id) && (depths.get(id) ?? 0) < asked) throw cutTooSoon(remote, id);
  }
  return cut;
}

const parentsOf = (source: ObjectSource, id: BlockId): readonly BlockId[] => decodeCommit(source.read(id).body).parents;

/** The blocks that came behind these, these included, with how deep each stands, counted from 1 by the shortest way. */
function depthsFrom(quarantine: Quarantine, begin: readonly BlockId[]): Map<BlockId, number> {
  const depths = new Map<BlockId, number>();
  let level = begin;
  for (let deep = 1; level.length > 0; deep += 1) {
    const fresh = [...new Set(level)].filter((id) => !depths.has(id));
    for (const id of fresh) depths.set(id, deep);
    level = fresh.flatMap((id) => parentsOf(quarantine, id).filter((parent) => quarantine.isQuarantined(parent)));
  }
  return depths;
}

const onlyPart = ({ name }: Remote): AergoError =>
  historyCut(
    `${name} has only the newest part of the history itself`,
    { remote: name },
    'fetch from a place that has all of it',
  );

const cutTooSoon = ({ name }: Remote, block: BlockId): AergoError =>
  protocolFault(`${name} ends the history at block ${block.slice(0, 7)}, before as many blocks as were asked for`);
