/**
 * The state that a merge row by row starts from: that of the best common ancestor or, where there are several (criss-cross),
 * these merged with each other in the order of their ids, by the same rules, their own bases likewise.
 */
import { AergoError, exitCodes } from '../errors.ts';
import type { BlockId, BlockReader } from '../ledger/block.ts';
import type { History } from '../ledger/history.ts';
import type { Oid } from '../object/oid.ts';
import type { ThreeStates } from '../state/three-way.ts';

export interface BaseContext {
  readonly reader: BlockReader;
  readonly history: History;
  /** Merges two states with nobody to ask: undefined where that leaves conflicts. */
  readonly mergeStates: (states: ThreeStates) => Promise<Oid | undefined>;
}

/**
 * @param bases as `History.compare` gives them
 * @throws AergoError AERGO_MERGE_CRISS_CROSS where the bases do not merge without people
 */
export async function baseState(context: BaseContext, bases: readonly BlockId[]): Promise<Oid> {
  return new BaseStates(context).of(bases);
}

class BaseStates {
  readonly #context: BaseContext;
  /** Bases of bases are often the same ones again. */
  readonly #known = new Map<string, Promise<Oid>>();

  constructor(context: BaseContext) {
    this.#context = context;
  }

  of(bases: readonly BlockId[]): Promise<Oid> {
    const name = bases.join();
    const known = this.#known.get(name) ?? this.#merged(bases);
    this.#known.set(name, known);
    return known;
  }

  async #merged([first, ...others]: readonly BlockId[]): Promise<Oid> {
    const { reader, history } = this.#context;
    if (first === undefined)
      throw new AergoError('AERGO_INTERNAL', 'two blocks of one repository have a common ancestor');
    const merged = [first];
    let state = reader.block(first).state;
    for (const other of others) {
      const base = await this.of(history.compare(merged, other).bases);
      state = await this.#merge({ base, ours: state, theirs: reader.block(other).state }, [...merged, other]);
      merged.push(other);
    }
    return state;
  }

  async #merge(states: ThreeStates, bases: readonly BlockId[]): Promise<Oid> {
    let cause: unknown;
    try {
      const merged = await this.#context.mergeStates(states);
      if (merged !== undefined) return merged;
    } catch (error) {
      if (!(error instanceof AergoError) || error.exitCode !== exitCodes.rejected) throw error;
      cause = error;
    }
    throw new AergoError(
      'AERGO_MERGE_CRISS_CROSS',
      `the branches merged each other before: their common ancestors ${bases.map((id) => id.slice(0, 7)).join(', ')} differ, and cannot be merged without people`,
      {
        hint: 'make a branch where they have one common ancestor, as aergo log --graph shows, and merge that first',
        details: { bases },
        cause,
      },
    );
  }
}
