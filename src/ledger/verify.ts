/**
 * Verification is building again: a block's structure and signatures are checked, then its transactions run on the
 * parent's state by the same functions that made it, and the tree that results must have the block's id.
 */

import type { Engine } from '../contract/engine.ts';
import { AergoError, exitCodes } from '../errors.ts';
import type { Oid } from '../object/oid.ts';
import { ObjectBuffer, type ObjectSource } from '../object/source.ts';
import { emptyState } from '../state/state-update.ts';
import type { NodeCache } from '../state/table.ts';
import { type Candidate, ordinaryCandidate } from './admission.ts';
import { assembleBlock, type BlockPlan, genesisContent } from './assemble.ts';
import { type Authority, authorityFault, versionOf } from './authority.ts';
import { type Block, type BlockId, type BlockReader, checkSeal, putBlockTree } from './block.ts';
import { firstDifference } from './block-difference.ts';
import { blockFault } from './block-fault.ts';
import { logicFault } from './branch-logic.ts';
import { isHistoryCut } from './cut.ts';
import { type BlockHeader, boundBranch, isRowMerge, logicOfMerge, type MergeHeader } from './header.ts';
import type { History } from './history.ts';
import { firstOf, insteadFault } from './instead.ts';
import type { Receipt } from './receipt.ts';
import { revertedBefore } from './reverted.ts';
import { type StageContext, type Staged, type StagedTransaction, stage } from './stage.ts';
import { checkSignature, type TransactionId } from './transaction.ts';

/** What a merge would run, given by the merge layer. */
export type MergeCandidates = (
  target: BlockId,
  source: BlockId,
) => Promise<{ bases: readonly BlockId[]; candidates: readonly Candidate[] }>;

/** A merge row by row as it comes out again, given by the merge layer; the engine then holds its result. */
export interface RebuiltRowMerge {
  readonly bases: readonly BlockId[];
  readonly pinned: boolean;
  readonly staged: Staged;
}

/** @throws AergoError what the merge stops at; the engine is then in no block */
export type RebuildRowMerge = (block: Block, engine: Engine, buffer: ObjectBuffer) => Promise<RebuiltRowMerge>;

export interface VerifyContext {
  readonly reader: BlockReader;
  readonly history: History;
  readonly cache: NodeCache;
  readonly repository: Oid;
  /** The directory, by whose versions blocks are judged. */
  readonly authority: Authority;
  /** Blocks are new to everybody: who made them must have the right by the newest version too. */
  readonly admission?: boolean;
  readonly mergeCandidates: MergeCandidates;
  readonly rebuildRowMerge: RebuildRowMerge;
}

/** Checks everything about a block that needs no run. Its parents are taken to be verified. */
export async function checkBlock(context: VerifyContext, id: BlockId): Promise<void> {
  const { reader, repository } = context;
  const block = reader.block(id);
  checkSeal(reader, id);
  checkPlace(context, block);
  const unauthorised = authorityFault(context.authority, reader, block, context.admission === true);
  if (unauthorised !== undefined) throw blockFault(id, unauthorised);
  if (block.header.kind === 'genesis') return checkGenesis(block, block.header);
  const strange = await logicFault(reader, block);
  if (strange !== undefined) throw blockFault(id, strange);
  const transactions = reader.transactions(id);
  const [parent] = block.commit.parents;
  // All at once: each waits for the index, and only seldom finds anything.
  const before = await Promise.all(transactions.map((signed) => parent && context.history.tookEffect(signed, parent)));
  const seen = new Set<TransactionId>();
  for (const [index, signed] of transactions.entries()) {
    if (seen.has(firstOf(signed))) throw blockFault(id, `transaction ${signed.id.slice(0, 7)} stands in it twice`);
    seen.add(firstOf(signed));
    checkSignature(repository, signed);
    if (before[index] !== undefined)
      throw blockFault(id, `transaction ${signed.id.slice(0, 7)} had taken effect before`);
    // What a merge takes over was judged where it stood first.
    const { rights } = versionOf(context.authority, block.header) ?? {};
    const fault =
      block.header.kind === 'block' && parent && rights && (await insteadFault({ ...context, rights }, signed, parent));
    if (fault instanceof AergoError) throw blockFault(id, fault.message, { transaction: signed.id });
  }
}

