/**
 * Imports in the engine's worker: rows are first copied into a staging table of the same columns, where defaults and
 * generated columns are filled and PostgreSQL writes every value its own way; then, for an import that takes effect, into the
 * table with all its constraints. In pieces, so that memory stays bounded.
 */
import { AergoError } from '../errors.ts';
import { rowShape } from '../state/row-shape.ts';
import type { TableSchema } from '../state/schema.ts';
import { misfit } from './arguments.ts';
import { type CallFailure, failureOf } from './call-outcome.ts';
import { decodeCopyRow, encodeCopyRow } from './copy-text.ts';
import type { Materialiser } from './materialiser.ts';
import { quoteName, quoteQualified } from './names.ts';
import type { RowPiece } from './row-pieces.ts';
import { SqlFailure } from './session.ts';

const stage = 'pg_temp."aergo$stage"';

/** Opens the staging table; the SQL transaction must not have one open. @throws AergoError AERGO_TABLE_UNKNOWN, before any SQL */
export function openStage(materialiser: Materialiser, table: string): void {
  materialiser.schema(table);
  materialiser.session.execute(
    `CREATE TEMP TABLE "aergo$stage" (LIKE ${quoteQualified(table)} INCLUDING DEFAULTS INCLUDING GENERATED)`,
  );
}

/**
 * Fills in one piece of rows, written as PostgreSQL writes them.
 * @param columns the columns that each row gives, in order; others get their default
 * @param offset rows before this piece, for messages
 * @throws AergoError AERGO_IMPORT_INVALID naming the row and the column
 */
export function normalisePiece(
  materialiser: Materialiser,
  table: string,
  columns: readonly string[],
  rows: readonly (readonly (string | null)[])[],
  offset: number,
): RowPiece {
  const { session } = materialiser;
  const schema = materialiser.schema(table);
  checkExactness(materialiser, table, columns, rows, offset);
  try {
    session.copyIn(
      `COPY ${stage} (${columns.map(quoteName).join(', ')}) FROM STDIN`,
      Buffer.from(rows.map(encodeCopyRow).join('')),
    );
  } catch (error) {
    if (error instanceof SqlFailure) throw importInvalid(error, offset);
    throw error;
  }
  const names: string[] = [];
  const lines: string[] = [];
  for (const texts of readStage(materialiser, schema)) {
    const row = rowOf(schema, texts, offset + names.length);
    names.push(row.name);
    lines.push(row.line);
  }
  session.execute(`TRUNCATE ${stage}`);
  return { names, lines };
}

/**
 * Puts one piece of an import into the staging table.
 * @param staged rows that are there already
 * @throws AergoError AERGO_IMPORT_NOT_NORMAL when a line is not what PostgreSQL makes of it; SqlFailure
 */
export function stagePiece(materialiser: Materialiser, table: string, lines: readonly string[], staged: number): void {
  const { session } = materialiser;
  const schema = materialiser.schema(table);
  const shape = rowShape(schema);
  const columns = insertable(schema);
  const text: string[] = [];
  for (const line of lines) {
    const values = JSON.parse(line) as Record<string, string | null>;
    text.push(encodeCopyRow(columns.map((column) => values[column] ?? null)));
  }
  session.copyIn(`COPY ${stage} (${columns.map(quoteName).join(', ')}) FROM STDIN`, Buffer.from(text.join('')));
  let at = 0;
  for (const texts of readStage(materialiser, schema, staged)) {
    const again = shape.encodeTexts(texts);
    if (again !== lines[at]) {
      throw new AergoError(
        'AERGO_IMPORT_NOT_NORMAL',
        `row ${staged + at + 1} of an import is not as PostgreSQL writes it: ${lines[at]?.trim()} would be ${again.trim()}`,
      );
    }
    at += 1;
  }
}

