/** Merging row by row: what the contract leaves is settled by choices, signed as transactions of the merge block. */
import type { SigningKey } from '../crypto/key.ts';
import { assembleBlock } from '../ledger/assemble.ts';
import type { BlockContent, BlockId } from '../ledger/block.ts';
import { boundBranch, type MergeLogic } from '../ledger/header.ts';
import type { SignedTransaction } from '../ledger/transaction.ts';
import { completeRowMerge, type OpenRowMerge, openRowMerge } from '../merge/agreed.ts';
import { choicesInPieces } from '../merge/choices.ts';
import { conflictId } from '../merge/conflict.ts';
import type { RepositoryContext } from './context.ts';
import type { MergeOptions, MergeResult } from './merge.ts';
import { checkSealer, keep, type NextBlock } from './seal.ts';
import { sign } from './submit.ts';
import { summaryOf } from './views.ts';

/** A merge row by row as it is asked for. */
interface RowMergeOptions extends Omit<MergeOptions, 'source' | 'rows'> {
  readonly source: BlockId;
  readonly mode: 'agreed' | 'rows';
  readonly logic: MergeLogic | undefined;
}

/** Seals the merge where nothing is left to people, or every conflict that is left has a choice. */
export async function mergeRows(
  context: RepositoryContext,
  next: NextBlock,
  options: RowMergeOptions,
): Promise<Omit<MergeResult, 'mode' | 'source' | 'target'>> {
  const { sealer, author = sealer, choices = new Map(), dryRun } = options;
  checkSealer(context, author.id, next.branch.name, 'merge');
  const open = await openMerge(context, next, options);
  const { left, byContract } = open.merge;
  const result = {
    upToDate: false,
    conflicts: { total: byContract + left.length, byContract, left },
    applied: [],
    changedResults: [],
    dropped: [],
  };
  if (left.some((conflict) => !choices.has(conflictId(conflict)))) {
    await open.merge.abandon();
    return { ...result, pending: true };
  }
  const content = await contentOf(context, next, open, { ...options, author, choices });
  const applied = content.receipts;
  if (dryRun === true) {
    await open.merge.abandon();
    return { ...result, applied, pending: false };
  }
  const id = await keep(context, open.context.engine, next, content, sealer);
  return { ...result, applied, pending: false, block: summaryOf(context, id) };
}

async function openMerge(
  context: RepositoryContext,
  { branch, plan, buffer }: NextBlock,
  { source, logic, pinned = false }: RowMergeOptions,
): Promise<OpenRowMerge> {
  const { reader, history, cache } = context;
  const block = { height: plan.height, time_ms: plan.time };
  const request = { target: branch.block, source, pinned, ...(logic === undefined ? {} : { logic }) };
  return openRowMerge({ engine: await context.engine(), reader, history, cache, buffer, block }, request);
}

/** The block as it is to be sealed; where that fails the merge is taken back. */
async function contentOf(
  context: RepositoryContext,
  next: NextBlock,
  open: OpenRowMerge,
  { source, mode, author, choices }: RowMergeOptions & Required<Pick<RowMergeOptions, 'author' | 'choices'>>,
): Promise<BlockContent> {
  const { merge, bases, pinned } = open;
  try {
    const pieces = await choicesInPieces(open.context.engine, merge.left, choices);
    const resolve = pieces.map((piece) => signChoices(context, next, source, piece, author));
    const staged = await completeRowMerge(open, resolve, next.place.bound);
    const options = pinned ? { pinned } : {};
    const from = boundBranch(context.reader.header(source));
    return assembleBlock({ ...next.plan, merge: { base: [...bases], mode, options, source: from } }, staged);
  } catch (error) {
    await merge.abandon();
    throw error;
  }
}

function signChoices(
  context: RepositoryContext,
  { branch }: NextBlock,
  theirs: BlockId,
  choices: Awaited<ReturnType<typeof choicesInPieces>>[number],
  author: SigningKey,
): SignedTransaction {
  return sign(context, branch, { choices, kind: 'resolve', ours: branch.block, theirs }, author);
}
