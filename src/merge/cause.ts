/**
 * Why transactions were dropped: found by running again, not guessed from rows (every payment writes the clearing account).
 *
 * The target's transactions since the two parted are put before what was kept of the pool, as many of them as make a dropped
 * one fail: the last of those is the cause. Where it fails without any of them, the cause is the earlier dropped one that it
 * needed. One run answers for all drops that are still in question: each is run at its place in the pool and taken back.
 * Which runs to make first is taken from the rows that transactions wrote; the answer never is.
 */
import type { Candidate } from '../ledger/admission.ts';
import type { BlockId } from '../ledger/block.ts';
import type { RowReference } from '../ledger/receipt.ts';
import { probe, type StageContext } from '../ledger/stage.ts';
import type { TransactionId } from '../ledger/transaction.ts';
import { type Bracket, narrowTogether } from './narrow.ts';
import type { Pool } from './pool.ts';
import { TargetSteps } from './target-steps.ts';
import { WrittenRows } from './written-rows.ts';

/** What made a transaction fail. */
export interface Cause {
  /** `target`: something of the target's own; `pool`: a transaction of the same pool, dropped before it. */
  readonly kind: 'target' | 'pool';
  /** Absent where it is a merge of rows, which is no transaction: the block is what made it fail. */
  readonly transaction?: TransactionId;
  /** The block that it stands in: the target's, or the source's. */
  readonly block: BlockId;
  /** Rows that both wrote, the transaction on the target and the dropped one where it had taken effect. */
  readonly rows: readonly RowReference[];
}

export interface CauseContext extends Omit<StageContext, 'parentState' | 'buffer'> {
  readonly makeBuffer: () => StageContext['buffer'];
  readonly target: BlockId;
  readonly source: BlockId;
}

/** The pool as it was run: each candidate, and whether it took effect. */
export interface PoolOutcome {
  readonly candidate: Pool['candidates'][number];
  readonly dropped: boolean;
}

/** A drop whose cause is looked for. */
interface Subject {
  /** Its place in the pool. */
  readonly index: number;
  readonly candidate: Pool['candidates'][number];
  /** How many of the pool were dropped before it. */
  readonly droppedBefore: number;
}

/**
 * The causes of the drops at these places of the pool; none where running again does not tell (an expiry, say).
 * Its cost: about as many runs of target and pool as there are different causes, twice that at most in the common case.
 */
export function causesOfDrops(
  context: CauseContext,
  pool: readonly PoolOutcome[],
  indexes: readonly number[],
): Promise<Map<number, Cause>> {
  return new CauseSearch(context, pool).find(indexes);
}

class CauseSearch {
  readonly #context: CauseContext;
  readonly #pool: readonly PoolOutcome[];
  readonly #dropped: readonly Pool['candidates'][number][];
  /** How many of the pool were dropped before each place. */
  readonly #droppedBefore: readonly number[];
  readonly #target: TargetSteps;
  readonly #written: WrittenRows;

  constructor(context: CauseContext, pool: readonly PoolOutcome[]) {
    this.#context = context;
    this.#pool = pool;
    this.#dropped = pool.filter((one) => one.dropped).map((one) => one.candidate);
    let dropped = 0;
    this.#droppedBefore = pool.map((one) => (one.dropped ? dropped++ : dropped));
    this.#target = new TargetSteps(context);
    this.#written = new WrittenRows(context.reader);
  }

  async find(indexes: readonly number[]): Promise<Map<number, Cause>> {
    const causes = new Map<number, Cause>();
    const note = (subject: Subject, kind: Cause['kind'], by: { from: BlockId; transaction?: TransactionId }) =>
      causes.set(subject.index, this.#cause(subject, kind, by));
    const byTarget = await this.#searchTarget(indexes.map((index) => this.#subject(index)));
    for (const { subject, at } of byTarget) {
      const step = this.#target.steps[at - 1];
      if (step !== undefined) note(subject, 'target', step);
    }
    const byPool = await this.#searchPool(byTarget.filter(({ at }) => at === 0).map(({ subject }) => subject));
    for (const { subject, at } of byPool) {
      const needed = this.#dropped[at - 1];
      if (needed !== undefined) note(subject, 'pool', { from: needed.from, transaction: needed.signed.id });
    }
    return causes;
  }

  #subject(index: number): Subject {
    const candidate = this.#pool[index]?.candidate;
    if (candidate === undefined) throw new Error(`the pool has no transaction ${index}`);
    return { index, candidate, droppedBefore: this.#droppedBefore[index] ?? 0 };
  }

  #cause(
    { candidate }: Subject,
    kind: Cause['kind'],
    { from, transaction }: { from: BlockId; transaction?: TransactionId },
  ): Cause {
    const rows =
      transaction === undefined
        ? []
        : this.#written.shared({ from: candidate.from, transaction: candidate.signed.id }, { from, transaction });
    return { kind, ...(transaction === undefined ? {} : { transaction }), block: from, rows };
  }

