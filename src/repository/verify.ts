/** Verification of a whole repository: every byte of the log, every signature, every block built again from genesis. */
import { AergoError } from '../errors.ts';
import type { BlockId } from '../ledger/block.ts';
import { snapshotRef } from '../ledger/names.ts';
import { checkSnapshot } from '../ledger/snapshot.ts';
import { checkBlock, rebuildBlock, type VerifyContext, verificationOrder } from '../ledger/verify.ts';
import { poolOf } from '../merge/pool.ts';
import { storeDamaged } from '../store/damage.ts';
import type { RepositoryContext } from './context.ts';

export interface VerifyOptions {
  /** Only what this revision reaches; everything when left out. */
  readonly revision?: string;
  /** Signatures and structure, without running anything again. */
  readonly fast?: boolean;
}

export interface VerifyReport {
  /** For each head: the blocks on its own chain, and those that merges brought, by the branch they were sealed on. */
  readonly branches: readonly {
    readonly name: string;
    readonly blocks: number;
    readonly merged: readonly { readonly branch: string; readonly blocks: number }[];
  }[];
  readonly blocks: number;
  readonly transactions: number;
  readonly snapshots: number;
  readonly fast: boolean;
}

/** Throws with exit code 6 at the first thing that is wrong, `AERGO_VERIFY_UNDECIDED` or `AERGO_VERIFY_ENGINE` where it cannot tell. */
export async function verifyRepository(context: RepositoryContext, options: VerifyOptions): Promise<VerifyReport> {
  await checkLog(context);
  const heads = await headsToVerify(context, options.revision);
  const snapshots = options.revision === undefined ? checkSnapshots(context) : [];
  const order = verificationOrder(context.history, [...heads.map((head) => head.block), ...snapshots]);
  const transactions = await verifyBlocks(context, order, options.fast === true);
  const branches = heads.map(({ name, block }) => ({ name, ...countBlocks(context, block) }));
  return { branches, blocks: order.length, transactions, snapshots: snapshots.length, fast: options.fast === true };
}

/** Every byte of the volumes; the index is derived and was checked against them. */
async function checkLog(context: RepositoryContext): Promise<void> {
  const report = await context.store.fsck();
  const [first] = report.problems;
  if (first === undefined) return;
  const { problem, volume, offset, id } = first;
  if (volume !== undefined && offset !== undefined) {
    throw storeDamaged({ volume, offset, ...(id === undefined ? {} : { id }) }, problem);
  }
  throw new AergoError('AERGO_STORE_DAMAGED', problem, {
    hint: 'aergo fsck lists all that is wrong',
    details: { ...first },
  });
}

async function headsToVerify(
  context: RepositoryContext,
  revision: string | undefined,
): Promise<{ name: string; block: BlockId }[]> {
  if (revision !== undefined) return [{ name: revision, block: await context.resolve(revision) }];
  return context.branchNames().map((name) => context.branch(name));
}

function checkSnapshots(context: RepositoryContext): BlockId[] {
  return context.store
    .refs(snapshotRef(''))
    .map((ref) => checkSnapshot(context.reader, ref.oid, ref.name.slice(snapshotRef('').length)).block);
}

function verifyContext(context: RepositoryContext): VerifyContext {
  const { reader, history, cache, rights, directoryVersion: directory } = context;
  return {
    reader,
    history,
    cache,
    rights,
    repository: directory.repository,
    directory: directory.id,
    engines: new Set(directory.engines),
    mergeCandidates: (target, source) => poolOf(reader, history, target, source),
  };
}

/** Gives the number of transactions that took effect. */
async function verifyBlocks(context: RepositoryContext, order: readonly BlockId[], fast: boolean): Promise<number> {
  const verify = verifyContext(context);
  const engine = fast ? undefined : await context.emptyEngine();
  let transactions = 0;
  try {
    for (const [done, id] of order.entries()) {
      await checkBlock(verify, id);
      if (engine !== undefined) await rebuildBlock(verify, engine, context.engineId, id);
      transactions += context.reader.header(id).counts.applied;
      context.options.onProgress?.({ phase: 'verify', done: done + 1, total: order.length, unit: 'blocks' });
    }
  } finally {
    await engine?.close();
  }
  return transactions;
}

function countBlocks(
  { history, reader }: RepositoryContext,
  head: BlockId,
): { blocks: number; merged: { branch: string; blocks: number }[] } {
  const chain = new Set(history.chain(head));
  const merged = new Map<string, number>();
  for (const id of history.reachable([head])) {
    if (chain.has(id)) continue;
    const { branch } = reader.header(id);
    merged.set(branch, (merged.get(branch) ?? 0) + 1);
  }
  return { blocks: chain.size, merged: [...merged].map(([branch, blocks]) => ({ branch, blocks })) };
}
