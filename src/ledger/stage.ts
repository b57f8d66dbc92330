/**
 * Staging: transactions in, receipts and a new state out. The one path on which transactions run: for a submission, a
 * merge, a dry run and a verification alike.
 *
 * Calls run in batches. A condition on the rows (`expect`, `base`, a changed result) is judged when the call's outcome is
 * known, against the rows as they were just before it; where one fails, the batch is taken back, its beginning run again,
 * and the call left out. Batches shrink where that happens and grow again, so the cost stays linear.
 */
import type { Exhausted } from '../contract/call-outcome.ts';
import type { CallOutcome, Engine, EngineCall } from '../contract/engine.ts';
import { AergoError } from '../errors.ts';
import type { Oid } from '../object/oid.ts';
import type { ObjectBuffer } from '../object/source.ts';
import type { TreeEntry } from '../object/tree.ts';
import { State } from '../state/state.ts';
import type { NodeCache, TableRoot } from '../state/table.ts';
import { type AdmissionContext, type Candidate, refusedBeforeRun } from './admission.ts';
import type { BlockReader } from './block.ts';
import { deployContract } from './deploy-contract.ts';
import { dataRoot, importedRows, importRows } from './import-rows.ts';
import type { Receipt, RowReference } from './receipt.ts';
import { callExhausted, callFailed, type Refusal, refusal } from './refusal.ts';
import { type Reverted, revertRows } from './revert-rows.ts';
import { type RowsBefore, refusedByExpectation, refusedBySnapshot } from './row-conditions.ts';
import type {
  CallTransaction,
  DeployTransaction,
  ImportTransaction,
  RevertTransaction,
  SignedTransaction,
  TransactionId,
} from './transaction.ts';
import { WorkingState } from './working-state.ts';

/** What became of one candidate. */
export interface StagedTransaction {
  readonly signed: SignedTransaction;
  readonly receipt: Receipt;
  /** Why it does not take effect; absent where it does. */
  readonly refusal?: Refusal;
  /** In a merge: it took effect, with another result than where it was applied first. */
  readonly changedResult?: { readonly there: string | null; readonly here: string | null };
}

export interface Staged {
  /** In the order of the candidates. */
  readonly transactions: readonly StagedTransaction[];
  readonly state: Oid;
  /** Of a merge row by row: what it met, in order (conflict-list.ts). */
  readonly conflicts?: readonly string[];
  /** `data/<oid>` of the block (docs/format.md). */
  readonly data: readonly Pick<TreeEntry, 'mode' | 'oid'>[];
}

export interface StageContext extends Omit<AdmissionContext, 'state'> {
  readonly engine: Engine;
  readonly reader: BlockReader;
  /** The state that the candidates run on: the first parent's. */
  readonly parentState: Oid;
  readonly buffer: ObjectBuffer;
  /** Decoded pages, shared by all that reads this repository. */
  readonly cache: NodeCache;
  /** What those wrote that reverts among the candidates are to take back (reverted.ts); asked before anything runs. */
  readonly reverted: (
    context: StageContext,
    candidates: readonly Candidate[],
  ) => Promise<ReadonlyMap<TransactionId, Reverted>>;
  readonly dropChangedResults?: boolean;
  /** Recorded as left out by whoever sealed first: not run. */
  readonly leftOut?: ReadonlySet<TransactionId>;
  /** Told of each transaction that takes effect, with the rows as it leaves them. */
  readonly observe?: (signed: SignedTransaction, row: (table: string, name: string) => string | null) => void;
}

const largestBatch = 250;

/**
 * Runs the candidates on the parent's state. Afterwards the engine holds the result, not yet kept: the caller seals and
 * calls `engine.finish(state)`, or `engine.abandon()`.
 * A call that outlasts the engine's deadline is left out; everything else runs as if it had not been there.
 */
export async function stage(context: StageContext, candidates: readonly Candidate[]): Promise<Staged> {
  const staging = await runAll(context, candidates);
  return staging.settle();
}

/** Runs the candidates as `stage` does and takes everything back: what would become of each. */
export async function probe(
  context: StageContext,
  candidates: readonly Candidate[],
): Promise<readonly StagedTransaction[]> {
  const staging = await runAll(context, candidates);
  await context.engine.abandon();
  return staging.done;
}

async function runAll(context: StageContext, candidates: readonly Candidate[]): Promise<Staging> {
  const { engine, place } = context;
  const reverted = await context.reverted(context, candidates);
  await engine.moveTo(context.buffer, context.parentState);
  await engine.begin({ height: place.height, time_ms: place.time });
  try {
    const staging = new Staging(context, reverted, candidates);
    await staging.run();
    return staging;
  } catch (error) {
    await engine.abandon();
    throw error;
  }
}

class Staging {
  readonly #context: StageContext;
  readonly #state: WorkingState;
  readonly done: StagedTransaction[] = [];
  readonly #candidates: readonly Candidate[];
  /** What is known of transactions that reverts take back, also of those that ran here. */
  readonly #reverted: Map<TransactionId, Reverted>;
  readonly #toBeReverted: ReadonlySet<TransactionId>;
  #batch = largestBatch;

