/**
 * Migrates a contract's rows inside the engine's worker: the migration's statements run on the old tables, then the rows of
 * those are brought into the new source's tables, which have to fit them exactly: no column and no table is lost unnoticed.
 */
import { AergoError } from '../errors.ts';
import { rowShape } from '../state/row-shape.ts';
import type { ColumnSchema } from '../state/schema.ts';
import { decodeCopyRow } from './copy-text.ts';
import { countWritesSql } from './counted-writes.ts';
import { makeStatement } from './make-statement.ts';
import { bringOverSql, columnsSql, openMigrationSql } from './migration-sql.ts';
import { quoteName } from './names.ts';
import type { ContractStatement, ContractTable, ParsedContract, ParsedMigration } from './parsed-contract.ts';
import type { RowPiece } from './row-pieces.ts';
import type { Session } from './session.ts';
import { isBuiltIn } from './type-rules.ts';

/** A migration with the transaction that brings it: what `aergo.tx_id()` and `aergo.author()` give meanwhile. */
export interface Migration extends ParsedMigration {
  /** The transaction's id, in hexadecimal digits. */
  readonly id: string;
  /** The author's key id. */
  readonly author: string;
}

/**
 * Runs the migration's statements on the tables of the contract that is installed under the name.
 * @param failed makes the error of a statement that failed
 */
export function runMigration(
  session: Session,
  name: string,
  before: ParsedContract,
  migration: Migration,
  failed: (statement: ContractStatement, cause: unknown) => Error,
): void {
  session.execute(openMigrationSql(name, before));
  // No contract that is called, and no depth: a migration calls no other contract (engine-sql.ts, `enter`).
  session.query("SELECT set_config('aergo.call', $1, true)", [`0 ${migration.id} ${migration.author} `]);
  for (const statement of migration.statements) {
    try {
      makeStatement(session, name, statement);
      if (statement.kind === 'table') session.execute(countWritesSql(name, statement.name));
    } catch (cause) {
      throw failed(statement, cause);
    }
  }
}

/**
 * Brings the rows of the old tables, which stand aside, into those of the contract that is installed now.
 * @throws AergoError AERGO_CONTRACT_MIGRATION where they do not fit each other; SqlFailure where a constraint breaks
 */
export function bringOver(session: Session, name: string, contract: ParsedContract): void {
  const old = tablesOf(session, `"aside$${name}"`);
  const made = tablesOf(session, quoteName(name));
  const lost = [...old.keys()].find((table) => !made.has(table));
  if (lost !== undefined) {
    throw misfit(name, lost, 'is still there after the migration, and not in the new source', `DROP TABLE ${lost};`);
  }
  for (const table of contract.tables) {
    const columns = old.get(table.name);
    if (columns === undefined) continue;
    checkColumns(name, table, columns, made.get(table.name) ?? new Map(), contract);
    for (const sql of bringOverSql(name, table.name, written(table))) session.execute(sql);
  }
}

/** All rows of a table, as the repository keeps them. @throws AergoError for a key that no repository can hold */
export function readRows(session: Session, name: string, { name: table, schema }: ContractTable): RowPiece {
  const shape = rowShape(schema);
  const columns = schema.columns.map((column) => quoteName(column.name)).join(', ');
  const names: string[] = [];
  const lines: string[] = [];
  for (const copied of session.copyOut(
    `COPY (SELECT ${columns} FROM ${quoteName(name)}.${quoteName(table)}) TO STDOUT`,
  )) {
    const row = shape.row(decodeCopyRow(copied.toString('utf8')));
    names.push(row.name);
    lines.push(row.line);
  }
  return { names, lines };
}

type Columns = ReadonlyMap<string, { readonly type: string; readonly schema: string }>;

function tablesOf(session: Session, schema: string): Map<string, Columns> {
  const tables = new Map<string, Map<string, { type: string; schema: string }>>();
  for (const [table, column, type, typeSchema] of session.query(columnsSql, [schema]).rows) {
    const columns = tables.get(table ?? '') ?? new Map();
    tables.set(table ?? '', columns.set(column ?? '', { type: type ?? '', schema: typeSchema ?? '' }));
  }
  return tables;
}

/** The columns that have a value of their own. */
const written = (table: ContractTable): ColumnSchema[] =>
  table.schema.columns.filter((column) => column.generated !== true);

function checkColumns(name: string, table: ContractTable, old: Columns, made: Columns, contract: ParsedContract): void {
  for (const column of old.keys()) {
    if (!made.has(column)) {
      const what = `still has the column ${column} after the migration, and the new source has not`;
      throw misfit(name, table.name, what, `ALTER TABLE ${table.name} DROP COLUMN ${column};`);
    }
  }
  for (const column of written(table)) {
    const is = made.get(column.name)?.type ?? '';
    const was = old.get(column.name);
    if (was === undefined) {
      const what = `has no column ${column.name} after the migration, and the new source has one`;
      throw misfit(name, table.name, what, `ALTER TABLE ${table.name} ADD COLUMN ${column.name} ${is};`);
    }
    if (!fits(was, is, column, contract)) {
      const what = `has ${column.name} ${was.type} after the migration, and ${column.name} ${is} in the new source`;
      throw misfit(name, table.name, what, `ALTER TABLE ${table.name} ALTER COLUMN ${column.name} TYPE ${is};`);
    }
  }
}

/** Equal types; for an enum or a domain of the contract also what it rests on: a new label cannot be in the old type. */
function fits(
  was: { readonly type: string; readonly schema: string },
  is: string,
  column: ColumnSchema,
  contract: ParsedContract,
): boolean {
  if (isBuiltIn(column.type)) return was.schema === 'pg_catalog' && was.type === is;
  return was.type === is || was.type === 'text' || contract.domains.some((domain) => domain.name === is);
}

function misfit(name: string, table: string, what: string, statement: string): AergoError {
  return new AergoError('AERGO_CONTRACT_MIGRATION', `table ${name}.${table} ${what}`, {
    hint: `in the migration: ${statement}`,
    details: { table: `${name}.${table}` },
  });
}
