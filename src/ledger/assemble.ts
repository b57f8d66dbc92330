/**
 * From what was staged to the content of a block: header, lists, data. Sealing and verification both go through here, so
 * that a block has one form.
 */
import type { Oid } from '../object/oid.ts';
import type { BlockContent, BlockId } from './block.ts';
import type { BlockHeader, Counts, MergeHeader, MergeLogic } from './header.ts';
import type { Staged, StagedTransaction } from './stage.ts';

/** What is decided of a block before its transactions run. */
export interface BlockPlan {
  readonly repository: Oid;
  readonly branch: string;
  readonly start: string;
  readonly height: number;
  /** ms, after every parent's */
  readonly time: number;
  /** The directory version in force. */
  readonly directory: Oid;
  /** Blob id of the engine's description. */
  readonly engine: Oid;
  /** The head of the branch, and for a merge the head that is merged. */
  readonly parents: readonly BlockId[];
  /** The merge logic of the branch. */
  readonly logic?: MergeLogic;
  readonly merge?: Pick<MergeHeader, 'base' | 'mode' | 'options' | 'source'>;
}

const applied = (one: StagedTransaction): boolean => one.receipt.status === 'applied';

/** The content of the block: what took effect, with its receipts; in a merge the receipts of the rest follow. */
export function assembleBlock(plan: BlockPlan, staged: Staged): BlockContent {
  const taken = staged.transactions.filter(applied);
  const rest = plan.merge === undefined ? [] : staged.transactions.filter((one) => !applied(one));
  const leftOut = rest.filter((one) => one.receipt.status === 'left-out').length;
  const counts = { applied: taken.length, dropped: rest.length - leftOut, leftOut };
  const { conflicts } = staged;
  return {
    header: headerOf(plan, conflicts === undefined ? counts : { ...counts, conflicts: conflicts.length }),
    parents: plan.parents,
    engine: plan.engine,
    transactions: taken.map((one) => one.signed),
    receipts: [...taken, ...rest].map((one) => one.receipt),
    ...(conflicts === undefined ? {} : { conflicts }),
    state: staged.state,
    data: staged.data,
  };
}

function headerOf(plan: BlockPlan, counts: Counts): BlockHeader {
  const { repository, branch, start, height, time, directory, logic, merge } = plan;
  const place = { format: 1, repository, branch, start, height, time, directory, counts } as const;
  const common = logic === undefined ? place : { ...place, logic };
  return merge === undefined ? { ...common, kind: 'block' } : { ...common, kind: 'merge', ...merge };
}

/** The header of block 0; its nonce makes the repository's id unlike any other's. */
export function genesisContent(parts: {
  branch: string;
  start: string;
  time: number;
  nonce: string;
  engine: Oid;
  state: Oid;
}): BlockContent {
  const { engine, state, ...header } = parts;
  return {
    header: { format: 1, kind: 'genesis', height: 0, counts: { applied: 0, dropped: 0, leftOut: 0 }, ...header },
    parents: [],
    engine,
    transactions: [],
    receipts: [],
    state,
    data: [],
  };
}
