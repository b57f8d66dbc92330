/**
 * A difference of two blocks, ready to be shown. Headings come before rows and say how many there are, so a table's rows
 * are walked twice when they are too many to keep: a walk visits only what differs.
 */
import type { Repository, RowDifference, TableDifference } from './face.ts';
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

  *tables(): Generator<TableDifference> {
    for (const table of this.#repository.diff(this.from, this.to, this.#table)) {
      this.differs = true;
      yield table;
    }
  }

  /** A second walk over one table's rows. */
  *rowsOf(table: string): Generator<RowDifference> {
    for (const difference of this.#repository.diff(this.from, this.to, table)) yield* difference.rows;
  }

  *rows(): Generator<{ table: string } & RowDifference> {
    for (const { table, rows } of this.tables()) for (const row of rows) yield { table, ...row };
  }

  /** The names of a table's key columns, as of the newer block that has it. */
  keyColumns(table: string): readonly string[] {
    const at = this.#repository.tables(this.to).includes(table) ? this.to : this.from;
    return this.#repository.schema(table, at).key;
  }

  asJson(onlyCounts: boolean): object {
    const tables = [...this.tables()].map(({ table, schemaChanged, rows }) => {
      return onlyCounts
        ? { table, schemaChanged, ...countDifference(rows) }
        : { table, schemaChanged, rows: [...rows] };
    });
    const { from, to } = this;
    return { from: this.#repository.resolve(from), to: this.#repository.resolve(to), tables };
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

export function* comparisonLines(comparison: Comparison, onlyCounts: boolean, style: Style): Generator<string> {
  for (const { table, schemaChanged, rows } of comparison.tables()) {
    const kept: RowDifference[] = [];
    const count: DifferenceCount = countDifference(keepFirst(rows, kept));
    yield style.bold(differenceHeading(table, count, schemaChanged));
    if (onlyCounts) continue;
    const keyColumns = comparison.keyColumns(table);
    const all = count.added + count.changed + count.removed;
    if (all <= alignedRows) yield* differenceLines(kept, keyColumns, style);
    else for (const row of comparison.rowsOf(table)) yield* differenceLines([row], keyColumns, style);
  }
}

function* keepFirst(rows: Iterable<RowDifference>, kept: RowDifference[]): Generator<RowDifference> {
  for (const row of rows) {
    if (kept.length < alignedRows) kept.push(row);
    yield row;
  }
}
