/**
 * What became of a row, or of a table: the changes since the beginning, newest first, along the line of descent that each
 * value came by. What an agreed or a rows merge took over is shown where it was changed, on the branch that was merged.
 */
import type { BlockId } from '../ledger/block.ts';
import { isRowMerge } from '../ledger/header.ts';
import { NewestFirst } from '../ledger/newest-first.ts';
import { type RowStep, RowWalk } from '../ledger/row-walk.ts';
import { TableFolders } from '../ledger/table-folders.ts';
import { rowKey, writersInBlock } from '../ledger/writers.ts';
import { decodeRow } from '../state/row.ts';
import type { TableSchema } from '../state/schema.ts';
import { State } from '../state/state.ts';
import type { RepositoryContext } from './context.ts';
import { blockRange, nameOfRow, type RowDifference, schemaOf } from './read.ts';
import { type BlockSummary, namedWriter, summaryOf, type ValueWriter } from './views.ts';

/** A row as a block changed it. */
export interface RowChange extends RowDifference {
  readonly block: BlockSummary;
  /** Those of the block's transactions that wrote the row, in order; none where a contract decided in a merge. */
  readonly transactions: readonly ValueWriter[];
  /** In an agreed or a rows merge whose sides had changed it both: who decided. `before` is the target's row. */
  readonly decidedBy?: 'contract' | 'person';
}

export interface RowHistory {
  /** The table's, as of the range's last block. */
  readonly schema: TableSchema;
  /** Newest first. */
  readonly changes: readonly RowChange[];
  /** The row was looked for down to where the history of this copy begins: what changed it before is not here. */
  readonly isCut: boolean;
}

export interface RowHistoryOptions {
  /** `REV`, or `REV1..REV2`: changes in blocks that the second has and the first has not. */
  readonly range?: string;
  readonly limit?: number;
}

/** The changes of a row. Throws `AERGO_TABLE_UNKNOWN`. */
export async function rowHistory(
  context: RepositoryContext,
  table: string,
  key: readonly string[],
  { range = '@', limit = Number.POSITIVE_INFINITY }: RowHistoryOptions,
): Promise<RowHistory> {
  const { head, only } = await blockRange(context, range);
  const schema = schemaOf(State.open(context.store, context.reader.block(head).state, context.cache), table);
  const walk = new RowWalk<true>(
    context,
    () => true,
    (block) => only?.has(block) !== false,
  );
  walk.follow(head, table, nameOfRow(table, schema, key), true);
  const changes: RowChange[] = [];
  let isCut = false;
  walk.onEnd = () => {
    isCut = true;
  };
  if (limit === 0) return { schema, changes, isCut };
  for (const { block, steps } of walk.blocks()) {
    for (const step of steps) {
      changes.push(changeOf(context, block, key, step));
      if (changes.length === limit) return { schema, changes, isCut };
      // Where a merge decided, both sides had changed the row.
      const { parents } = context.history.record(block);
      for (const parent of step.decision === undefined ? parents.slice(0, 1) : parents)
        walk.follow(parent, step.table, step.name, true);
    }
  }
  return { schema, changes, isCut };
}

function changeOf(
  context: RepositoryContext,
  block: BlockId,
  key: readonly string[],
  { table, name, before, after, decision }: RowStep<true>,
): RowChange {
  const written = decision === undefined ? writersInBlock(context, block, [[table, name]]) : undefined;
  const by =
    decision === undefined ? written?.get(rowKey(table, name))?.by : decision.transaction && [decision.transaction];
  return {
    block: summaryOf(context, block),
    key,
    ...(before === null ? {} : { before: decodeRow(before) }),
    ...(after === null ? {} : { after: decodeRow(after) }),
    transactions: (by ?? []).map((signed) => namedWriter(context, signed)),
    ...(decision === undefined ? {} : { decidedBy: decision.by }),
  };
}

/** The blocks that changed a table. */
export interface TableHistory {
  /** Newest first. */
  readonly blocks: readonly BlockSummary[];
  /** For each of them those that come next on the lines of descent that were followed: what a graph draws. */
  readonly next: ReadonlyMap<BlockId, readonly BlockId[]>;
  /** As of a row's history. */
  readonly isCut: boolean;
}

/** The blocks that changed a table. Throws `AERGO_TABLE_UNKNOWN` where the last block has no such table. */
export async function tableHistory(
  context: RepositoryContext,
  table: string,
  { range = '@', limit = Number.POSITIVE_INFINITY }: RowHistoryOptions,
): Promise<TableHistory> {
  const { history, reader, store, cache } = context;
  const { head, only } = await blockRange(context, range);
  schemaOf(State.open(store, reader.block(head).state, cache), table);
  const folders = new TableFolders(store, cache);
  const folderAt = (block: BlockId) => folders.idOf(reader.block(block).state, table);
  const queue = new NewestFirst(history);
  const within = (block: BlockId): boolean => only?.has(block) !== false;
  if (within(head)) queue.add(head);
  const found: BlockId[] = [];
  let isCut = false;
  const followed = new Map<BlockId, readonly BlockId[]>();
  for (let block = queue.take(); block !== undefined && found.length < limit; block = queue.take()) {
    const [target, source] = history.record(block).parents;
    if (target === undefined) continue;
    if (history.parentsHere(block).length < (source === undefined ? 1 : 2)) {
      isCut = true;
      continue;
    }
    const is = folderAt(block);
    const sides = source !== undefined && isRowMerge(reader.header(block)) ? [target, source] : [target];
    // Where a merge decided, both sides had changed rows, whichever it took.
    const decided = sides.length > 1 && reader.conflicts(block).some((conflict) => conflict.table === table);
    const same = decided ? undefined : sides.find((side) => folderAt(side) === is);
    if (same === undefined) found.push(block);
    followed.set(block, (same === undefined ? sides : [same]).filter(within));
    for (const parent of followed.get(block) ?? []) queue.add(parent);
  }
  return { blocks: found.map((block) => summaryOf(context, block)), next: nextFound(found, followed), isCut };
}

/** Of each block that was found the nearest found ones behind it. @param followed newest first */
function nextFound(
  found: readonly BlockId[],
  followed: ReadonlyMap<BlockId, readonly BlockId[]>,
): Map<BlockId, readonly BlockId[]> {
  const isFound = new Set(found);
  const behind = new Map<BlockId, readonly BlockId[]>();
  for (const [block, parents] of [...followed].reverse()) {
    const nearest = parents.flatMap((parent) => (isFound.has(parent) ? [parent] : (behind.get(parent) ?? [])));
    behind.set(block, [...new Set(nearest)]);
  }
  return new Map(found.map((block) => [block, behind.get(block) ?? []]));
}