/**
 * Checks of a block what takes nothing that stands before it: who signed it and its transactions, and whether the directory lets
 * them. For a block at the cut, and for one that cannot be judged without what is missing behind it.
 */
export async function checkApart(
  { reader, repository, authority, admission }: VerifyContext,
  id: BlockId,
): Promise<void> {
  const block = reader.block(id);
  checkSeal(reader, id);
  const { header, commit } = block;
  if (header.kind === 'genesis' || commit.parents.length !== parentsOf[header.kind])
    throw blockFault(id, `a ${header.kind} has ${parentsOf[header.kind]} parents, not ${commit.parents.length}`);
  if (header.repository !== repository) throw blockFault(id, 'it belongs to another repository');
  const unauthorised = authorityFault(authority, reader, block, admission === true);
  if (unauthorised !== undefined) throw blockFault(id, unauthorised);
  for (const signed of reader.transactions(id)) checkSignature(repository, signed);
}

const parentsOf = { genesis: 0, block: 1, merge: 2 } as const;

function checkPlace(context: VerifyContext, block: Block): void {
  const { id, header, commit } = block;
  const parents = commit.parents.map((parent) => context.reader.header(parent));
  if (parents.length !== parentsOf[header.kind])
    throw blockFault(id, `a ${header.kind} has ${parentsOf[header.kind]} parents, not ${parents.length}`);
  if (header.kind === 'genesis') {
    if (id !== context.repository) throw blockFault(id, 'it is the genesis block of another repository');
    return;
  }
  const [first] = parents;
  if (first === undefined) return;
  if (header.repository !== context.repository) throw blockFault(id, 'it belongs to another repository');
  const [p1, p2] = commit.parents;
  if (p1 !== undefined && p2 !== undefined && context.history.isAncestor(p2, p1)) {
    throw blockFault(id, 'it merges what the branch has already');
  }
  if (header.height !== first.height + 1)
    throw blockFault(id, `its height is ${header.height}, its parent's ${first.height}`);
  if (parents.some((parent) => parent.time >= header.time)) throw blockFault(id, 'its time is not after its parents’');
  if (boundBranch(header) !== boundBranch(first)) checkFirstOfBranch(context, block, first.start);
}

/** The genesis block has nothing but its header and an empty state. */
function checkGenesis({ id, commit, engine }: Block, header: Extract<BlockHeader, { kind: 'genesis' }>): void {
  const buffer = new ObjectBuffer(emptySource);
  const { branch, start, time, nonce } = header;
  const content = genesisContent({ branch, start, time, nonce, engine, state: emptyState(buffer) });
  if (putBlockTree(buffer, content) !== commit.tree)
    throw blockFault(id, 'a genesis block has an empty state and nothing else');
}

const emptySource: ObjectSource = {
  has: () => false,
  read: (oid) => {
    throw new AergoError('AERGO_OBJECT_MISSING', `object ${oid} is not there`);
  },
};

/** A block whose branch is not its parent's begins that branch: its `start` must be new on the chain. */
function checkFirstOfBranch(
  { reader, history }: VerifyContext,
  { id, header, commit }: Block,
  startBefore: string,
): void {
  const [parent] = commit.parents;
  if (header.start === startBefore) throw blockFault(id, 'a branch keeps its name once it has a block');
  if (parent === undefined) return;
  for (const ancestor of history.chainHere(parent)) {
    if (reader.header(ancestor).start === header.start) throw blockFault(id, 'its branch had ended before');
  }
}

