/** Branches and snapshots: names for blocks. Making one costs the same whatever the size of the state. */
import type { KeyId, SigningKey } from '../crypto/key.ts';
import { AergoError } from '../errors.ts';
import type { BlockId } from '../ledger/block.ts';
import { mergeLogicIn } from '../ledger/branch-logic.ts';
import { logicOf, type MergeLogic } from '../ledger/header.ts';
import { branchRef, checkRefName, snapshotRef, trackingRef } from '../ledger/names.ts';
import { readSnapshot, writeSnapshot } from '../ledger/snapshot.ts';
import type { Oid } from '../object/oid.ts';
import { ObjectBuffer } from '../object/source.ts';
import { State } from '../state/state.ts';
import { branchLogic } from './branch-logic.ts';
import type { BranchHead, RepositoryContext } from './context.ts';
import { refuseWhilePending } from './pending.ts';
import { type BlockSummary, summaryOf } from './views.ts';

export interface BranchView {
  readonly name: string;
  readonly start: string;
  readonly block: BlockSummary;
  readonly current: boolean;
  /** What settles conflicts when it is merged. */
  readonly logic?: MergeLogic;
}

export interface SnapshotView {
  /** Of the tag. */
  readonly id: Oid;
  readonly name: string;
  readonly block: BlockSummary;
  readonly tagger: KeyId;
  /** ms */
  readonly time: number;
}

function viewOf(context: RepositoryContext, branch: BranchHead): BranchView {
  const { name, start, block } = branch;
  const logic = branchLogic(context, branch);
  return {
    name,
    start,
    block: summaryOf(context, block),
    current: name === context.currentBranch,
    ...(logic === undefined ? {} : { logic }),
  };
}

export const listBranches = (context: RepositoryContext): BranchView[] =>
  context.branchNames().map((name) => viewOf(context, context.branch(name)));

/** A branch of a remote, where it stood when that was asked last. */
export interface TrackedBranchView {
  /** `origin/main` */
  readonly name: string;
  readonly block: BlockSummary;
}

export const listTracked = (context: RepositoryContext): TrackedBranchView[] =>
  context.trackedBranches().map(({ name, block }) => ({ name, block: summaryOf(context, block) }));

export interface BranchOptions {
  /** Makes it the current one. */
  readonly switchTo?: boolean;
  /** `bank.resolve`: the contract function that settles conflicts when it is merged; otherwise it has that of where it starts. */
  readonly mergeContract?: string;
}

/**
 * Throws `AERGO_BRANCH_EXISTS`, `AERGO_REF_NAME_INVALID`, what resolving the revision throws, and for a merge contract
 * `AERGO_MERGE_LOGIC_INVALID`, `AERGO_CONTRACT_UNKNOWN`.
 */
export async function createBranch(
  context: RepositoryContext,
  name: string,
  from = '@',
  { switchTo = false, mergeContract }: BranchOptions = {},
): Promise<BranchView> {
  checkRefName(name);
  if (context.store.ref(branchRef(name)) !== undefined) {
    throw new AergoError('AERGO_BRANCH_EXISTS', `there is a branch ${name} already`, { hint: `aergo switch ${name}` });
  }
  const block = await context.resolve(from);
  const start = trackedStart(context, name, from) ?? context.randomHex(8);
  const { height } = context.history.record(block);
  const logic =
    mergeContract === undefined
      ? inheritedLogic(context, from, block)
      : await mergeLogicIn(State.open(context.store, context.reader.block(block).state, context.cache), mergeContract);
  await context.store.write({
    refs: [{ name: branchRef(name), old: null, new: block, start, height, ...(logic === undefined ? {} : { logic }) }],
    operation: context.operation(switchTo ? branchRef(name) : undefined),
  });
  return viewOf(context, { name, start, block });
}

/** A branch made from a remote's of the same name is that branch, and goes on where it stands. */
function trackedStart({ store }: RepositoryContext, name: string, from: string): string | undefined {
  const at = from.indexOf('/');
  return from.slice(at + 1) === name ? store.ref(trackingRef(from.slice(0, at), name))?.start : undefined;
}

/** The logic of the branch that it is made from, where that is named; else of the block. */
function inheritedLogic(context: RepositoryContext, from: string, block: BlockId): MergeLogic | undefined {
  const named = from === '@' || from === 'HEAD' ? context.currentBranch : from;
  const isBranch = context.branchNames().includes(named) && context.branch(named).block === block;
  return isBranch ? branchLogic(context, context.branch(named)) : logicOf(context.reader.header(block));
}

