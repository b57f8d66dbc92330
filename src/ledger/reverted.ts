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
  for (const { signed } of candidates) {
    if (signed.transaction.kind !== 'revert' || head === undefined) continue;
    const { of } = signed.transaction;
    if (here.has(of) || found.has(of)) continue;
    const block = await context.history.inEffect(of, head);
    if (block !== undefined) found.set(of, await revertedIn(context, block, of));
  }
  return found;
}

/** What a transaction wrote in the block that lists it. */
async function revertedIn(context: RerunContext, block: BlockId, of: TransactionId): Promise<Reverted> {
  const { reader, cache } = context;
  const index = reader.transactions(block).findIndex(({ id }) => id === of);
  const transaction = reader.transactions(block)[index]?.transaction;
  if (transaction === undefined) throw new Error(`${of} does not stand in ${block}`);
  if (transaction.kind === 'deploy' || transaction.kind === 'resolve') return { never: transaction.kind };
  const { commit, state } = reader.block(block);
  const [parent = block] = commit.parents;
  const after = State.open(reader.source, state, cache);
  if (transaction.kind === 'import') {
    const table = after.table(transaction.table);
    return { writes: table === undefined ? [] : importedRows(reader.source, table, transaction) };
  }
  const before = State.open(reader.source, reader.block(parent).state, cache);
  const rows = reader.receipts(block)[index]?.writes ?? [];
  const between = await rowsBetween(context, block, rows);
  const writes = rows.map(([table, name]): RowWrite => {
    const steps = between.get(rowKey(table, name));
    const at = steps?.findIndex(({ signed }) => signed.id === of) ?? -1;
    const line = (state: State) => state.readRow(table, name) ?? null;
    if (steps === undefined || at < 0) return { table, name, before: line(before), after: line(after) };
    return {
      table,
      name,
      before: steps[at - 1]?.line ?? (at === 0 ? line(before) : null),
      after: steps[at]?.line ?? null,
    };
  });
  return { writes };
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
