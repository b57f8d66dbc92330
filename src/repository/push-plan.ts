/**
 * What a push is to do, as far as it can be told from what the remote has: which refs move there, forward only unless a lease
 * says otherwise, and which blocks it lacks for that.
 */
import { AergoError } from '../errors.ts';
import type { BlockId } from '../ledger/block.ts';
import { branchRef, snapshotRef, trackingRef } from '../ledger/names.ts';
import { peelSnapshot } from '../ledger/snapshot.ts';
import type { Oid } from '../object/oid.ts';
import { commitsBetween } from '../wire/commit-graph.ts';
import type { RemoteRefs } from '../wire/discovery.ts';
import type { RefCommand } from '../wire/push-request.ts';
import type { RepositoryContext } from './context.ts';
import type { Remote } from './remotes.ts';
import { blockGraph } from './served.ts';

/** A ref to move at the remote. */
export interface PushedRef {
  /** What is there afterwards, a revision or a snapshot's name; null: nothing. */
  readonly source: string | null;
  /** A branch's name, or `tags/<snapshot>`. */
  readonly target: string;
}

/** What became of it there. */
export interface MovedRef {
  readonly target: string;
  readonly old: Oid | null;
  readonly new: Oid | null;
  /** Why the remote did not move it. */
  readonly refused?: string;
}

/** What the remote is told of a ref. */
export interface Planned extends RefCommand {
  readonly target: string;
}

const fullName = (target: string): string =>
  target.startsWith('tags/') ? snapshotRef(target.slice('tags/'.length)) : branchRef(target);

/**
 * What is to become of refs, those left out that stand there already.
 * @param lease of a target: what must stand there now (null: nothing); it may then move in any direction
 * @throws AergoError AERGO_PUSH_MOVED, AERGO_SNAPSHOT_UNKNOWN and what `resolve` throws
 */
export async function planRefs(
  context: RepositoryContext,
  remote: Remote,
  found: RemoteRefs,
  refs: readonly PushedRef[],
  lease?: ReadonlyMap<string, Oid | null>,
): Promise<Planned[]> {
  const planned: Planned[] = [];
  for (const ref of refs) {
    const plan = await planRef(context, remote, found, ref, lease);
    if (plan !== undefined) planned.push(plan);
  }
  return planned;
}

async function planRef(
  context: RepositoryContext,
  remote: Remote,
  found: RemoteRefs,
  { source, target }: PushedRef,
  lease: ReadonlyMap<string, Oid | null> | undefined,
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

/** @throws AergoError AERGO_PUSH_MOVED where the remote refused a branch that others had moved meanwhile */
export function checkMoved({ store, history }: RepositoryContext, remote: Remote, refs: readonly MovedRef[]): void {
  for (const { target, old, new: id, refused } of refs) {
    const now = store.ref(trackingRef(remote.name, target))?.oid ?? null;
    if (refused === undefined || id === null || now === old || now === null || history.isOnChain(now, id)) continue;
    throw moved(remote, target, now, 'others were quicker');
  }
}

/** The blocks that the remote lacks, as far as its refs are known here. */
export function missingBlocks(context: RepositoryContext, found: RemoteRefs, planned: readonly Planned[]): BlockId[] {
  const { history, store } = context;
  const wants = planned.flatMap(({ name, new: id }) => {
    if (id === null) return [];
    return [name.startsWith(snapshotRef('')) ? peelSnapshot(store, id) : id];
  });
  const haves = found.refs.map(({ oid }) => oid).filter((oid) => history.has(oid));
  return commitsBetween(blockGraph(context), wants, haves).filter((id) => history.has(id));
}
