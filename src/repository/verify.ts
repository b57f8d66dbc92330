/** Verification of a whole repository: every byte of the log, every signature, every block built again from genesis. */
import type { Engine } from '../contract/engine.ts';
import { DirectoryAuthority } from '../directory/authority.ts';
import type { Ancestry } from '../directory/published.ts';
import type { DirectoryReader } from '../directory/version.ts';
import { AergoError } from '../errors.ts';
import type { BlockId } from '../ledger/block.ts';
import { logicOf, sameLogic } from '../ledger/header.ts';
import { branchRef, snapshotRef } from '../ledger/names.ts';
import { parentsFirst } from '../ledger/parents-first.ts';
import { checkSnapshot } from '../ledger/snapshot.ts';
import { rebuildBlock, type VerifyContext } from '../ledger/verify.ts';
import { poolOf } from '../merge/pool.ts';
import { rowMergeRebuilder } from '../merge/rebuild.ts';
import type { Oid } from '../object/oid.ts';
import { storeDamaged } from '../store/damage.ts';
import type { RepositoryContext } from './context.ts';
import { type BlockPoint, beginsOf, verifiedWhole } from './cutting.ts';
import { verifiedDirectory } from './directory.ts';

export interface VerifyOptions {
  /** Only what this revision reaches; everything when left out. */
  readonly revision?: string;
  /** Signatures and structure, without running anything again. */
  readonly fast?: boolean;
  /**
   * Runs again on an engine that is another one in everything that no result may depend on (contract/perturbation.ts).
   * A seed repeats the run that had it. `runs`, one when left out, are so many of them, each with a seed that follows from the
   * first: each is a sample.
   */
  readonly perturb?: boolean | { readonly seed?: string; readonly runs?: number };
}

export interface VerifyReport {
  /** For each head: the blocks on its own chain, and those that merges brought, by the branch they were sealed on. */
  readonly branches: readonly {
    readonly name: string;
    readonly blocks: number;
    readonly merged: readonly { readonly branch: string; readonly blocks: number }[];
  }[];
  readonly blocks: number;
  /** Where the history of this copy begins, where it is cut. */
  readonly begins?: readonly BlockPoint[];
  /** The blocks that could not be judged whole, since what they stand on is missing: their signatures and rights were. */
  readonly taken: number;
  readonly transactions: number;
  readonly snapshots: number;
  /** The number of the directory's version in force; every version was verified. */
  readonly directory: number;
  readonly fast: boolean;
  /** The seed of the first perturbed run, where there was one, and how many runs there were. */
  readonly perturbed?: string;
  readonly runs?: number;
}

/**
 * Throws with exit code 6 at the first thing that is wrong, `AERGO_VERIFY_UNDECIDED` or `AERGO_VERIFY_ENGINE` where it cannot
 * tell, `AERGO_VERIFY_PERTURBED` where a block is right and follows from its transactions only by chance.
 */
