/**
 * Why a transaction was dropped: found by running again, not guessed from rows (every payment writes the clearing account).
 *
 * The target's transactions since the two parted are put before what was kept of the pool, as many of them as make the
 * dropped one fail: the last of those is the cause. Where it fails without any of them, the cause is the earlier dropped one
 * that it needed. Which transactions to try first is taken from the rows that they wrote; the answer never is.
 */
import type { Candidate } from '../ledger/admission.ts';
import type { BlockId } from '../ledger/block.ts';
import type { RowReference } from '../ledger/receipt.ts';
import { probe, type StageContext } from '../ledger/stage.ts';
import type { SignedTransaction, TransactionId } from '../ledger/transaction.ts';
import { ownBlocks } from './pool.ts';

/** What made a transaction fail. */
export interface Cause {
  /** `target`: a transaction of the target's own; `pool`: one of the same pool, dropped before it. */
  readonly kind: 'target' | 'pool';
  readonly transaction: TransactionId;
  /** The block that the transaction stands in: the target's, or the source's. */
  readonly block: BlockId;
  /** Rows that both wrote, the transaction on the target and the dropped one where it had taken effect. */
  readonly rows: readonly RowReference[];
}

/** A transaction in a row of others, and the block it stands in. */
interface Placed {
  readonly signed: SignedTransaction;
  readonly from: BlockId;
}

export interface CauseContext extends Omit<StageContext, 'parentState' | 'buffer'> {
  readonly makeBuffer: () => StageContext['buffer'];
  readonly target: BlockId;
  readonly source: BlockId;
}

/** The pool as it was run: each candidate, and whether it was dropped. */
export interface PoolOutcome {
  readonly candidate: Candidate & { readonly from: BlockId };
  readonly dropped: boolean;
}

/** The cause of the drop at `index` of the pool; `undefined` where running again does not tell (an expiry, say). */
export async function causeOfDrop(
  context: CauseContext,
  pool: readonly PoolOutcome[],
  index: number,
): Promise<Cause | undefined> {
  const search = new CauseSearch(context, pool, index);
  return search.find();
}

class CauseSearch {
  readonly #context: CauseContext;
  readonly #subject: Candidate & { from: BlockId };
  readonly #kept: Candidate[];
  readonly #droppedBefore: (Candidate & { from: BlockId })[];
  readonly #inPoolOrder: readonly PoolOutcome[];
  readonly #targetBlocks: readonly BlockId[];
  readonly #target: readonly Placed[];
  readonly #writesOf = new Map<BlockId, ReadonlyMap<TransactionId, readonly RowReference[]>>();

