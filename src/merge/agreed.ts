/**
 * The agreed merge, and the rows merge, which is the same with no resolver to ask: from two heads to a state, the list of
 * conflicts, and what is left to people (docs/merging.md). A pure function of the heads, the block to come and the choices.
 */
import { AergoError } from '../errors.ts';
import type { BlockId, BlockReader } from '../ledger/block.ts';
import type { MergeLogic } from '../ledger/header.ts';
import type { History } from '../ledger/history.ts';
import type { Staged, StagedTransaction } from '../ledger/stage.ts';
import type { SignedTransaction } from '../ledger/transaction.ts';
import type { Oid } from '../object/oid.ts';
import { State } from '../state/state.ts';
import type { ThreeStates } from '../state/three-way.ts';
import { Agreement } from './agreement.ts';
import { baseState } from './base-state.ts';
import { checkMerge } from './check-merge.ts';
import { chosenLines } from './choices.ts';
import { type AskedFirst, RowMerge, type RowMergePlace } from './row-merge.ts';
import { planOfRows, type RowPlan } from './row-plan.ts';

export interface RowMergeContext extends RowMergePlace {
  readonly reader: BlockReader;
  readonly history: History;
}

/** What is merged, and by which rules. */
export interface RowMergeRequest {
  /** The heads: P1 and P2 of the merge block. */
  readonly target: BlockId;
  readonly source: BlockId;
  /** Absent in a rows merge. */
  readonly logic?: MergeLogic;
  /** Whether the agreed resolver is taken from the past where the target's is another one by now. */
  readonly pinned?: boolean;
}

/** A merge that stands in a block of the engine, as far as it goes without people. */
export interface OpenRowMerge {
  readonly context: RowMergeContext;
  readonly request: RowMergeRequest;
  readonly bases: readonly BlockId[];
  /** The resolver is taken from the past: an option of the block. */
  readonly pinned: boolean;
  readonly plan: RowPlan;
  readonly merge: RowMerge;
}

/**
 * Works a merge out up to what is left to people. `merge.abandon`, or `completeRowMerge` and `engine.finish`, must follow.
 * @throws AergoError AERGO_MERGE_LOGIC_CHANGED, AERGO_MERGE_CONTRACT_DIFFERS, AERGO_MERGE_SCHEMA_DIFFERS,
 * AERGO_MERGE_CRISS_CROSS, AERGO_MERGE_UNDECIDED; then the engine is in no block
 */
export async function openRowMerge(context: RowMergeContext, request: RowMergeRequest): Promise<OpenRowMerge> {
  const { buffer, cache, history, reader } = context;
  const { target, source } = request;
  const { bases } = history.compare(target, source);
  const { logic, pinned = false } = request;
  const agreed = logic && (await Agreement.of(context, { target, source, logic, pinned }));
  const first = async (plan: RowPlan): Promise<AskedFirst | undefined> => agreed?.askedFirst(plan.start);
  const mergeStates = async (states: ThreeStates): Promise<Oid | undefined> => {
    const plan = planOfRows(buffer, states, cache, logic?.contract);
    const merge = await RowMerge.begin(context, plan, await first(plan));
    try {
      return merge.left.length > 0 ? undefined : (await merge.complete(new Map())).state;
    } finally {
      await merge.abandon();
    }
  };
  const base = await baseState({ reader, history, mergeStates }, bases);
  const states = { base, ours: reader.block(target).state, theirs: reader.block(source).state };
  const plan = planOfRows(buffer, states, cache, logic?.contract);
  await agreed?.check(plan.start);
  const merge = await RowMerge.begin(context, plan, await first(plan));
  return { context, request, bases, pinned: agreed?.pinned === true, plan, merge };
}

/**
 * Ends the merge with the choices of people. The engine then holds the result.
 * @param resolve `resolve` transactions: one choice for every conflict that is left, and no other
 * @param bound `branch:start` of the target
 * @throws AergoError AERGO_CHOICE_INVALID, AERGO_MERGE_CONSTRAINT, AERGO_MERGE_CHECK_FAILED, AERGO_MERGE_UNDECIDED; the
 * block goes on
 */
export async function completeRowMerge(
  { context, request, plan, merge }: OpenRowMerge,
  resolve: readonly SignedTransaction[],
  bound: string,
): Promise<Staged> {
  const { engine, buffer, cache } = context;
  const { target, source } = request;
  const start = State.open(buffer, plan.start, cache);
  const schema = (table: string) => start.table(table)?.schema;
  const chosen = chosenLines({ target, source, bound, left: merge.left, schema }, resolve);
  const { state, conflicts } = await merge.complete(chosen);
  await checkMerge(engine, buffer, plan.states.ours, state);
  return { transactions: resolve.map(applied), state, conflicts, data: [] };
}

function applied(signed: SignedTransaction): StagedTransaction {
  const { transaction, id } = signed;
  if (transaction.kind !== 'resolve')
    throw new AergoError('AERGO_INTERNAL', `a ${transaction.kind} settles no conflicts`);
  return { signed, receipt: { rows: transaction.choices.length, status: 'applied', tx: id } };
}