/** Throws `AERGO_BRANCH_IN_USE` for the current branch and, unless forced, for one with blocks that no other ref has. */
export async function deleteBranch(context: RepositoryContext, name: string, force = false): Promise<BranchView> {
  const branch = context.branch(name);
  refuseWhilePending(context, name);
  if (name === context.currentBranch) {
    throw new AergoError('AERGO_BRANCH_IN_USE', `${name} is the current branch`, {
      hint: 'aergo switch to another first',
    });
  }
  const others = context.branchNames().filter((other) => other !== name);
  const kept = others.some((other) => context.history.isAncestor(branch.block, context.branch(other).block));
  if (!kept && !force) {
    throw new AergoError('AERGO_BRANCH_IN_USE', `${name} has blocks that no other branch has`, {
      hint: `aergo merge ${name}, or aergo branch -d --force ${name}`,
    });
  }
  const view = viewOf(context, branch);
  await context.store.write({
    refs: [{ name: branchRef(name), old: branch.block, new: null }],
    operation: context.operation(),
  });
  return view;
}

/** Works until the branch's first block: blocks say the branch they were sealed on. */
export async function renameBranch(context: RepositoryContext, from: string, to: string): Promise<BranchView> {
  checkRefName(to);
  const branch = context.branch(from);
  refuseWhilePending(context, from);
  if (context.store.ref(branchRef(to)) !== undefined) {
    throw new AergoError('AERGO_BRANCH_EXISTS', `there is a branch ${to} already`);
  }
  const { height, bound } = context.history.record(branch.block);
  if (bound === `${from}:${branch.start}`) {
    throw new AergoError('AERGO_BRANCH_IN_USE', `${from} has blocks, and they say its name`, {
      hint: `aergo branch ${to} ${from} makes another branch from there`,
    });
  }
  const logic = branchLogic(context, branch);
  await context.store.write({
    refs: [
      { name: branchRef(from), old: branch.block, new: null },
      {
        name: branchRef(to),
        old: null,
        new: branch.block,
        start: branch.start,
        height,
        ...(logic === undefined ? {} : { logic }),
      },
    ],
    operation: context.operation(from === context.currentBranch ? branchRef(to) : undefined),
  });
  return viewOf(context, { ...branch, name: to });
}

export interface SwitchedBranch extends BranchView {
  /** `origin/what-if`, where it was made from a remote's. */
  readonly from?: string;
}

/** Makes a branch the current one; one that only one remote has is made from that first. Throws `AERGO_BRANCH_UNKNOWN`. */
export async function switchBranch(context: RepositoryContext, name: string): Promise<SwitchedBranch> {
  const [tracked, another] = context.trackedBranches(name);
  if (tracked !== undefined && another === undefined && !context.branchNames().includes(name)) {
    const from = tracked.name;
    return { ...(await createBranch(context, name, from, { switchTo: true })), from };
  }
  const branch = context.branch(name);
  if (name !== context.currentBranch) await context.store.write({ operation: context.operation(branchRef(name)) });
  return viewOf(context, branch);
}

export function listSnapshots(context: RepositoryContext): SnapshotView[] {
  return context.store.refs(snapshotRef('')).map((ref) => {
    const { id, name, block, tagger, time } = readSnapshot(context.store, ref.oid);
    return { id, name, block: summaryOf(context, block), tagger, time };
  });
}

/** A signed tag of a block. Throws `AERGO_SNAPSHOT_EXISTS`, `AERGO_REF_NAME_INVALID` and what resolving throws. */
export async function createSnapshot(
  context: RepositoryContext,
  name: string,
  revision: string,
  key: SigningKey,
): Promise<SnapshotView> {
  checkRefName(name);
  if (context.store.ref(snapshotRef(name)) !== undefined) {
    throw new AergoError('AERGO_SNAPSHOT_EXISTS', `there is a snapshot ${name} already`, {
      hint: 'snapshots do not move: choose another name',
    });
  }
  const block = await context.blockAt(revision);
  const buffer = new ObjectBuffer(context.store);
  const time = context.options.clock();
  const tag = writeSnapshot(buffer, name, block, time, key);
  const { height } = block.header;
  await context.store.write({
    objects: buffer.objects(),
    refs: [{ name: snapshotRef(name), old: null, new: tag, height }],
    operation: context.operation(),
  });
  return { id: tag, name, block: summaryOf(context, block.id), tagger: key.id, time: Math.floor(time / 1000) * 1000 };
}

/** Takes the name away; the block stays. Throws `AERGO_SNAPSHOT_UNKNOWN`. */
export async function deleteSnapshot(context: RepositoryContext, name: string): Promise<void> {
  const ref = context.store.ref(snapshotRef(name));
  if (ref === undefined) {
    throw new AergoError('AERGO_SNAPSHOT_UNKNOWN', `there is no snapshot ${JSON.stringify(name)}`, {
      hint: 'aergo snapshot',
      details: { snapshot: name, candidates: context.snapshotNames() },
    });
  }
  await context.store.write({ refs: [{ name: ref.name, old: ref.oid, new: null }], operation: context.operation() });
}