  constructor(context: CauseContext, pool: readonly PoolOutcome[], index: number) {
    const before = pool.slice(0, index);
    const subject = pool[index];
    if (subject === undefined) throw new Error(`the pool has no transaction ${index}`);
    this.#context = context;
    this.#subject = subject.candidate;
    this.#inPoolOrder = before;
    this.#kept = before.filter((one) => !one.dropped).map((one) => one.candidate);
    this.#droppedBefore = before.filter((one) => one.dropped).map((one) => one.candidate);
    this.#targetBlocks = ownBlocks(context.history, context.target, context.source).blocks;
    this.#target = this.#targetBlocks.flatMap((from) =>
      context.reader.transactions(from).map((signed) => ({ signed, from })),
    );
  }

  async find(): Promise<Cause | undefined> {
    // After all of the target's it fails: that is why it was dropped.
    const fails = async (count: number) => !(await this.#takesEffectAfter(count));
    const ofTarget = await smallest(-1, this.#target.length, this.#suspects(this.#target), fails);
    if (ofTarget > 0) return this.#named('target', this.#target[ofTarget - 1]);
    const all = this.#droppedBefore.length;
    if (all === 0 || !(await this.#takesEffectWith(all))) return undefined;
    const takesEffect = (count: number) => this.#takesEffectWith(count);
    const ofPool = await smallest(0, all, this.#suspects(this.#droppedBefore), takesEffect);
    return this.#named('pool', this.#droppedBefore[ofPool - 1]);
  }

  #named(kind: Cause['kind'], placed: Placed | undefined): Cause | undefined {
    if (placed === undefined) return undefined;
    const rows = this.#writes(placed);
    const shared = this.#writes(this.#subject).filter((row) => rows.some((other) => sameRow(row, other)));
    return { kind, transaction: placed.signed.id, block: placed.from, rows: shared };
  }

  /** The rows that a transaction wrote where it had taken effect. */
  #writes({ signed, from }: Placed): readonly RowReference[] {
    let writes = this.#writesOf.get(from);
    if (writes === undefined) {
      writes = new Map(this.#context.reader.receipts(from).map((receipt) => [receipt.tx, receipt.writes ?? []]));
      this.#writesOf.set(from, writes);
    }
    return writes.get(signed.id) ?? [];
  }

  /** Positions (counted from 1) of those that wrote the row of the subject's that the fewest wrote. */
  #suspects(list: readonly Placed[]): number[] {
    const writes = list.map((placed) => this.#writes(placed));
    const positions = this.#writes(this.#subject)
      .map((row) => writes.flatMap((rows, index) => (rows.some((other) => sameRow(row, other)) ? [index + 1] : [])))
      .filter((found) => found.length > 0);
    return positions.reduce<number[]>(
      (least, found) => (least.length === 0 || found.length < least.length ? found : least),
      [],
    );
  }

  /** Whether the subject takes effect after the first `count` of the target's transactions and the kept ones of the pool. */
  async #takesEffectAfter(count: number): Promise<boolean> {
    const { start, rest } = this.#targetPrefix(count);
    return this.#takesEffect(start, [...rest, ...this.#kept]);
  }

  /** Whether it takes effect where the two parted, with the first `count` of the dropped ones kept too. */
  async #takesEffectWith(count: number): Promise<boolean> {
    const kept = new Set([...this.#kept, ...this.#droppedBefore.slice(0, count)]);
    const { start } = this.#targetPrefix(0);
    return this.#takesEffect(
      start,
      this.#inPoolOrder.map((one) => one.candidate).filter((candidate) => kept.has(candidate)),
    );
  }

  async #takesEffect(start: BlockId, before: readonly Candidate[]): Promise<boolean> {
    const { makeBuffer, reader } = this.#context;
    const context = { ...this.#context, buffer: makeBuffer(), parentState: reader.block(start).state };
    const outcomes = await probe(context, [...before, this.#subject]);
    return outcomes.at(-1)?.receipt.status === 'applied';
  }

  /** The last block whole in the first `count` transactions of the target, and the transactions that follow it. */
  #targetPrefix(count: number): { start: BlockId; rest: Candidate[] } {
    const { reader, target } = this.#context;
    let start =
      this.#targetBlocks[0] === undefined ? target : (reader.block(this.#targetBlocks[0]).commit.parents[0] ?? target);
    let left = count;
    for (const block of this.#targetBlocks) {
      const transactions = reader.transactions(block);
      if (transactions.length > left)
        return { start, rest: transactions.slice(0, left).map((signed) => ({ signed, past: true })) };
      left -= transactions.length;
      start = block;
    }
    return { start, rest: [] };
  }
}

/**
 * The smallest n above `low` and up to `high` for which `holds(n)`; it is known to hold at `high` and not at `low`. The
 * suspects are bisected first: mostly one of them is it, and two runs tell.
 */
async function smallest(
  low: number,
  high: number,
  suspects: readonly number[],
  holds: (n: number) => Promise<boolean>,
): Promise<number> {
  let [below, at] = [low, high];
  const narrow = async (n: number): Promise<void> => {
    if (await holds(n)) at = n;
    else below = n;
  };
  const between = (n: number): boolean => n > below && n < at;
  for (let left = suspects.filter(between); left.length > 0; left = left.filter(between)) {
    await narrow(left[left.length >>> 1] ?? at);
  }
  if (at - below > 1) await narrow(at - 1);
  while (at - below > 1) await narrow((below + at) >>> 1);
  return at;
}

const sameRow = (a: RowReference, b: RowReference): boolean => a[0] === b[0] && a[1] === b[1];
