/** A row's columns in the order of its table: rows are kept in the order of canonical JSON, people know the table's. */
import type { RowValues, TableSchema } from './face.ts';

export function inOrder(row: RowValues, schema: TableSchema): RowValues {
  const ordered = Object.fromEntries(
    schema.columns.flatMap(({ name }) => (name in row ? [[name, row[name] ?? null]] : [])),
  );
  return { ...ordered, ...row };
}
