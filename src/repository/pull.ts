/**
 * Pulling: a fetch, and the current branch brought up to the remote's. Where both have blocks of their own, the local ones
 * fall apart and run again on top of the remote's, as new blocks of the same branch; what no longer fits is told and kept.
 *
 * The new blocks gather under a ref of their own and the branch moves once, at the end: cut off anywhere, it has not moved.
 */
import type { SigningKey } from '../crypto/key.ts';
import { AergoError } from '../errors.ts';
import { ordinaryCandidate } from '../ledger/admission.ts';
import type { BlockId } from '../ledger/block.ts';
import { branchRef, leftRefs, trackingRef } from '../ledger/names.ts';
import type { Transaction, TransactionId } from '../ledger/transaction.ts';
import type { BranchHead, RepositoryContext } from './context.ts';
import { namesOvertaken } from './directory-own.ts';
import { type FetchOptions, type FetchReport, fetchRemote } from './fetch.ts';
import { mergeHeads } from './merge.ts';
import type { Remote } from './remotes.ts';
import { checkSealer, keep, nextBlock, stageOrdinary } from './seal.ts';

export interface PullOptions extends FetchOptions {
  /** The branch; the current one when left out. */
  readonly branch?: string;
  /** Seals what runs again. */
  readonly sealer: SigningKey;
}

/** A transaction of ours that the remote's blocks leave no place for. */
export interface LeftTransaction {
  readonly transaction: TransactionId;
  readonly content: Transaction;
  readonly error: AergoError;
}

export interface PullReport {
  readonly fetched: FetchReport;
  readonly branch: string;
  /** What was done: nothing to do, the branch moved forward, or its own blocks ran again on the remote's. */
  readonly kind: 'up-to-date' | 'forward' | 'rerun';
  readonly old: BlockId;
  readonly new: BlockId;
  readonly height: number;
  /** Blocks of ours that ran again, and those that became of them. */
  readonly reran: { readonly from: number; readonly to: number };
  readonly left: readonly LeftTransaction[];
  /** Merges of ours that were not made again, by their source's name: people have to decide again. */
  readonly unmerged: readonly string[];
  /** The ref that keeps the blocks that ours were before. */
  readonly kept?: string;
}

/** Throws as `fetchRemote`; AERGO_BRANCH_UNKNOWN where the remote has no such branch; then the branch has not moved. */
export async function pullBranch(
  context: RepositoryContext,
  remote: Remote,
  options: PullOptions,
): Promise<PullReport> {
  const fetched = await fetchRemote(context, remote, { signer: options.sealer, ...options });
  const local = context.branch(options.branch);
  const theirs = context.store.ref(trackingRef(remote.name, local.name))?.oid;
  if (theirs === undefined) {
    throw new AergoError('AERGO_BRANCH_UNKNOWN', `${remote.name} has no branch ${local.name}`, {
      hint: `aergo push ${remote.name} ${local.name}`,
      details: { branch: local.name, remote: remote.name },
    });
  }
  const { history } = context;
  const report = { fetched, branch: local.name, old: local.block, reran: { from: 0, to: 0 }, left: [], unmerged: [] };
  const at = (head: BlockId) => ({ new: head, height: history.record(head).height });
  // Blocks that name a version of the directory which others overtook are nobody's: they are made again.
  const isUpToDate = history.isOnChain(theirs, local.block) && !namesOvertaken(context, local.block);
  if (isUpToDate) return { ...report, kind: 'up-to-date', ...at(local.block) };
  if (history.isOnChain(local.block, theirs)) {
    await moveBranch(context, local, theirs);
    return { ...report, kind: 'forward', ...at(theirs) };
  }
  const { head, ...rerun } = await runOnTop(context, local, theirs, options.sealer);
  return { ...report, kind: 'rerun', ...rerun, ...at(head) };
}

async function moveBranch(context: RepositoryContext, local: BranchHead, to: BlockId): Promise<void> {
  const { start, branch } = context.reader.header(to);
  const { height } = context.history.record(to);
  const update = { name: branchRef(local.name), old: local.block, new: to, height };
  // A branch without a block of its own takes over what the remote's is bound to.
  const begins = branch === local.name && start !== local.start ? { start } : {};
  await context.store.write({ refs: [{ ...update, ...begins }], operation: context.operation() });
}

interface Rerun extends Pick<PullReport, 'reran' | 'left' | 'unmerged'> {
  readonly head: BlockId;
  readonly kept: string;
}

