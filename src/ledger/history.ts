/**
 * Where blocks stand to each other: parents, heights, ancestors, merge bases, and in which blocks a transaction stands.
 *
 * It answers from entries that are derived from the blocks, one small record a block and one a receipt, which the store
 * keeps beside its index and makes again from the log when that is lost. Nothing here is true that a block does not say.
 *
 * Where a copy's history is cut (cut.ts), an answer that would take blocks from before the cut is AERGO_HISTORY_CUT. What is
 * named `…Here` says only what the blocks say that are there.
 */
import { AergoError } from '../errors.ts';
import { isOid, type Oid } from '../object/oid.ts';
import type { ObjectSource } from '../object/source.ts';
import { type BlockId, BlockReader } from './block.ts';
import { type BlockRecord, jumpHeight, makeRecord } from './block-record.ts';
import { compareHeads } from './common-ancestors.ts';
import { beforeTheCut, historyCut } from './cut.ts';
import { blockInEffect } from './in-effect.ts';
import { type Naming, namingEntries, namingsOf } from './naming.ts';
import { NewestFirst } from './newest-first.ts';
import type { Receipt } from './receipt.ts';
import { Recent } from './recent.ts';
import type { SignedTransaction, TransactionId } from './transaction.ts';

/** A block in which a transaction stands, and what became of it there. */
export interface Occurrence {
  readonly block: BlockId;
  readonly status: Receipt['status'];
}

/** The derived entries that a store keeps. */
export interface DerivedEntries {
  derived(key: string): string | undefined;
  derivedRange(prefix: string): AsyncIterable<readonly [string, string]>;
}

const blockKey = (id: string): string => `block/${id}`;
const transactionKey = (id: string): string => `tx/${id}`;

export class History {
  readonly #records = new Recent<BlockId, BlockRecord>(65_536);
  /** Answers of `isAncestor`: a thousand transactions of one block mostly have the same base. */
  readonly #ancestors = new Recent<string, boolean>(256);
  #entries: DerivedEntries | undefined;
  #isCut: () => boolean = () => false;

  /**
   * The store's entries, once it is open; until then (while it replays its log) records are made from the blocks.
   * @param isCut whether blocks are missing that others name as their parents
   */
  attach(entries: DerivedEntries, isCut: () => boolean = () => false): void {
    this.#entries = entries;
    this.#isCut = isCut;
  }

  /** Whether this is only the newest part of a history. */
  get isCut(): boolean {
    return this.#isCut();
  }