/** The candidates that the block ran, and who was left out by its sealer. */
async function candidatesOf(
  context: VerifyContext,
  block: Block,
): Promise<{ candidates: readonly Candidate[]; leftOut: Set<TransactionId> }> {
  const { reader, history } = context;
  const [target, source] = block.commit.parents;
  if (target === undefined) return { candidates: [], leftOut: new Set() };
  if (block.header.kind !== 'merge' || source === undefined) {
    const bound = boundBranch(block.header);
    const candidates = reader.transactions(block.id).map((signed) => ordinaryCandidate(history, signed, bound, target));
    return { candidates: await Promise.all(candidates), leftOut: new Set() };
  }
  const { bases, candidates } = await context.mergeCandidates(target, source);
  if (bases.join() !== block.header.base.join()) throw blockFault(block.id, 'its merge base is another one');
  const receipts = reader.receipts(block.id);
  if (history.isCut) {
    // What the merge passes over had taken effect before the cut: that is not to be told here.
    const listed = new Set(receipts.map(({ tx }) => tx));
    const judged = candidates.filter(({ signed }) => listed.has(signed.id));
    return { candidates: judged, leftOut: leftOutOf(receipts) };
  }
  return { candidates, leftOut: leftOutOf(receipts) };
}

const leftOutOf = (receipts: readonly Receipt[]): Set<TransactionId> =>
  new Set(receipts.filter((one) => one.status === 'left-out').map((one) => one.tx));

/**
 * Builds the block again on `engine` and compares. The engine keeps the block's state.
 * Throws `AERGO_BLOCK_INVALID` with the first thing that differs, `AERGO_VERIFY_ENGINE` where this build does not have the
 * block's engine, `AERGO_VERIFY_UNDECIDED` where a call outlasts the deadline here.
 */
export async function rebuildBlock(context: VerifyContext, engine: Engine, engineId: Oid, id: BlockId): Promise<void> {
  const { reader } = context;
  const block = reader.block(id);
  const { header } = block;
  if (header.kind === 'genesis') return;
  if (block.engine !== engineId) {
    throw new AergoError(
      'AERGO_VERIFY_ENGINE',
      `block ${id.slice(0, 7)} was made by an engine that this version of aergo does not have`,
      {
        hint: 'verify it with the version that has it; nothing is wrong with the block',
        details: { block: id, engine: block.engine },
      },
    );
  }
  const [parent] = block.commit.parents;
  if (parent === undefined) return;
  const rights = versionOf(context.authority, header)?.rights;
  if (rights === undefined) throw blockFault(id, 'the directory version that it names is none of this repository');
  if (header.kind === 'merge') checkMergeRules(reader, block, header);
  const buffer = new ObjectBuffer(reader.source);
  const { staged, leftOut } = isRowMerge(header)
    ? await mergeRowsAgain(context, engine, buffer, block)
    : await runAgain({ ...context, rights, engine, buffer, parentState: reader.block(parent).state }, block);
  try {
    checkDecided(id, staged.transactions, leftOut);
    const rebuilt = assembleBlock(planOf(block), staged);
    if (putBlockTree(buffer, rebuilt) !== block.commit.tree)
      throw firstDifference(reader, buffer, block, rebuilt, staged.transactions);
  } catch (error) {
    await engine.abandon();
    throw error;
  }
  await engine.finish(staged.state);
}

/** Whether a merge is of the branch that it names and in the mode that the two branches agreed on. */
function checkMergeRules(reader: BlockReader, { id, commit }: Block, header: MergeHeader): void {
  const [, source] = commit.parents;
  if (source === undefined) return;
  const theirs = reader.header(source);
  if (header.source !== boundBranch(theirs)) throw blockFault(id, 'its source is another branch');
  const logic = logicOfMerge(theirs, header.logic);
  if (logic !== undefined && header.mode !== 'agreed')
    throw blockFault(
      id,
      `its branches agreed on ${logic.contract}.${logic.function}, and it is a merge in mode ${header.mode}`,
    );
  if (logic === undefined && header.mode === 'agreed') throw blockFault(id, 'its branches agreed on no merge logic');
}