/** Brings what is staged into the table, with all constraints; a failure leaves the SQL transaction to be rolled back. */
export function insertStage(materialiser: Materialiser, table: string): CallFailure | undefined {
  const { session } = materialiser;
  const target = quoteQualified(table);
  const columns = insertable(materialiser.schema(table)).map(quoteName).join(', ');
  session.execute(`ALTER TABLE ${target} DISABLE TRIGGER "aergo$capture"`);
  try {
    session.execute(`INSERT INTO ${target} (${columns}) SELECT ${columns} FROM ${stage}`);
  } catch (error) {
    if (error instanceof SqlFailure) return failureOf(error.server.sqlstate, error.server.message, false);
    throw error;
  }
  session.execute(`ALTER TABLE ${target} ENABLE TRIGGER "aergo$capture"; DROP TABLE ${stage}`);
  return undefined;
}

/** What PostgreSQL would round off or cut away when it reads the value; other faults it tells itself. */
export function loss(value: string, type: string): string | undefined {
  if (/^numeric(\(|$)/.test(type)) return misfit(value.trim(), type);
  if (/^varchar(\(|$)/.test(type)) return misfit(value, type);
  return /^timestamp/.test(type) && /\.\d{7}/.test(value) ? 'has more than 6 digits of a second' : undefined;
}

function checkExactness(
  materialiser: Materialiser,
  table: string,
  columns: readonly string[],
  rows: readonly (readonly (string | null)[])[],
  offset: number,
): void {
  const contract = materialiser.contracts().get(table.split('.')[0] ?? '');
  const types = columns.map((name) => {
    const column = materialiser.schema(table).columns.find((candidate) => candidate.name === name);
    const own =
      column === undefined ? '' : `${column.type}${column.modifier === undefined ? '' : `(${column.modifier})`}`;
    return contract?.domains.find((domain) => domain.name === own)?.type ?? own;
  });
  for (const [at, type] of types.entries()) {
    for (const [index, row] of rows.entries()) {
      const value = row[at] ?? null;
      const fault = value === null ? undefined : loss(value, type);
      if (fault === undefined) continue;
      throw new AergoError(
        'AERGO_IMPORT_INVALID',
        `row ${offset + index + 1} (${columns[at]}): ${JSON.stringify(value)} ${fault}`,
        {
          details: { row: offset + index + 1, column: columns[at] },
        },
      );
    }
  }
}

function insertable(schema: TableSchema): string[] {
  return schema.columns.filter((column) => column.generated !== true).map((column) => column.name);
}

function* readStage(materialiser: Materialiser, schema: TableSchema, from = 0): Iterable<(string | null)[]> {
  const columns = schema.columns.map((column) => quoteName(column.name)).join(', ');
  // The table was only ever appended to, and scans begin at its beginning (synchronize_seqscans is off).
  for (const row of materialiser.session.copyOut(`COPY (SELECT ${columns} FROM ${stage} OFFSET ${from}) TO STDOUT`)) {
    yield decodeCopyRow(row.toString('utf8'));
  }
}

function rowOf(schema: TableSchema, texts: readonly (string | null)[], index: number): { name: string; line: string } {
  try {
    return rowShape(schema).row(texts);
  } catch (error) {
    if (!(error instanceof AergoError)) throw error;
    throw new AergoError('AERGO_IMPORT_INVALID', `row ${index + 1}: ${error.message}`, {
      cause: error,
      details: { row: index + 1 },
    });
  }
}

const copyPlace = /^COPY aergo\$stage, line (\d+)(?:, column ([^:\n]+))?/;

function importInvalid(error: SqlFailure, offset: number): AergoError {
  const [, line, column] = copyPlace.exec(error.server.where) ?? [];
  const row = line === undefined ? undefined : offset + Number(line);
  const place = row === undefined ? '' : `Row ${row}${column === undefined ? '' : ` (${column})`}: `;
  return new AergoError('AERGO_IMPORT_INVALID', `${place}${error.server.message}`, {
    cause: error,
    details: { row, column, sqlstate: error.server.sqlstate },
  });
}
