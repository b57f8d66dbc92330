/**
 * What a transaction wrote, row by row, as a revert of it needs it: each row as it was before and as the transaction left it.
 * A block holds its result alone; where several of its transactions wrote a row, they are run again (rerun.ts).
 */

import type { RowWrite } from '../contract/engine.ts';
import { AergoError } from '../errors.ts';
import { State } from '../state/state.ts';
import type { Candidate } from './admission.ts';
import type { BlockId } from './block.ts';
import { importedRows } from './import-rows.ts';
import type { RowReference } from './receipt.ts';
import { type RerunContext, rowsDuringBlock } from './rerun.ts';
import type { Reverted } from './revert-rows.ts';
import type { StageContext } from './stage.ts';
import type { SignedTransaction, TransactionId } from './transaction.ts';
import { rowKey, writersInBlock } from './writers.ts';

/**
 * What the transactions wrote that reverts among the candidates are to take back, where they are in effect at the block's
 * parent and are not among the candidates themselves. The engine is moved where a block has to run again.
 */
export async function revertedBefore(
  context: RerunContext & Pick<StageContext, 'place'>,
  candidates: readonly Candidate[],
): Promise<ReadonlyMap<TransactionId, Reverted>> {
  const found = new Map<TransactionId, Reverted>();
  const here = new Set(candidates.map(({ signed }) => signed.id));
  const [head] = context.place.parents;
  const wanted = new Map<BlockId, Set<TransactionId>>();
  for (const { signed } of candidates) {
    if (signed.transaction.kind !== 'revert' || head === undefined) continue;
    const { of } = signed.transaction;
    const block = here.has(of) ? undefined : await context.history.inEffect(of, head);
    if (block !== undefined) wanted.set(block, (wanted.get(block) ?? new Set()).add(of));
  }
  for (const [block, ids] of wanted) {
    for (const [of, reverted] of await revertedIn(context, block, ids)) found.set(of, reverted);
  }
  return found;
}

/** What those transactions wrote in the block that lists them: it runs again once at most for all. */
async function revertedIn(
  context: RerunContext,
  block: BlockId,
  ids: ReadonlySet<TransactionId>,
): Promise<Map<TransactionId, Reverted>> {
  const { reader, cache } = context;
  const { commit, state } = reader.block(block);
  const [parent = block] = commit.parents;
  const after = State.open(reader.source, state, cache);
  const before = State.open(reader.source, reader.block(parent).state, cache);
  const receipts = reader.receipts(block);
  const listed = reader
    .transactions(block)
    .map((signed, index) => ({ ...signed, rows: receipts[index]?.writes ?? [] }));
  const meant = listed.filter(({ id }) => ids.has(id));
  const between = await rowsBetween(
    context,
    block,
    meant.flatMap((one) => one.rows),
  );
  const writeOf = (of: TransactionId, [table, name]: RowReference): RowWrite => {
    const steps = between.get(rowKey(table, name));
    const at = steps?.findIndex(({ signed }) => signed.id === of) ?? -1;
    const line = (state: State) => state.readRow(table, name) ?? null;
    if (steps === undefined || at < 0) return { table, name, before: line(before), after: line(after) };
    const earlier = at === 0 ? line(before) : (steps[at - 1]?.line ?? null);
    return { table, name, before: earlier, after: steps[at]?.line ?? null };
  };
  return new Map(
    meant.map(({ id, transaction, rows }): [TransactionId, Reverted] => {
      if (transaction.kind === 'deploy' || transaction.kind === 'resolve') return [id, { never: transaction.kind }];
      if (transaction.kind !== 'import') return [id, { writes: rows.map((row) => writeOf(id, row)) }];
      const table = after.table(transaction.table);
      return [id, { writes: table === undefined ? [] : importedRows(reader.source, table, transaction) }];
    }),
  );
}

/** Of those rows that more than one transaction of the block wrote: how each of them left it. */
async function rowsBetween(
  context: RerunContext,
  block: BlockId,
  rows: readonly RowReference[],
): Promise<ReadonlyMap<string, readonly { signed: SignedTransaction; line: string | null }[]>> {
  const shared = new Map([...writersInBlock(context, block, rows)].filter(([, { by }]) => by.length > 1));
  if (shared.size === 0) return new Map();
  const between = await rowsDuringBlock(context, block, shared);
  if (between !== undefined) return between;
  throw new AergoError(
    'AERGO_MACHINE_BUSY',
    `block ${block.slice(0, 7)} did not run to its end on this machine again`,
    {
      hint: 'try again when the machine is less busy',
      details: { block },
    },
  );
}