interface RunAgain {
  readonly staged: Staged;
  readonly leftOut: ReadonlySet<TransactionId>;
}

async function runAgain(
  context: VerifyContext & Pick<StageContext, 'engine' | 'buffer' | 'parentState' | 'rights'>,
  block: Block,
): Promise<RunAgain> {
  const { header } = block;
  const { candidates, leftOut } = await candidatesOf(context, block);
  const place = {
    kind: header.kind === 'merge' ? 'merge' : 'block',
    bound: boundBranch(header),
    height: header.height,
    time: header.time,
    parents: block.commit.parents,
  } as const;
  const dropChangedResults = header.kind === 'merge' && header.options.dropChangedResults === true;
  return {
    staged: await stage({ ...context, reverted: revertedBefore, place, dropChangedResults, leftOut }, candidates),
    leftOut,
  };
}

async function mergeRowsAgain(
  context: VerifyContext,
  engine: Engine,
  buffer: ObjectBuffer,
  block: Block,
): Promise<RunAgain> {
  const { id, header } = block;
  if (header.kind !== 'merge') throw new Error('only a merge merges rows');
  const { bases, pinned, staged } = await mergedAgain(context, engine, buffer, block);
  const different =
    bases.join() !== header.base.join()
      ? 'its merge base is another one'
      : pinned !== (header.options.pinned === true)
        ? 'it does not say rightly whether its resolver was taken from the past'
        : undefined;
  if (different === undefined) return { staged, leftOut: new Set() };
  await engine.abandon();
  throw blockFault(id, different);
}

/** A merge that stops is none; one that does not come to its end here says nothing. */
async function mergedAgain(
  context: VerifyContext,
  engine: Engine,
  buffer: ObjectBuffer,
  block: Block,
): Promise<RebuiltRowMerge> {
  try {
    return await context.rebuildRowMerge(block, engine, buffer);
  } catch (error) {
    if (!(error instanceof AergoError) || isHistoryCut(error)) throw error;
    if (error.code === 'AERGO_MERGE_UNDECIDED') throw undecided(block.id, error.message);
    if (error.exitCode !== exitCodes.rejected && error.exitCode !== exitCodes.usage) throw error;
    throw blockFault(block.id, `its merge does not come out again: ${error.message}`, {
      code: error.code,
      ...error.details,
    });
  }
}

/** What the block says of itself where nothing can be derived: everything that its sealer was free to choose. */
function planOf({ header, engine, commit }: Block): BlockPlan {
  if (header.kind === 'genesis') throw new Error('a genesis block has no plan');
  const { repository, branch, start, height, time, directory, logic } = header;
  const place = { repository, branch, start, height, time, directory, engine, parents: commit.parents };
  const plan = logic === undefined ? place : { ...place, logic };
  if (header.kind === 'block') return plan;
  const { base, mode, options, source } = header;
  return { ...plan, merge: { base, mode, options, source } };
}

function checkDecided(
  id: BlockId,
  transactions: readonly StagedTransaction[],
  leftOut: ReadonlySet<TransactionId>,
): void {
  const open = transactions.find((one) => one.receipt.status === 'left-out' && !leftOut.has(one.signed.id));
  if (open === undefined) return;
  const transaction = open.signed.id;
  throw undecided(id, `transaction ${transaction.slice(0, 7)} did not end in time on this machine`, { transaction });
}

const undecided = (id: BlockId, what: string, details: Record<string, unknown> = {}): AergoError =>
  new AergoError('AERGO_VERIFY_UNDECIDED', `block ${id.slice(0, 7)}: ${what}`, {
    hint: 'try again when the machine is less busy; nothing is said about the block',
    details: { block: id, ...details },
  });
