/** SQL over rows whose values come as arrays of texts. */
import type { TableSchema } from '../state/schema.ts';
import { quoteName, quoteQualified } from './names.ts';
import { isBuiltIn } from './type-rules.ts';

/** A column's type as SQL writes it, without a modifier: what a text is cast to where the column itself has the last word. */
export function columnType(table: string, schema: TableSchema, column: string): string {
  const [contract = ''] = table.split('.');
  const type = schema.columns.find((candidate) => candidate.name === column)?.type ?? 'text';
  const element = type.replace(/\[\]$/, '');
  return isBuiltIn(element) ? type : `${quoteName(contract)}.${quoteName(element)}${type.slice(element.length)}`;
}

/** The columns of a table that have a value of their own. */
export function insertable(schema: TableSchema): string[] {
  return schema.columns.filter((column) => column.generated !== true).map((column) => column.name);
}

/** Deletes the rows whose keys are given, an array of texts for each column of the key, and counts them. */
export function deleteByKeySql(table: string, schema: TableSchema): string {
  const arrays = schema.key.map((_, at) => `$${at + 1}::text[]`).join(', ');
  const names = schema.key.map((_, at) => `k${at}`).join(', ');
  const target = quoteQualified(table);
  const equal = schema.key.map(
    (column, at) => `t.${quoteName(column)} = k.k${at}::${columnType(table, schema, column)}`,
  );
  // By the place of each row, found by its key: as a join the planner would rather read the whole table.
  const places = `SELECT (SELECT t.ctid FROM ${target} t WHERE ${equal.join(' AND ')}) FROM unnest(${arrays}) AS k (${names})`;
  return `WITH gone AS (DELETE FROM ${target} WHERE ctid = ANY (ARRAY(${places})) RETURNING 1) SELECT count(*) FROM gone`;
}
