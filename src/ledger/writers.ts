/**
 * Which transactions wrote a row: of one block, and the last before a head. Calls list the rows that they wrote in their
 * receipts; what an import wrote are the rows of its data; what a migration wrote is told by the difference of the states.
 */
import type { KeyId } from '../crypto/key.ts';
import type { Oid } from '../object/oid.ts';
import { readRow } from '../state/table.ts';
import type { BlockId } from './block.ts';
import type { RowDecision } from './decisions.ts';
import { dataRoot } from './import-rows.ts';
import { describeTransaction } from './message.ts';
import type { Receipt, RowReference } from './receipt.ts';
import { RowWalk, type RowWalkContext } from './row-walk.ts';
import { TableFolders } from './table-folders.ts';
import type { SignedTransaction, Transaction, TransactionId } from './transaction.ts';

/** A row as a key of maps: two rows have the same exactly when they are the same row. */
export type RowKey = string & { readonly __rowKey: true };

export const rowKey = (table: string, name: string): RowKey => `${table} ${name}` as RowKey;

/** Who stands behind a row: a transaction in the block where it took effect, or a merge that decided it. */
export interface RowWriter {
  readonly block: BlockId;
  /** Absent where the contract decided in a merge: no transaction says so. */
  readonly transaction?: TransactionId;
  /** Of the transaction; where there is none, who sealed the merge. */
  readonly author: KeyId;
  /** As in block messages: `bank.pay alice bob 5`; of a merge `agreed merge of what-if`. */
  readonly description: string;
}

const writerOf = (block: BlockId, { id, transaction }: SignedTransaction): RowWriter => ({
  block,
  transaction: id,
  author: transaction.author,
  description: describeTransaction(transaction),
});

/** A row with the transactions of a block that wrote it, in the block's order. */
export interface WrittenRow {
  readonly row: RowReference;
  readonly by: readonly SignedTransaction[];
}

/**
 * The transactions of a block that wrote each of these rows. The rows must be such that the block changed (row-walk.ts); a
 * migration is named for every row of its contract among them, as only running it again would tell which of those that a
 * call wrote as well it left alone.
 */
export function writersInBlock(
  context: RowWalkContext,
  block: BlockId,
  rows: Iterable<RowReference>,
): Map<RowKey, WrittenRow> {
  const { reader } = context;
  const found = new Map<RowKey, { row: RowReference; by: SignedTransaction[] }>();
  const names = new Map<string, string[]>();
  for (const row of rows) {
    const [table, name] = row;
    found.set(rowKey(table, name), { row, by: [] });
    const known = names.get(table);
    if (known === undefined) names.set(table, [name]);
    else known.push(name);
  }
  const receipts = reader.receipts(block);
  const bulk = new BulkWrites(context, block);
  for (const [index, signed] of reader.transactions(block).entries()) {
    for (const key of writtenBy(signed.transaction, receipts[index], names, bulk)) found.get(key)?.by.push(signed);
  }
  return found;
}

/** The rows that a transaction wrote; where its receipt lists none, those among `names`. */
function* writtenBy(
  transaction: Transaction,
  receipt: Receipt | undefined,
  names: ReadonlyMap<string, readonly string[]>,
  bulk: BulkWrites,
): Generator<RowKey> {
  if (receipt?.writes !== undefined) {
    for (const [table, name] of receipt.writes) yield rowKey(table, name);
    return;
  }
  for (const [table, among] of names) {
    for (const name of among) if (bulk.wrote(transaction, table, name)) yield rowKey(table, name);
  }
}

/** What deploys and imports of a block wrote, which receipts only count. */
class BulkWrites {
  readonly #context: RowWalkContext;
  readonly #folders: TableFolders;
  readonly #before: Oid;
  readonly #after: Oid;

  constructor(context: RowWalkContext, block: BlockId) {
    const { reader, cache } = context;
    const { state, commit } = reader.block(block);
    const [parent] = commit.parents;
    this.#context = context;
    this.#folders = new TableFolders(reader.source, cache);
    this.#before = parent === undefined ? state : reader.block(parent).state;
    this.#after = state;
  }

  wrote(transaction: Transaction, table: string, name: string): boolean {
    if (transaction.kind === 'import')
      return transaction.table === table && this.#brought(transaction.data, table, name);
    if (transaction.kind !== 'deploy' || !table.startsWith(`${transaction.contract}.`)) return false;
    // Without a migration a table that stays keeps its rows.
    return transaction.migrate !== undefined || !this.#stays(table);
  }

  #stays(table: string): boolean {
    return [this.#before, this.#after].every((state) => this.#folders.idOf(state, table) !== undefined);
  }

  #brought(data: Oid, table: string, name: string): boolean {
    const { reader, cache } = this.#context;
    const is = this.#folders.idOf(this.#after, table) ?? this.#folders.idOf(this.#before, table);
    const schema = this.#folders.table(is)?.schema;
    if (schema === undefined) return false;
    return readRow(reader.source, { schema, root: dataRoot(reader.source, data) }, name, cache) !== undefined;
  }
}

/** Who decided a row in a merge. */
function deciderOf({ reader }: RowWalkContext, block: BlockId, { transaction }: RowDecision): RowWriter {
  if (transaction !== undefined) return writerOf(block, transaction);
  const { header, sealer } = reader.block(block);
  const source = header.kind === 'merge' ? ` merge of ${header.source.slice(0, header.source.lastIndexOf(':'))}` : '';
  return { block, author: sealer, description: `agreed${source}` };
}

/**
 * The last transaction that wrote each row, of those that `head` has and `stop` has not: what a merge or a log says stands
 * behind a row. A row that none of them changed is not among the answers.
 * @returns by `rowKey`
 */
export function lastWriters(
  context: RowWalkContext,
  head: BlockId,
  stop: BlockId,
  rows: Iterable<RowReference>,
): Map<RowKey, RowWriter> {
  const own = new Set(context.history.compare(stop, head).onlyTheirs);
  const walk = new RowWalk<true>(
    context,
    () => true,
    (block) => own.has(block),
  );
  for (const [table, name] of rows) walk.follow(head, table, name, true);
  const found = new Map<RowKey, RowWriter>();
  for (const { block, steps } of walk.blocks()) {
    const written: RowReference[] = [];
    for (const { table, name, decision } of steps) {
      if (decision === undefined) written.push([table, name]);
      else found.set(rowKey(table, name), deciderOf(context, block, decision));
    }
    for (const [key, { by }] of writersInBlock(context, block, written)) {
      const last = by.at(-1);
      if (last !== undefined) found.set(key, writerOf(block, last));
    }
  }
  return found;
}
