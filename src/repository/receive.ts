/**
 * Blocks that come from elsewhere: found, verified in quarantine by the same functions that verify our own, and only then
 * written, each with what it adds to its first parent, so that they lie in the volumes as if they had been sealed here.
 */
import type { Ancestry } from '../directory/published.ts';
import { AergoError } from '../errors.ts';
import { type Block, type BlockId, BlockReader } from '../ledger/block.ts';
import { type DerivedEntries, History } from '../ledger/history.ts';
import { parentsFirst } from '../ledger/parents-first.ts';
import { rebuildBlock, type VerifyContext } from '../ledger/verify.ts';
import { decodeCommit } from '../object/commit.ts';
import type { NewObject } from '../object/object.ts';
import type { Oid } from '../object/oid.ts';
import type { ObjectSource } from '../object/source.ts';
import { readTree } from '../object/source.ts';
import type { Quarantine, QuarantineLimits } from '../store/quarantine.ts';
import type { RefUpdate } from '../store/refs.ts';
import type { BlockObjects } from '../store/write-plan.ts';
import type { RepositoryContext } from './context.ts';
import { cutOf, verifiedWhole } from './cutting.ts';
import { type VerifiedOver, verifyContext } from './verify.ts';

/** How far ahead of our clock a block's time may be at admission: clocks differ, futures are refused. */
export const clockAhead_ms = 120_000;

/** What one push or fetch may bring. */
export const receiveLimits: QuarantineLimits = { objects: 2_000_000, bytes: 4 * 1024 * 1024 * 1024 };

const usualWrite_bytes = 64 * 1024 * 1024;

/** Blocks that were verified, parents first, and where they are read. */
export interface VerifiedBlocks extends Pick<VerifyContext, 'reader' | 'history'> {
  readonly blocks: readonly BlockId[];
  /** Those of them that were taken by their signatures: what they stand on is not all here (cutting.ts). */
  readonly taken: readonly BlockId[];
}

/** How what comes in is judged. */
export interface ReceiveOptions extends Pick<VerifiedOver, 'admission' | 'directory'> {
  /** Without running transactions again. */
  readonly fast?: boolean;
  /** Which blocks need not come; those that are here where it is left out. */
  readonly isKnown?: (id: BlockId) => boolean;
  /** Blocks whose parents are missing afterwards; those of this copy where it is left out. */
  readonly cut?: ReadonlySet<BlockId>;
  /** Everything is verified anew, what is here too: the history reaches farther back than it did. */
  readonly anew?: boolean;
}

/**
 * Verifies every block that `heads` reach and the repository has not.
 * @throws AergoError as `verify`; AERGO_BLOCK_TIME for a time ahead of this machine's clock; AERGO_OBJECT_MISSING
 */
export async function verifyReceived(
  context: RepositoryContext,
  quarantine: Quarantine,
  heads: readonly BlockId[],
  options: ReceiveOptions = {},
): Promise<VerifiedBlocks> {
  const { fast = false, anew = false, cut = cutOf(context), isKnown = knownBlocks(context, anew), ...over } = options;
  const isCut = (): boolean => cut.size > 0;
  const reader = new BlockReader(quarantine, isCut);
  const entries = new EntriesOver(context.store);
  const history = new History();
  history.attach(entries, isCut);
  const isNew = (id: BlockId): boolean => {
    if (isKnown(id)) return false;
    // One that is here all the same is none that whoever sends may name: it has to come.
    if (anew ? quarantine.has(id) : quarantine.isQuarantined(id)) return true;
    throw new AergoError('AERGO_OBJECT_MISSING', `block ${id} did not come`, { details: { oid: id } });
  };
  const isHere = (child: BlockId) => (id: BlockId) => !cut.has(child) || quarantine.has(id);
  const parentsOf = (id: BlockId): BlockId[] => reader.block(id).commit.parents.filter(isHere(id)).filter(isNew);
  const blocks = parentsFirst(parentsOf, heads.filter(isNew));
  const ancestry = ancestryOver(context, quarantine, reader, isCut());
  const verify = verifyContext(context, { reader, history, ancestry, ...over });
  const latest = context.options.clock() + clockAhead_ms;
  const run = fast ? undefined : await rerunOn(context, quarantine, verify);
  const taken: BlockId[] = [];
  try {
    for (const [done, id] of blocks.entries()) {
      checkTime(reader.block(id), latest);
      const isWhole = await verifiedWhole(verify, id, run?.rebuild);
      if (!isWhole) taken.push(id);
      entries.add(history.derive(id, quarantine));
      context.options.onProgress?.({ phase: 'verify', done: done + 1, total: blocks.length, unit: 'blocks' });
    }
  } finally {
    await run?.leave();
  }
  return { blocks, taken, reader, history };
}

/** Where everything is verified anew, nothing counts as known. */
const knownBlocks =
  ({ history }: RepositoryContext, anew: boolean) =>
  (id: BlockId): boolean =>
    !anew && history.has(id);

/** What a head reaches is known before it is verified: a block by a key that was revoked since counts where a version published it. */
function ancestryOver(
  { history }: RepositoryContext,
  quarantine: Quarantine,
  reader: BlockReader,
  isCut: boolean,
): Ancestry {
  return {
    isCut,
    has: (id) => quarantine.has(id),
    record: (id) => (history.has(id) ? history.record(id) : { parents: reader.block(id).commit.parents }),
  };
}

