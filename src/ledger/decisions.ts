/** What an agreed or a rows merge decided of rows: its conflicts by row, each person's with the transaction that says so. */
import { nameOfKey } from '../state/name.ts';
import type { TableSchema } from '../state/schema.ts';
import type { BlockId, BlockReader } from './block.ts';
import type { SettledConflict } from './conflict-list.ts';
import type { SignedTransaction } from './transaction.ts';

/** A row that the merge decided. */
export interface RowDecision extends SettledConflict {
  /** Of a person's decision: the `resolve` transaction that holds it. */
  readonly transaction?: SignedTransaction;
}

/** The decisions of one merge block, read at the first question. */
export class MergeDecisions {
  readonly #reader: BlockReader;
  readonly #block: BlockId;
  #byTable: Map<string, RowDecision[]> | undefined;

  constructor(reader: BlockReader, block: BlockId) {
    this.#reader = reader;
    this.#block = block;
  }

  /** The decided rows of a table by name. */
  of(table: string, schema: TableSchema | undefined): Map<string, RowDecision> {
    this.#byTable ??= this.#read();
    const rows = this.#byTable.get(table) ?? [];
    return new Map(schema === undefined ? [] : rows.map((row) => [nameOfKey(schema, row.key), row]));
  }

  #read(): Map<string, RowDecision[]> {
    const people = new Map<string, SignedTransaction>();
    for (const signed of this.#reader.transactions(this.#block)) {
      if (signed.transaction.kind !== 'resolve') continue;
      for (const { table, key } of signed.transaction.choices) people.set(JSON.stringify([table, key]), signed);
    }
    const found = new Map<string, RowDecision[]>();
    for (const conflict of this.#reader.conflicts(this.#block)) {
      const { table, key, by } = conflict;
      const transaction = by === 'person' ? people.get(JSON.stringify([table, key])) : undefined;
      const rows = found.get(table);
      const row = transaction === undefined ? conflict : { ...conflict, transaction };
      if (rows === undefined) found.set(table, [row]);
      else rows.push(row);
    }
    return found;
  }
}