async function runOnTop(
  context: RepositoryContext,
  local: BranchHead,
  theirs: BlockId,
  sealer: SigningKey,
): Promise<Rerun> {
  checkSealer(context, sealer.id, local.name);
  const own = blocksBeside(context, local.block, theirs);
  const gathering = `refs/aergo/pull/${local.name}`;
  const before = context.store.ref(gathering)?.oid ?? null;
  const { height } = context.history.record(theirs);
  await context.store.write({
    refs: [{ name: gathering, old: before, new: theirs, start: local.start, height }],
    operation: context.operation(),
  });
  const top = new Top(context, { ...local, block: theirs, ref: gathering }, sealer);
  for (const id of own) await top.add(id);
  const { head, left, unmerged } = top;
  const kept = `${leftRefs(local.name)}${context.history.record(local.block).height}-${local.block.slice(0, 12)}`;
  const heights = (id: BlockId) => context.history.record(id).height;
  const isKept = context.store.ref(kept)?.oid ?? null;
  await context.store.write({
    refs: [
      { name: branchRef(local.name), old: local.block, new: head, height: heights(head) },
      { name: kept, old: isKept, new: local.block, height: heights(local.block) },
      { name: gathering, old: head, new: null },
    ],
    operation: context.operation(),
  });
  return { head, kept, left, unmerged, reran: { from: own.length, to: heights(head) - heights(theirs) } };
}

/** The blocks on the branch's own line that the other head does not contain, oldest first. */
function blocksBeside({ history }: RepositoryContext, head: BlockId, other: BlockId): BlockId[] {
  const blocks: BlockId[] = [];
  for (const id of history.chain(head)) {
    if (history.isOnChain(id, other)) break;
    blocks.push(id);
  }
  return blocks.reverse();
}

/** The top of the branch while its blocks run again. */
class Top {
  readonly #context: RepositoryContext;
  readonly #sealer: SigningKey;
  #branch: BranchHead;
  readonly left: LeftTransaction[] = [];
  readonly unmerged: string[] = [];

  constructor(context: RepositoryContext, branch: BranchHead, sealer: SigningKey) {
    this.#context = context;
    this.#branch = branch;
    this.#sealer = sealer;
  }

  get head(): BlockId {
    return this.#branch.block;
  }

  async add(id: BlockId): Promise<void> {
    const { header, commit } = this.#context.reader.block(id);
    const [, merged] = commit.parents;
    if (header.kind === 'merge' && merged !== undefined)
      await this.#mergeAgain(header.source, merged, header.mode === 'rows');
    else await this.#runAgain(id);
  }

  async #runAgain(id: BlockId): Promise<void> {
    const context = this.#context;
    const { history, reader } = context;
    const next = nextBlock(context, this.#branch);
    const fresh = [];
    for (const signed of reader.transactions(id)) {
      // What the remote has already took effect there.
      if ((await history.tookEffect(signed, this.head)) !== undefined) continue;
      fresh.push(await ordinaryCandidate(history, signed, next.place.bound, this.head));
    }
    if (fresh.length === 0) return;
    const engine = await context.engine();
    const { staged, content } = await stageOrdinary(context, engine, next, fresh);
    for (const { signed, refusal } of staged.transactions) {
      if (refusal === undefined) continue;
      this.left.push({ transaction: signed.id, content: signed.transaction, error: refusal.error });
    }
    if (content.transactions.length === 0) return engine.abandon();
    this.#branch = { ...this.#branch, block: await keep(context, engine, next, content, this.#sealer) };
  }

  async #mergeAgain(bound: string, merged: BlockId, rows: boolean): Promise<void> {
    const context = this.#context;
    const name = bound.slice(0, bound.lastIndexOf(':'));
    if (context.history.isAncestor(merged, this.head)) return;
    const source = { name, block: merged };
    const { block, dropped } = await mergeHeads(context, this.#branch, source, {
      source: name,
      sealer: this.#sealer,
      rows,
    });
    if (block === undefined) this.unmerged.push(name);
    else this.#branch = { ...this.#branch, block: block.id };
    for (const { receipt, transaction } of dropped) {
      const error = new AergoError(
        'AERGO_MERGE_DROPPED',
        `the merge of ${name} dropped it: ${receipt.code ?? receipt.status}`,
      );
      this.left.push({ transaction: receipt.tx, content: transaction, error });
    }
  }
}
