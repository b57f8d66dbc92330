/**
 * A difference of two blocks, ready to be shown. Headings come before rows and say how many there are, so a table's rows
 * are walked twice when they are too many to keep: a walk visits only what differs.
 */
import type { Repository, RowDifference, TableSchema, TableView } from './face.ts';
import type { Style } from './output.ts';
import { countDifference, type DifferenceCount, differenceHeading, differenceLines } from './render/difference.ts';

/** Rows of a table that are aligned with each other, and kept in memory, at most. */
const alignedRows = 10_000;

export class Comparison {
  readonly #repository: Repository;
  readonly from: string;
  readonly to: string;
  readonly #table: string | undefined;
  /** Whether anything was found to differ, once tables or rows were walked. */
  differs = false;

  constructor(repository: Repository, from: string, to: string, table: string | undefined) {
    this.#repository = repository;
    this.from = from;
    this.to = to;
    this.#table = table;
  }

  /** Contracts that are new, gone or deployed anew; then `tables` walks what differs. */
  async contracts(): Promise<readonly string[]> {
    const { contracts } = await this.#repository.diff(this.from, this.to, this.#table);
    if (contracts.length > 0) this.differs = true;
    return contracts;
  }

  async *tables(): AsyncGenerator<TableView> {
    for (const table of (await this.#repository.diff(this.from, this.to, this.#table)).tables) {
      this.differs = true;
      yield table;
    }
  }

  /** A second walk over one table's rows. */
  async *rowsOf(table: string): AsyncGenerator<RowDifference> {
    for (const difference of (await this.#repository.diff(this.from, this.to, table)).tables) yield* difference.rows;
  }

  async *rows(): AsyncGenerator<{ table: string } & RowDifference> {
    for await (const { table, rows } of this.tables()) for (const row of rows) yield { table, ...row };
  }

  /** The table as it is in the newer block, or where it is gone there, in the older. */
  async schema(table: string): Promise<TableSchema> {
    const at = (await this.#repository.tables(this.to)).includes(table) ? this.to : this.from;
    return this.#repository.schema(table, at);
  }

  async asJson(onlyCounts: boolean): Promise<object> {
    const contracts = await this.contracts();
    const tables: object[] = [];
    for await (const { table, schemaChanged, rows } of this.tables()) {
      const entry = onlyCounts
        ? { table, schemaChanged, ...countDifference(rows) }
        : { table, schemaChanged, rows: [...rows] };
      tables.push(entry);
    }
    const { from, to } = this;
    return { from: await this.#repository.resolve(from), to: await this.#repository.resolve(to), contracts, tables };
  }
}

/** @param revisions None: what the last block changed; one, or `A..B`, or two. */
export function compare(repository: Repository, revisions: readonly string[], table: string | undefined): Comparison {
  const [first, second] = revisions;
  const range = second === undefined ? /^(.*?)\.\.(.*)$/.exec(first ?? '') : null;
  const from = range === null ? (first ?? '@~1') : range[1] || '@';
  const to = range === null ? (second ?? '@') : range[2] || '@';
  return new Comparison(repository, from, to, table);
}

export async function* comparisonLines(
  comparison: Comparison,
  onlyCounts: boolean,
  style: Style,
): AsyncGenerator<string> {
  for (const contract of await comparison.contracts()) yield style.bold(`contract ${contract} changed`);
  for await (const { table, schemaChanged, rows } of comparison.tables()) {
    const kept: RowDifference[] = [];
    const count: DifferenceCount = countDifference(keepFirst(rows, kept));
    yield style.bold(differenceHeading(table, count, schemaChanged));
    if (onlyCounts) continue;
    const schema = await comparison.schema(table);
    const all = count.added + count.changed + count.removed;
    if (all <= alignedRows) yield* differenceLines(kept, schema, style);
    else for await (const row of comparison.rowsOf(table)) yield* differenceLines([row], schema, style);
  }
}

function* keepFirst(rows: Iterable<RowDifference>, kept: RowDifference[]): Generator<RowDifference> {
  for (const row of rows) {
    if (kept.length < alignedRows) kept.push(row);
    yield row;
  }
}