  /** What the store is to keep for a block: given to it as its `derive`. */
  derive(id: BlockId, source: ObjectSource): { key: string; value: string }[] {
    const reader = new BlockReader(source);
    const record = makeRecord(id, { reader, known: (other) => this.#lookup(other) });
    this.#records.set(id, record);
    const entries = [{ key: blockKey(id), value: JSON.stringify(record) }];
    for (const receipt of reader.receipts(id)) {
      const key = transactionKey(receipt.tx);
      // The first only says that there is something to look for: most transactions that come in are new.
      entries.push({ key, value: '' }, { key: `${key}/${id}`, value: receipt.status });
    }
    return [...entries, ...namingEntries(reader, id)];
  }

  #lookup(id: BlockId): BlockRecord | undefined {
    const known = this.#records.get(id);
    if (known !== undefined) return known;
    const stored = this.#entries?.derived(blockKey(id));
    return stored === undefined ? undefined : this.#records.set(id, JSON.parse(stored) as BlockRecord);
  }

  has(id: BlockId): boolean {
    return this.#lookup(id) !== undefined;
  }

  /** The record of a block that the repository has. */
  record(id: BlockId): BlockRecord {
    const record = this.#lookup(id);
    if (record === undefined) {
      if (this.isCut) throw beforeTheCut(id);
      throw new AergoError(
        'AERGO_BLOCK_INVALID',
        `${id.slice(0, 12)} is named as a block, and is none of this repository`,
        {
          details: { block: id },
        },
      );
    }
    return record;
  }

  /** Ids of blocks that begin with these hex digits. */
  blocksByPrefix(prefix: string): Promise<BlockId[]> {
    return this.#idsByPrefix('block/', prefix);
  }

  /** Ids of transactions that begin with these hex digits. */
  async transactionsByPrefix(prefix: string): Promise<TransactionId[]> {
    return (await this.#idsByPrefix('tx/', prefix)) as string[] as TransactionId[];
  }

  async #idsByPrefix(kind: string, prefix: string): Promise<Oid[]> {
    const found = new Set<Oid>();
    for await (const [key] of this.#entries?.derivedRange(kind + prefix) ?? []) {
      const id = key.slice(kind.length, kind.length + 64);
      if (isOid(id)) found.add(id);
    }
    return [...found];
  }

  /** Every block in which the transaction stands. */
  async occurrences(transaction: TransactionId): Promise<Occurrence[]> {
    const found: Occurrence[] = [];
    if (this.#entries?.derived(transactionKey(transaction)) === undefined) return found;
    const prefix = `${transactionKey(transaction)}/`;
    for await (const [key, status] of this.#entries.derivedRange(prefix)) {
      found.push({ block: key.slice(prefix.length) as BlockId, status: status as Receipt['status'] });
    }
    return found;
  }

  /** The block on the first-parent chain of `head` in which the transaction has one of these statuses, if any. */
  async standsIn(
    transaction: TransactionId,
    head: BlockId,
    ...statuses: Receipt['status'][]
  ): Promise<BlockId | undefined> {
    const all = await this.occurrences(transaction);
    const found = all.find((one) => statuses.includes(one.status) && this.isOnChainHere(one.block, head))?.block;
    return found ?? this.#nowhere(transaction);
  }

  /** That a transaction stands nowhere can be said only of a whole history. */
  #nowhere(transaction: TransactionId): undefined {
    if (this.isCut)
      throw historyCut(`what became of transaction ${transaction.slice(0, 7)} before this copy begins cannot be told`, {
        transaction,
      });
  }

  /** The transactions that took effect somewhere and name this one. */
  async namings(transaction: TransactionId): Promise<Naming[]> {
    return this.#entries === undefined ? [] : namingsOf(this.#entries, transaction);
  }

  /** The block through which the transaction is in effect at `head` (in-effect.ts). */
  async inEffect(transaction: TransactionId, head: BlockId): Promise<BlockId | undefined> {
    return (await this.#inEffectHere(transaction, head)) ?? this.#nowhere(transaction);
  }

  async #inEffectHere(transaction: TransactionId, head: BlockId): Promise<BlockId | undefined> {
    const applied = (await this.occurrences(transaction)).filter((one) => one.status === 'applied');
    if (applied.length === 0) return undefined;
    return blockInEffect(
      this,
      applied.map((one) => one.block),
      head,
    );
  }

  /**
   * The block through which the transaction is in effect at `head`, or another one of those that count as one with it
   * (instead.ts). Where the history is cut: as far as its blocks say so.
   */
  async tookEffect({ id, transaction }: SignedTransaction, head: BlockId): Promise<BlockId | undefined> {
    const first = transaction.instead ?? id;
    // What nobody dropped has nothing in its stead, and most transactions that come in are new.
    if (this.#entries?.derived(transactionKey(first)) === undefined) return undefined;
    const itself = await this.#inEffectHere(first, head);
    if (itself !== undefined) return itself;
    for (const { how, transaction: anew } of await this.namings(first)) {
      const block = how === 'instead' ? await this.#inEffectHere(anew, head) : undefined;
      if (block !== undefined) return block;
    }
    return undefined;
  }

  /** The first-parent ancestor of `head` (itself included) at a height; `undefined` above it or below zero. */
  atHeight(head: BlockId, height: number): BlockId | undefined {
    const { found, missing } = this.#down(head, height);
    if (missing !== undefined) this.record(missing);
    return found;
  }

  #down(head: BlockId, height: number): { readonly found?: BlockId; readonly missing?: BlockId } {
    let id = head;
    let record = this.record(id);
    if (height > record.height || height < 0) return {};
    while (record.height > height) {
      const next = jumpHeight(record.height) >= height ? record.jump : record.parents[0];
      if (next === undefined) return {};
      const known = this.#lookup(next);
      if (known === undefined) return { missing: next };
      id = next;
      record = known;
    }
    return { found: id };
  }

  /** Whether `block` is `head` or on its first-parent chain. */
  isOnChain(block: BlockId, head: BlockId): boolean {
    return this.atHeight(head, this.record(block).height) === block;
  }

  isOnChainHere(block: BlockId, head: BlockId): boolean {
    const { found, missing } = this.#down(head, this.record(block).height);
    if (missing !== undefined && !this.isCut) this.record(missing);
    return found === block;
  }

  /** The last agreed or rows merge on the first-parent chain of `head`, itself included, as far as that is there. */
  rowMergeHere(head: BlockId): BlockId | undefined {
    if (this.isCut && !this.has(head)) return undefined;
    let record = this.record(head);
    while (record.rowMerge === undefined && record.open !== undefined) {
      const [below] = this.record(record.open).parents;
      if (below === undefined || !this.has(below)) return undefined;
      record = this.record(below);
    }
    return record.rowMerge;
  }

  /** The last block on the first-parent chain of `head` whose time is not after `time` (ms). */
  atTime(head: BlockId, time: number): BlockId | undefined {
    let id: BlockId | undefined = head;
    while (id !== undefined) {
      const record: BlockRecord = this.record(id);
      if (record.time <= time) return id;
      id = record.jump !== undefined && this.record(record.jump).time > time ? record.jump : record.parents[0];
    }
    return undefined;
  }

  /** The first-parent chain from `head` back to the genesis block. */
  *chain(head: BlockId): Generator<BlockId> {
    for (let id: BlockId | undefined = head; id !== undefined; id = this.record(id).parents[0]) yield id;
  }

  *chainHere(head: BlockId): Generator<BlockId> {
    for (let id: BlockId | undefined = head; id !== undefined; [id] = this.parentsHere(id)) yield id;
  }

  /** All blocks reachable from `heads` that are here, newest first (a parent is always older than its child). */
  *reachable(heads: Iterable<BlockId>): Generator<BlockId> {
    const queue = new NewestFirst(this);
    for (const head of heads) queue.add(head);
    for (let id = queue.take(); id !== undefined; id = queue.take()) {
      yield id;
      for (const parent of this.parentsHere(id)) queue.add(parent);
    }
  }

  /** The parents of a block, without those that are missing since the history is cut there. */
  parentsHere(id: BlockId): readonly BlockId[] {
    const { parents } = this.record(id);
    return parents.every((parent) => this.has(parent)) || !this.isCut
      ? parents
      : parents.filter((one) => this.has(one));
  }

  /** Whether `block` is `head` or one of its ancestors through any parent. */
  isAncestor(block: BlockId, head: BlockId): boolean {
    const reaches = this.reachesHere(block, head);
    if (reaches === undefined) throw beforeTheCut(block);
    return reaches;
  }

  /** As `isAncestor`; undefined where blocks are missing between the two. */
  reachesHere(block: BlockId, head: BlockId): boolean | undefined {
    const question = `${block} ${head}`;
    const known = this.#ancestors.get(question);
    if (known !== undefined) return known;
    const reaches = this.#reaches(block, head);
    return reaches === undefined ? undefined : this.#ancestors.set(question, reaches);
  }

  #reaches(block: BlockId, head: BlockId): boolean | undefined {
    const { time, height } = this.record(block);
    let isWhole = true;
    for (const id of this.reachable([head])) {
      if (id === block) return true;
      const record = this.record(id);
      if (record.time < time) break;
      isWhole &&= record.time === time || record.parents.every((parent) => this.has(parent));
    }
    // Everything comes from the genesis block, whatever is missing in between.
    return isWhole ? false : height === 0 || undefined;
  }

  /**
   * The blocks that `theirs` has and `ours` has not, newest first, and the best common ancestors in byte order. Several of ours
   * count as one that has all of them for parents.
   */
  compare(ours: BlockId | readonly BlockId[], theirs: BlockId): { onlyTheirs: BlockId[]; bases: BlockId[] } {
    return compareHeads(this, typeof ours === 'string' ? [ours] : ours, theirs);
  }
}
