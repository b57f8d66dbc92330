/**
 * The merge logic of branches as their blocks have it: a branch's first block fixes it, every later one repeats it, and a
 * branch made from it has the same, unless it names its own, which its contract must then have where it begins.
 */
import { mergeLogicHash } from '../contract/merge-logic.ts';
import { AergoError } from '../errors.ts';
import { State } from '../state/state.ts';
import type { Block, BlockReader } from './block.ts';
import { boundBranch, logicOf, type MergeLogic, sameLogic } from './header.ts';

/**
 * The logic that `bank.resolve` names in a state.
 * @throws AergoError AERGO_MERGE_LOGIC_INVALID where it is none; AERGO_CONTRACT_UNKNOWN
 */
export async function mergeLogicIn(state: State, name: string): Promise<MergeLogic> {
  const [contract = '', resolver = '', ...more] = name.split('.');
  if (contract === '' || resolver === '' || more.length > 0)
    throw new AergoError(
      'AERGO_MERGE_LOGIC_INVALID',
      `${JSON.stringify(name)} does not name a function of a contract`,
      {
        hint: 'write CONTRACT.FUNCTION',
      },
    );
  const source = state.contract(contract)?.source;
  if (source === undefined)
    throw new AergoError(
      'AERGO_CONTRACT_UNKNOWN',
      `there is no contract ${JSON.stringify(contract)} where the branch starts`,
      {
        hint: 'aergo contract list',
        details: { contract, candidates: state.contracts() },
      },
    );
  return { contract, function: resolver, hash: await mergeLogicHash(source, resolver, contract) };
}

/** What is wrong with the logic that a block names; undefined where nothing is. */
export async function logicFault(reader: BlockReader, { header, commit }: Block): Promise<string | undefined> {
  const [parent] = commit.parents;
  if (parent === undefined) return undefined;
  const before = reader.block(parent);
  const own = logicOf(header);
  if (sameLogic(own, logicOf(before.header))) return undefined;
  if (boundBranch(header) === boundBranch(before.header)) return 'its merge logic is not that of its branch';
  if (own === undefined) return 'it drops the merge logic of the branch that its own was made from';
  const state = State.open(reader.source, before.state);
  return (await isIn(state, own)) ? undefined : `${own.contract} has no such merge logic where the branch begins`;
}

async function isIn(state: State, logic: MergeLogic): Promise<boolean> {
  try {
    return sameLogic(await mergeLogicIn(state, `${logic.contract}.${logic.function}`), logic);
  } catch (error) {
    if (error instanceof AergoError) return false;
    throw error;
  }
}