/** Runs blocks again on the repository's own engine, which stands near them, and brings it back to where it stood. */
async function rerunOn(
  context: RepositoryContext,
  quarantine: Quarantine,
  verify: VerifyContext,
): Promise<{ rebuild(id: BlockId): Promise<void>; leave(): Promise<void> }> {
  const engine = await context.engine();
  const stood = engine.position;
  return {
    rebuild: (id) => rebuildBlock(verify, engine, context.engineId, id),
    async leave() {
      // A state that is never written must not be what the engine's cache is of.
      if (stood !== null && engine.position !== stood) await engine.moveTo(quarantine, stood);
    },
  };
}

function checkTime({ id, header }: Block, latest: number): void {
  if (header.time <= latest) return;
  throw new AergoError(
    'AERGO_BLOCK_TIME',
    `block ${id.slice(0, 7)} was sealed at ${new Date(header.time).toISOString()}, which has not come yet`,
    { hint: 'set the clock of the machine that sealed it, or wait', details: { block: id, time: header.time } },
  );
}

/** What was derived from blocks in quarantine, over what the store has. */
class EntriesOver implements DerivedEntries {
  readonly #own = new Map<string, string>();
  readonly #base: DerivedEntries;

  constructor(base: DerivedEntries) {
    this.#base = base;
  }

  add(entries: Iterable<{ key: string; value: string }>): void {
    for (const { key, value } of entries) this.#own.set(key, value);
  }

  derived(key: string): string | undefined {
    return this.#own.get(key) ?? this.#base.derived(key);
  }

  async *derivedRange(prefix: string): AsyncGenerator<readonly [string, string]> {
    for (const entry of this.#own) if (entry[0].startsWith(prefix)) yield entry;
    for await (const entry of this.#base.derivedRange(prefix)) if (!this.#own.has(entry[0])) yield entry;
  }
}

/** How what was verified is written. */
export interface KeepOptions {
  /** The ref that HEAD names afterwards. */
  readonly head?: string;
  /** What changes of where the history is cut. */
  readonly cuts?: readonly RefUpdate[];
  /** Bytes of the bodies that one durable write takes; 64 MiB when left out. */
  readonly write_bytes?: number;
}

/**
 * Writes verified blocks and other objects, and moves the refs with the last of them. Objects of earlier writes that a crash
 * leaves without a ref are whole blocks; the next attempt finds them there.
 * @param loose objects outside of blocks: snapshots, versions of the directory
 */
export async function keepReceived(
  context: RepositoryContext,
  quarantine: Quarantine,
  { blocks, reader }: Pick<VerifiedBlocks, 'blocks' | 'reader'>,
  loose: readonly Oid[],
  refs: readonly RefUpdate[],
  { head = context.store.head, cuts = [], write_bytes = usualWrite_bytes }: KeepOptions = {},
): Promise<void> {
  let pending: BlockObjects[] = [];
  let pending_bytes = 0;
  /** Where the history is cut is said in the write that brings the block, lest its parents be missed. */
  const cutsOf = (some: readonly BlockObjects[]): RefUpdate[] =>
    cuts.filter(({ new: id }) => some.some((block) => block.id === id));
  for (const id of blocks) {
    if (context.history.has(id)) continue;
    const objects = objectsBeside(quarantine, reader.block(id));
    const bytes = objects.reduce((sum, { body }) => sum + body.length, 0);
    if (pending.length > 0 && pending_bytes + bytes > write_bytes) {
      await context.store.write({ blocks: pending, refs: cutsOf(pending), operation: context.operation() });
      pending = [];
      pending_bytes = 0;
    }
    pending.push({ id, objects });
    pending_bytes += bytes;
  }
  const objects = loose.map((oid) => ({ oid, ...quarantine.read(oid) }));
  const moves = [...refs, ...cuts.filter(({ new: id }) => id === null), ...cutsOf(pending)];
  await context.store.write({ blocks: pending, objects, refs: moves, operation: context.operation(head) });
}

/** What a block's tree has that its first parent's has not at the same place, every object after those it names. */
function objectsBeside(source: ObjectSource, { id, commit }: Block): NewObject[] {
  const found: NewObject[] = [];
  const seen = new Set<Oid>();
  const visit = (oid: Oid, isTree: boolean, before: Oid | undefined): void => {
    if (oid === before || seen.has(oid)) return;
    seen.add(oid);
    if (isTree) {
      const entries = before === undefined ? [] : readTree(source, before);
      const trees = new Map(entries.map((entry) => [`${entry.mode} ${entry.name}`, entry.oid]));
      for (const entry of readTree(source, oid)) {
        visit(entry.oid, entry.mode === '40000', trees.get(`${entry.mode} ${entry.name}`));
      }
    }
    found.push({ oid, ...source.read(oid) });
  };
  const [parent] = commit.parents;
  const before = parent === undefined || !source.has(parent) ? undefined : decodeCommit(source.read(parent).body).tree;
  visit(commit.tree, true, before);
  found.push({ oid: id, ...source.read(id) });
  return found;
}