  constructor(context: StageContext, reverted: ReadonlyMap<TransactionId, Reverted>, candidates: readonly Candidate[]) {
    this.#context = context;
    this.#candidates = candidates;
    this.#reverted = new Map(reverted);
    this.#toBeReverted = new Set(
      candidates.flatMap(({ signed: { transaction } }) => (transaction.kind === 'revert' ? [transaction.of] : [])),
    );
    this.#state = new WorkingState(context.buffer, context.parentState, context.cache);
  }

  async run(): Promise<void> {
    const candidates = this.#candidates;
    while (this.done.length < candidates.length) {
      const next = candidates[this.done.length];
      if (next === undefined) break;
      const settled = this.#settledBeforeRun(next);
      if (settled !== undefined) this.done.push(settled);
      else if (next.signed.transaction.kind === 'call') await this.#runCalls(candidates);
      else this.done.push(await this.#runBulk(next));
    }
  }

  settle(): Staged {
    const { state, rows } = this.#state.settle();
    return { transactions: this.done, state, data: this.#dataBesideState(rows) };
  }

  #admission(): AdmissionContext {
    const { place, history, rights } = this.#context;
    return { place, history, rights, state: this.#state };
  }

  /** A candidate that does not run: left out, or refused by what is known before. */
  #settledBeforeRun(candidate: Candidate): StagedTransaction | undefined {
    const { signed } = candidate;
    if (this.#context.leftOut?.has(signed.id)) return leftOutOf(signed);
    const refused = refusedBeforeRun(candidate, this.#admission());
    return refused === undefined ? undefined : droppedFor(signed, refused);
  }

  /** Runs the next calls up to a deploy, an import or a candidate that is refused before it runs. */
  async #runCalls(candidates: readonly Candidate[]): Promise<void> {
    const from = this.done.length;
    const batch: { candidate: Candidate; call: CallTransaction }[] = [];
    for (const candidate of candidates.slice(from, from + this.#batch)) {
      const { transaction } = candidate.signed;
      const endsBatch = candidate.onTrial === true || this.#settledBeforeRun(candidate) !== undefined;
      if (transaction.kind !== 'call' || (batch.length > 0 && endsBatch)) break;
      batch.push({ candidate, call: transaction });
      if (candidate.onTrial === true) break;
    }
    const outcomes = await this.#context.engine.run(
      batch.map(({ candidate, call }) => engineCall(candidate.signed, call)),
    );
    for (const [index, outcome] of outcomes.entries()) {
      const item = batch[index];
      if (item === undefined) break;
      const judged = this.#judge(item.candidate, item.call, outcome);
      this.done.push(judged);
      if (judged.refusal !== undefined && outcome.status === 'ok' && outcome.changes.length > 0) {
        await this.#takeBack(batch.slice(0, index).filter((_, at) => this.done[from + at]?.refusal === undefined));
        this.#batch = Math.max(1, index);
        return;
      }
      if (item.candidate.onTrial === true && outcome.status === 'ok') await this.#context.engine.undo();
    }
    this.#batch = Math.min(largestBatch, this.#batch * 2);
  }

  /** Takes the whole batch back and runs again what took effect before the call that must not. */
  async #takeBack(before: readonly { candidate: Candidate; call: CallTransaction }[]): Promise<void> {
    const { engine } = this.#context;
    await engine.undo();
    if (before.length === 0) return;
    const again = await engine.run(before.map(({ candidate, call }) => engineCall(candidate.signed, call)));
    if (again.some((outcome) => outcome.status !== 'ok')) throw ranInTimeOnce();
  }

  #judge(candidate: Candidate, call: CallTransaction, outcome: CallOutcome): StagedTransaction {
    const { signed } = candidate;
    if (outcome.status === 'deadline') return leftOutOf(signed, outcome.exhausted);
    const unexpected = refusedByExpectation(this.#state, call.expect);
    if (unexpected !== undefined) return droppedFor(signed, unexpected);
    if (outcome.status === 'failed') return droppedFor(signed, callFailed(call, outcome));
    const conflict = this.#unlikeBase(
      call.base,
      outcome.changes.map(({ table, name, before }) => ({ table, name, line: before })),
    );
    if (conflict !== undefined) return droppedFor(signed, conflict);
    const there = candidate.there;
    const changedResult =
      there !== undefined && there.result !== outcome.result
        ? { there: there.result, here: outcome.result }
        : undefined;
    if (changedResult !== undefined && this.#context.dropChangedResults)
      return droppedFor(signed, resultChanged(changedResult));
    if (candidate.onTrial !== true) {
      for (const { table, name, after } of outcome.changes) this.#state.write(table, name, after);
      this.#tookEffect(signed, () => ({ writes: outcome.changes }));
    }
    const receipt: Receipt = {
      ...(outcome.result === null ? {} : { result: outcome.result }),
      status: 'applied',
      tx: signed.id,
      writes: outcome.changes.map(({ table, name }) => [table, name]),
    };
    return { signed, receipt, ...(changedResult === undefined ? {} : { changedResult }) };
  }

  #unlikeBase(base: Oid | undefined, before: RowsBefore): Refusal | undefined {
    if (base === undefined) return undefined;
    const { buffer, cache, reader } = this.#context;
    return refusedBySnapshot(State.open(buffer, reader.block(base).state, cache), before);
  }

  /** A deploy, an import or a revert: by itself, between the batches. */
  async #runBulk(candidate: Candidate): Promise<StagedTransaction> {
    const { signed } = candidate;
    const { transaction } = signed;
    const unexpected = refusedByExpectation(this.#state, transaction.expect);
    if (unexpected !== undefined) return droppedFor(signed, unexpected);
    const { engine, buffer, cache } = this.#context;
    if (transaction.kind === 'call') throw new Error('a call runs in a batch');
    if (transaction.kind === 'resolve') throw new Error('choices of a merge do not run');
    const unlikeBase = (rows: RowsBefore) => this.#unlikeBase(transaction.base, rows);
    const place = { engine, buffer, cache, state: this.#state };
    if (transaction.kind === 'revert') return this.#runRevert(candidate, transaction, unlikeBase);
    const outcome =
      transaction.kind === 'deploy'
        ? await deployContract(place, signed.id, transaction, unlikeBase)
        : await importRows(engine, buffer, this.#state, transaction, unlikeBase);
    if ('status' in outcome) return leftOutOf(signed, outcome.exhausted);
    if ('error' in outcome) return droppedFor(signed, outcome);
    this.#tookEffect(signed, () => this.#writtenInBulk(transaction));
    return { signed, receipt: { rows: outcome.rows, status: 'applied', tx: signed.id } };
  }

  async #runRevert(
    candidate: Candidate,
    revert: RevertTransaction,
    unlikeBase: (rows: RowsBefore) => Refusal | undefined,
  ): Promise<StagedTransaction> {
    const { signed } = candidate;
    const { engine, rights } = this.#context;
    const place = { engine, rights, state: this.#state };
    const writes = await revertRows(place, candidate, revert, this.#reverted.get(revert.of), unlikeBase);
    if ('error' in writes) return droppedFor(signed, writes);
    this.#tookEffect(signed, () => ({ writes }));
    const rows = writes.map(({ table, name }): RowReference => [table, name]);
    return { signed, receipt: { status: 'applied', tx: signed.id, writes: rows } };
  }

  #writtenInBulk(transaction: DeployTransaction | ImportTransaction): Reverted {
    if (transaction.kind === 'deploy') return { never: 'deploy' };
    const table = this.#state.table(transaction.table);
    return { writes: table === undefined ? [] : importedRows(this.#context.buffer, table, transaction) };
  }

  #tookEffect(signed: SignedTransaction, reverted: () => Reverted): void {
    if (this.#toBeReverted.has(signed.id)) this.#reverted.set(signed.id, reverted());
    this.#context.observe?.(signed, (table, name) => this.#state.row(table, name));
  }

  /** What applied imports brought and the state does not hold as that table's rows. */
  #dataBesideState(rows: ReadonlyMap<string, TableRoot>): Pick<TreeEntry, 'mode' | 'oid'>[] {
    const found = new Map<Oid, Pick<TreeEntry, 'mode' | 'oid'>>();
    for (const { signed, refusal: refused } of this.done) {
      const { transaction } = signed;
      if (transaction.kind !== 'import' || refused !== undefined) continue;
      if (rows.get(transaction.table)?.oid === transaction.data) continue;
      found.set(transaction.data, dataRoot(this.#context.buffer, transaction.data));
    }
    return [...found.values()];
  }
}

const engineCall = (signed: SignedTransaction, call: CallTransaction): EngineCall => ({
  id: signed.id,
  author: call.author,
  contract: call.contract,
  function: call.function,
  args: call.args,
});

/** A call that ran in time a moment ago and did not now: the machine is too busy to decide. */
const ranInTimeOnce = (): AergoError =>
  new AergoError('AERGO_MACHINE_BUSY', 'a call ran in time once and not again; nothing was written', {
    hint: 'try again when the machine is less busy',
  });

const leftOutOf = (signed: SignedTransaction, exhausted: Exhausted = 'time'): StagedTransaction => ({
  signed,
  receipt: { status: 'left-out', tx: signed.id },
  refusal: callExhausted(exhausted),
});

function droppedFor(signed: SignedTransaction, refused: Refusal): StagedTransaction {
  const receipt: Receipt = { code: refused.code, ...refused.facts, status: 'dropped', tx: signed.id };
  return { signed, receipt, refusal: refused };
}

const resultChanged = ({ there, here }: { there: string | null; here: string | null }): Refusal =>
  refusal('result-changed', {
    code: 'AERGO_RESULT_CHANGED',
    message: `it gives ${here ?? 'NULL'} here and gave ${there ?? 'NULL'} there`,
  });
