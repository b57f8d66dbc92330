/**
 * The tables that a deployment without a migration keeps: all that are there, as they are. Where one differs, the refusal
 * says in what, and what the migration would begin with.
 */
import { AergoError } from '../errors.ts';
import { type ColumnDifference, differenceOfDefinitions } from './definition-difference.ts';
import { sameRows } from './move-rows.ts';
import type { ParsedContract } from './parsed-contract.ts';

/** @throws AergoError AERGO_CONTRACT_MIGRATION where a table is gone or another */
export function keptTables(name: string, before: ParsedContract | undefined, after: ParsedContract): string[] {
  const kept: string[] = [];
  for (const table of before?.tables ?? []) {
    const successor = after.tables.find((candidate) => candidate.name === table.name);
    if (successor === undefined || !sameRows(table.schema, successor.schema)) {
      throw needsMigration(name, table.name, before, successor === undefined ? undefined : after);
    }
    kept.push(table.name);
  }
  return kept;
}

function needsMigration(
  name: string,
  table: string,
  before: ParsedContract | undefined,
  after: ParsedContract | undefined,
): AergoError {
  const changed = (after === undefined ? [] : differenceOfDefinitions(before, after)).find(
    (difference) => difference.kind === 'table' && difference.name === table,
  );
  const columns = changed?.columns ?? [];
  const what =
    after === undefined
      ? 'is not in the new source'
      : `is another in the new source${columns.map(columnText).join('')}`;
  const statement = after === undefined ? `DROP TABLE ${table};` : suggestion(table, columns[0]);
  return new AergoError('AERGO_CONTRACT_MIGRATION', `table ${name}.${table} ${what}: say what becomes of its rows`, {
    hint: `aergo contract deploy FILE --migrate MIGRATION.sql   with ${statement}`,
    details: { table: `${name}.${table}`, columns },
  });
}

const columnText = ({ name, before, after }: ColumnDifference, at: number): string =>
  `${at === 0 ? ', ' : '; '}${after === undefined ? `without ${name}` : before === undefined ? `with ${name} ${after}` : `${name} ${before} → ${after}`}`;

function suggestion(table: string, column: ColumnDifference | undefined): string {
  if (column === undefined) return 'a comment alone: its columns are the same';
  const { name, before, after } = column;
  if (after === undefined) return `ALTER TABLE ${table} DROP COLUMN ${name};`;
  const type = after.replace(/ .*$/, '');
  return before === undefined
    ? `ALTER TABLE ${table} ADD COLUMN ${name} ${type} DEFAULT …;`
    : `ALTER TABLE ${table} ALTER COLUMN ${name} TYPE ${type};`;
}