export async function verifyRepository(context: RepositoryContext, options: VerifyOptions): Promise<VerifyReport> {
  await checkLog(context);
  for (const name of context.branchNames()) checkBranch(context, name);
  const { version: directory } = verifiedDirectory(context);
  const heads = await headsToVerify(context, options.revision);
  const snapshots = options.revision === undefined ? checkSnapshots(context) : [];
  const { history } = context;
  const order = parentsFirst((id) => history.parentsHere(id), [...heads.map((head) => head.block), ...snapshots]);
  const fast = options.fast === true;
  const seeds = fast ? [] : seedsOf(context, options.perturb);
  const reruns = seeds.length > 0 ? seeds.map((seed) => runAgain(context, seed)) : fast ? [] : [runAgain(context)];
  const { transactions, taken } = await verifyBlocks(context, order, reruns);
  const branches = heads.map(({ name, block }) => ({ name, ...countBlocks(context, block) }));
  const counts = {
    blocks: order.length,
    ...beginsOf(context),
    taken,
    transactions,
    snapshots: snapshots.length,
    directory,
  };
  const [first] = seeds;
  return { branches, ...counts, fast, ...(first === undefined ? {} : { perturbed: first, runs: seeds.length }) };
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

/** A branch's ref names a block sealed on that branch or, while it has none of its own, the block it was made from. */
function checkBranch({ store, history, reader }: RepositoryContext, name: string): void {
  const ref = store.ref(branchRef(name));
  const wrong = (what: string): AergoError =>
    new AergoError('AERGO_REF_INVALID', `branch ${name}: ${what}`, { details: { branch: name } });
  if (ref === undefined || !history.has(ref.oid)) throw wrong('it names no block');
  const { height, branch, start } = reader.header(ref.oid);
  if (ref.start === undefined || !/^[0-9a-f]{16}$/.test(ref.start)) throw wrong('it has no start');
  if (ref.height !== height) throw wrong(`it says height ${ref.height ?? 'none'}, its block has ${height}`);
  if (ref.start === start && name !== branch) throw wrong(`its block was sealed on ${branch}`);
  if (ref.start === start && ref.logic !== undefined && !sameLogic(ref.logic, logicOf(reader.header(ref.oid))))
    throw wrong('it has another merge logic than its blocks');
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

/** Where blocks and the directory are read that the repository does not have yet. */
export interface VerifiedOver extends Pick<VerifyContext, 'reader' | 'history' | 'admission'> {
  /** The directory that comes with them; the repository's own where it is left out. */
  readonly directory?: { readonly versions: DirectoryReader; readonly newest: Oid };
  /** Which blocks stand on which, those that are yet to be verified included; `history` where it is left out. */
  readonly ancestry?: Ancestry;
}

export function verifyContext(context: RepositoryContext, over?: VerifiedOver): VerifyContext {
  const {
    reader,
    history,
    directory,
    ancestry = history,
    admission = false,
  }: VerifiedOver = over ?? { reader: context.reader, history: context.history };
  const { versions, newest } = directory ?? { versions: context.directoryReader, newest: context.directoryVersion.id };
  return {
    reader,
    history,
    cache: context.cache,
    repository: versions.version(newest).repository,
    authority: new DirectoryAuthority(versions, newest, ancestry),
    admission,
    mergeCandidates: (target, source) => poolOf(reader, history, target, source),
    rebuildRowMerge: rowMergeRebuilder({ reader, history, cache: context.cache }),
  };
}

/** The seeds of the perturbed runs. Each, given alone, repeats its run; the first, with as many runs, repeats them all. */
function seedsOf(context: RepositoryContext, perturb: VerifyOptions['perturb']): string[] {
  if (perturb === undefined || perturb === false) return [];
  const { seed, runs = 1 } = perturb === true ? {} : perturb;
  const first = seed ?? context.randomHex(8);
  return Array.from({ length: runs }, (_, run) => (run === 0 ? first : `${first}.${run + 1}`));
}

/** How blocks are run again. */
interface Rerun {
  open(): Promise<Engine>;
  rebuild(verify: VerifyContext, engine: Engine, id: BlockId): Promise<void>;
}

function runAgain(context: RepositoryContext, seed?: string): Rerun {
  const { engineId } = context;
  if (seed === undefined) {
    return {
      open: () => context.emptyEngine(),
      rebuild: (verify, engine, id) => rebuildBlock(verify, engine, engineId, id),
    };
  }
  return {
    open: () => context.emptyEngine({ perturbation: { seed }, deadline_ms: perturbedDeadline_ms }),
    async rebuild(verify, engine, id) {
      try {
        await rebuildBlock(verify, engine, engineId, id);
      } catch (error) {
        if (!(error instanceof AergoError) || error.code !== 'AERGO_BLOCK_INVALID') throw error;
        await rebuildUnperturbed(context, verify, id);
        throw undetermined(seed, error);
      }
    },
  };
}

/** Plans that are chosen to be unlikely take longer. */
const perturbedDeadline_ms = 10_000;

/** Tells a block that is wrong from one that is right by chance: throws for the first. */
async function rebuildUnperturbed(context: RepositoryContext, verify: VerifyContext, id: BlockId): Promise<void> {
  const engine = await context.emptyEngine();
  try {
    await rebuildBlock(verify, engine, context.engineId, id);
  } finally {
    await engine.close();
  }
}

function undetermined(seed: string, cause: AergoError): AergoError {
  return new AergoError(
    'AERGO_VERIFY_PERTURBED',
    `${cause.message}, when its rows lie in another order: a contract of this block is not determined`,
    {
      hint: 'look for what takes some of many rows, or one after the other, without an ORDER BY; redeploy the contract mended',
      details: { ...cause.details, seed },
      cause,
    },
  );
}

/** Gives the number of transactions that took effect, and of blocks that were taken by their signatures. */
async function verifyBlocks(
  context: RepositoryContext,
  order: readonly BlockId[],
  reruns: readonly Rerun[],
): Promise<{ transactions: number; taken: number }> {
  const verify = verifyContext(context);
  const passes = reruns.length === 0 ? [undefined] : reruns;
  let transactions = 0;
  const taken = new Set<BlockId>();
  for (const [pass, rerun] of passes.entries()) {
    const engine = await rerun?.open();
    try {
      for (const [at, id] of order.entries()) {
        const rebuild = async (): Promise<void> => {
          if (engine !== undefined) await rerun?.rebuild(verify, engine, id);
        };
        if (pass > 0) {
          if (!taken.has(id)) await rebuild();
        } else {
          if (!(await verifiedWhole(verify, id, rebuild))) taken.add(id);
          transactions += context.reader.header(id).counts.applied;
        }
        const done = pass * order.length + at + 1;
        context.options.onProgress?.({ phase: 'verify', done, total: passes.length * order.length, unit: 'blocks' });
      }
    } finally {
      await engine?.close();
    }
  }
  return { transactions, taken: taken.size };
}

function countBlocks(
  { history, reader }: RepositoryContext,
  head: BlockId,
): { blocks: number; merged: { branch: string; blocks: number }[] } {
  const chain = new Set(history.chainHere(head));
  const merged = new Map<string, number>();
  for (const id of history.reachable([head])) {
    if (chain.has(id)) continue;
    const { branch } = reader.header(id);
    merged.set(branch, (merged.get(branch) ?? 0) + 1);
  }
  return { blocks: chain.size, merged: [...merged].map(([branch, blocks]) => ({ branch, blocks })) };
}
