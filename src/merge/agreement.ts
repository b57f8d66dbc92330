/**
 * The rules that a branch was made with, as they apply to a merge: the resolver as it was agreed on. The target and what
 * comes out must have that very definition or, where the merge is pinned, it is taken from the past for the while that it is
 * asked (docs/merging.md).
 */
import type { Engine } from '../contract/engine.ts';
import { mergeLogicHash } from '../contract/merge-logic.ts';
import { AergoError, exitCodes } from '../errors.ts';
import type { BlockId, BlockReader } from '../ledger/block.ts';
import { logicOf, type MergeLogic, sameLogic } from '../ledger/header.ts';
import type { History } from '../ledger/history.ts';
import type { Oid } from '../object/oid.ts';
import type { ObjectSource } from '../object/source.ts';
import { State } from '../state/state.ts';
import { cameToNoEnd } from './no-end.ts';
import { askResolver } from './resolver.ts';
import type { AskedFirst } from './row-merge.ts';

export interface AgreementContext {
  readonly engine: Engine;
  /** Also of states that are being made. */
  readonly buffer: ObjectSource;
  readonly reader: BlockReader;
  readonly history: History;
}

/** A merge of two heads by a logic. */
export interface AgreedMerge {
  readonly target: BlockId;
  readonly source: BlockId;
  readonly logic: MergeLogic;
  /** Whether the definition may be taken from the past. */
  readonly pinned: boolean;
}

export class Agreement {
  readonly #context: AgreementContext;
  readonly #merge: AgreedMerge;
  /** The contract's source that has the definition agreed on. */
  readonly #definition: string;
  #pinned: boolean;

  private constructor(context: AgreementContext, merge: AgreedMerge, definition: string, pinned: boolean) {
    this.#context = context;
    this.#merge = merge;
    this.#definition = definition;
    this.#pinned = pinned;
  }

  /** @throws AergoError AERGO_MERGE_LOGIC_CHANGED where the target has another definition, or no state of the past has it */
  static async of(context: AgreementContext, merge: AgreedMerge): Promise<Agreement> {
    const { reader, history, buffer } = context;
    const { target, source, logic } = merge;
    const here = sourceIn(buffer, reader.block(target).state, logic);
    const hash = await hashOf(here, logic);
    if (here !== undefined && hash === logic.hash) return new Agreement(context, merge, here, false);
    if (!merge.pinned) throw logicChanged(context, merge, hash, 'the target has another definition');
    for (const block of placesOf(reader, history, [source, target], logic)) {
      const then = sourceIn(buffer, reader.block(block).state, logic);
      if (then !== undefined && (await hashOf(then, logic)) === logic.hash)
        return new Agreement(context, merge, then, true);
    }
    throw logicChanged(context, merge, hash, 'no block of either branch has that definition');
  }

  /** Whether the definition was needed where the target or the result has another one. */
  get pinned(): boolean {
    return this.#pinned;
  }

  /** Holds a state that the merge would give against the agreement. @throws AergoError AERGO_MERGE_LOGIC_CHANGED */
  async check(state: Oid): Promise<void> {
    const { logic, pinned } = this.#merge;
    const hash = await hashOf(sourceIn(this.#context.buffer, state, logic), logic);
    if (hash === logic.hash) return;
    if (!pinned) throw logicChanged(this.#context, this.#merge, hash, 'the merge would take another definition over');
    this.#pinned = true;
  }

  /** Asks the resolver as it was agreed on, in an engine that stands on rows under the contracts of `state`. */
  async askedFirst(state: Oid): Promise<AskedFirst> {
    const { engine, buffer } = this.#context;
    const { logic } = this.#merge;
    const isThere = (await hashOf(sourceIn(buffer, state, logic), logic)) === logic.hash;
    return {
      contract: logic.contract,
      decide: async (cases) => {
        if (isThere) return askResolver(engine, logic, cases);
        await this.#install();
        const decisions = await askResolver(engine, logic, cases);
        await engine.undo();
        return decisions;
      },
    };
  }

  async #install(): Promise<void> {
    const { logic } = this.#merge;
    try {
      const outcome = await this.#context.engine.deploy(logic.contract, this.#definition);
      if (outcome.status === 'deadline') throw cameToNoEnd(`the deployment of ${logic.contract}`, outcome);
      if (outcome.status === 'failed') throw logicChanged(this.#context, this.#merge, null, outcome.message);
    } catch (error) {
      if (!(error instanceof AergoError) || error.exitCode !== exitCodes.rejected) throw error;
      const why = `that definition does not fit the tables of today: ${error.message}`;
      throw logicChanged(this.#context, this.#merge, null, why);
    }
  }
}

/** Where the definition may be found: at the heads, and where the branch began that it was agreed on for. */
function* placesOf(
  reader: BlockReader,
  history: History,
  heads: readonly BlockId[],
  logic: MergeLogic,
): Generator<BlockId> {
  yield* heads;
  for (const head of heads) {
    let begun: BlockId | undefined;
    for (const block of history.chain(head)) {
      begun = block;
      if (!sameLogic(logicOf(reader.header(block)), logic)) break;
    }
    if (begun !== undefined) yield begun;
  }
}

const sourceIn = (source: ObjectSource, state: Oid, { contract }: MergeLogic): string | undefined =>
  State.open(source, state).contract(contract)?.source;

/** The hash of the definition that a source has; null where it has none. */
async function hashOf(source: string | undefined, logic: MergeLogic): Promise<string | null> {
  try {
    return source === undefined ? null : await mergeLogicHash(source, logic.function);
  } catch (error) {
    if (error instanceof AergoError && error.code === 'AERGO_MERGE_LOGIC_INVALID') return null;
    throw error;
  }
}

function logicChanged(
  { reader }: AgreementContext,
  { source, logic, pinned }: AgreedMerge,
  found: string | null,
  why: string,
): AergoError {
  const { contract, function: name, hash } = logic;
  const hint = pinned
    ? `aergo branch NAME --merge-contract ${contract}.${name} agrees on what it is now, for branches to come`
    : `aergo merge ${reader.header(source).branch} --pinned asks it as it was agreed on`;
  return new AergoError('AERGO_MERGE_LOGIC_CHANGED', `${contract}.${name} is not as it was agreed on: ${why}`, {
    hint,
    details: { contract, function: name, agreed: hash, found },
  });
}
