/**
 * Changes of rows by table, and their first half: taking out the rows that they replace or delete. Runs in the engine's
 * worker.
 */
import { AergoError } from '../errors.ts';
import type { TableSchema } from '../state/schema.ts';
import { encodeArray } from './copy-text.ts';
import type { Materialiser } from './materialiser.ts';
import type { RowWrite } from './net-changes.ts';
import { deleteByKeySql } from './row-sql.ts';

type Values = Readonly<Record<string, string | null>>;

/** A row before and after; undefined where there is none. */
export interface ChangedRow {
  readonly name: string;
  readonly line: string | null;
  readonly before: Values | undefined;
  readonly after: Values | undefined;
}

/** The changes of one table. */
export interface TableChanges {
  readonly table: string;
  readonly schema: TableSchema;
  readonly rows: readonly ChangedRow[];
}

/** The changes of each table, in the order of the tables' names. @throws AergoError AERGO_TABLE_UNKNOWN */
export function changesByTable(materialiser: Materialiser, writes: readonly RowWrite[]): TableChanges[] {
  const tables = new Map<string, RowWrite[]>();
  for (const write of writes) {
    const same = tables.get(write.table);
    if (same === undefined) tables.set(write.table, [write]);
    else same.push(write);
  }
  return [...tables.keys()].sort().map((table) => ({
    table,
    schema: materialiser.schema(table),
    rows: (tables.get(table) ?? []).map(({ name, before, after }) => ({
      name,
      line: after,
      before: before === null ? undefined : valuesOf(before),
      after: after === null ? undefined : valuesOf(after),
    })),
  }));
}

function valuesOf(line: string): Values {
  return JSON.parse(line) as Values;
}

/** Takes the rows out that the changes replace or delete. */
export function removeRows(materialiser: Materialiser, { table, schema, rows }: TableChanges): void {
  const removed = rows.flatMap(({ before }) => (before === undefined ? [] : [before]));
  const sql = deleteByKeySql(table, schema);
  let count = 0;
  for (const piece of inPieces(removed)) {
    const values = schema.key.map((column) => encodeArray(piece.map((row) => row[column] ?? null)));
    count += Number(materialiser.trusted(() => materialiser.session.query(sql, values)).rows[0]?.[0]);
  }
  if (count !== removed.length)
    throw new AergoError(
      'AERGO_INTERNAL',
      `${removed.length} rows of ${table} were to be replaced, ${count} are there`,
    );
}

export function notNormal(table: string, line: string, again: string): AergoError {
  return new AergoError(
    'AERGO_IMPORT_NOT_NORMAL',
    `a row of ${table} is not as PostgreSQL writes it: ${line.trim()} would be ${again.trim()}`,
    { details: { table, line, again } },
  );
}

/** Rows of one statement: bounds memory. */
const together = 25_000;

export function* inPieces<Item>(items: readonly Item[]): Iterable<readonly Item[]> {
  for (let at = 0; at < items.length; at += together) yield items.slice(at, at + together);
}
