/** Which transactions wrote the same rows, by their receipts: where to look first for what made one fail. */
import type { BlockId, BlockReader } from '../ledger/block.ts';
import type { RowReference } from '../ledger/receipt.ts';
import type { TransactionId } from '../ledger/transaction.ts';

/** A transaction in the block where it took effect; absent: the block whole. */
interface Writer {
  readonly from: BlockId;
  readonly transaction?: TransactionId;
}

const keyOf = ([table, name]: RowReference): string => `${table} ${name}`;

export class WrittenRows {
  readonly #reader: BlockReader;
  readonly #ofBlock = new Map<BlockId, ReadonlyMap<TransactionId, readonly RowReference[]>>();

  constructor(reader: BlockReader) {
    this.#reader = reader;
  }

  /** The rows that a transaction wrote where it had taken effect. */
  #rows({ from, transaction }: Writer): readonly RowReference[] {
    if (transaction === undefined) return [];
    let writes = this.#ofBlock.get(from);
    if (writes === undefined) {
      writes = new Map(this.#reader.receipts(from).map((receipt) => [receipt.tx, receipt.writes ?? []]));
      this.#ofBlock.set(from, writes);
    }
    return writes.get(transaction) ?? [];
  }

  /** Rows that both wrote. */
  shared(one: Writer, other: Writer): RowReference[] {
    const rows = new Set(this.#rows(other).map(keyOf));
    return this.#rows(one).filter((row) => rows.has(keyOf(row)));
  }

  /** For a transaction: the positions, counted from 1, of those in the list that wrote the row of its rows that the fewest wrote. */
  suspects(list: readonly Writer[]): (writer: Writer) => readonly number[] {
    const positions = new Map<string, number[]>();
    for (const [index, writer] of list.entries()) {
      for (const row of this.#rows(writer)) {
        const known = positions.get(keyOf(row));
        if (known === undefined) positions.set(keyOf(row), [index + 1]);
        else known.push(index + 1);
      }
    }
    return (writer) => {
      const found = this.#rows(writer).flatMap((row) => {
        const at = positions.get(keyOf(row));
        return at === undefined ? [] : [at];
      });
      return found.reduce((least, some) => (least.length === 0 || some.length < least.length ? some : least), []);
    };
  }
}