  /** The least number of the target's steps after which each fails: after all of them it does, that is why it was dropped. */
  async #searchTarget(subjects: readonly Subject[]): Promise<readonly (Bracket & { subject: Subject })[]> {
    const { steps } = this.#target;
    const suspects = this.#written.suspects(steps);
    const brackets = subjects.map((subject) => ({
      subject,
      below: -1,
      at: steps.length,
      suspects: suspects({ from: subject.candidate.from, transaction: subject.candidate.signed.id }),
    }));
    await narrowTogether(brackets, async (count, concerned) => {
      const { start, rest } = this.#target.prefix(count);
      const taking = await this.#taking(concerned, start, rest, (index) => this.#kept(index));
      return new Set(concerned.filter((one) => !taking.has(one.subject)));
    });
    return brackets;
  }

  /** The least number of dropped ones with which each takes effect where the two parted, if it does with all before it. */
  async #searchPool(subjects: readonly Subject[]): Promise<readonly (Bracket & { subject: Subject })[]> {
    const { start } = this.#target.prefix(0);
    const holding = async <T extends { subject: Subject }>(concerned: readonly T[], count: number) => {
      const before = new Set<Candidate>(this.#dropped.slice(0, count));
      const run = (index: number) => this.#kept(index) ?? this.#healed(index, before);
      const taking = await this.#taking(concerned, start, [], run);
      return new Set(concerned.filter((one) => taking.has(one.subject)));
    };
    const suspects = this.#written.suspects(
      this.#dropped.map(({ from, signed }) => ({ from, transaction: signed.id })),
    );
    const brackets = subjects.map((subject) => ({
      subject,
      below: 0,
      at: subject.droppedBefore,
      suspects: suspects({ from: subject.candidate.from, transaction: subject.candidate.signed.id }),
    }));
    const needing = [
      ...(await holding(
        brackets.filter(({ at }) => at > 0),
        this.#dropped.length,
      )),
    ];
    await narrowTogether(needing, (count, concerned) => holding(concerned, count));
    return needing;
  }

  #kept(index: number): Candidate | undefined {
    const one = this.#pool[index];
    return one?.dropped === false ? one.candidate : undefined;
  }

  /** A dropped one, run as where it had taken effect: when and on which branch is not asked. */
  #healed(index: number, among: ReadonlySet<Candidate>): Candidate | undefined {
    const candidate = this.#pool[index]?.candidate;
    return candidate !== undefined && among.has(candidate) ? { ...candidate, past: true } : undefined;
  }

  /** Those of the concerned that take effect at their places in the pool, of which `run` gives what is run beside them. */
  async #taking(
    concerned: readonly { subject: Subject }[],
    start: BlockId,
    first: readonly Candidate[],
    run: (index: number) => Candidate | undefined,
  ): Promise<ReadonlySet<Subject>> {
    const isCall = ({ subject }: { subject: Subject }) => subject.candidate.signed.transaction.kind === 'call';
    const taking = new Set<Subject>();
    const calls = concerned.filter(isCall).map(({ subject }) => subject);
    // What is no call cannot be taken back by itself: it comes last, in a run of its own.
    const groups = concerned.filter((one) => !isCall(one)).map(({ subject }) => [subject]);
    for (const group of calls.length > 0 ? [calls, ...groups] : groups) {
      for (const subject of await this.#takingOf(group, start, first, run)) taking.add(subject);
    }
    return taking;
  }

  async #takingOf(
    group: readonly Subject[],
    start: BlockId,
    first: readonly Candidate[],
    run: (index: number) => Candidate | undefined,
  ): Promise<Subject[]> {
    const { makeBuffer, reader } = this.#context;
    const waiting = new Map(group.map((subject) => [subject.index, subject]));
    const last = Math.max(...waiting.keys());
    const candidates = [...first];
    const places = new Map<number, Subject>();
    for (let index = 0; index <= last; index++) {
      const subject = waiting.get(index);
      if (subject !== undefined) places.set(candidates.length, subject);
      if (subject !== undefined)
        candidates.push(index === last ? subject.candidate : { ...subject.candidate, onTrial: true });
      const beside = run(index);
      if (beside !== undefined && index < last) candidates.push(beside);
    }
    const context = { ...this.#context, buffer: makeBuffer(), parentState: reader.block(start).state };
    const outcomes = await probe(context, candidates);
    return [...places].filter(([at]) => outcomes[at]?.receipt.status === 'applied').map(([, subject]) => subject);
  }
}
