/**
 * Sets rows from outside any contract's function: no trigger, no cascade, and every constraint of the result checked. Runs in
 * the engine's worker, after a savepoint. The good case costs what the changes cost; what is wrong is listed by
 * row-violations.ts.
 */
import { AergoError } from '../errors.ts';
import { rowShape } from '../state/row-shape.ts';
import { exhaustedBy } from './call-outcome.ts';
import { changesByTable, inPieces, notNormal, removeRows, type TableChanges } from './changed-rows.ts';
import { decodeRecord, encodeArray } from './copy-text.ts';
import type { Materialiser } from './materialiser.ts';
import { quoteName, quoteQualified } from './names.ts';
import type { RowWrite } from './net-changes.ts';
import { foreignKeys } from './row-keys.ts';
import { brokenKeys } from './row-references.ts';
import { columnType, insertable } from './row-sql.ts';
import type { RowViolation } from './row-violation.ts';
import { listViolations } from './row-violations.ts';
import { EngineBroken, SqlFailure } from './session.ts';

/**
 * Sets the rows, all or none.
 * @returns what stands in the way; where there is anything, nothing has changed
 * @throws AergoError AERGO_IMPORT_NOT_NORMAL for a line that PostgreSQL would write otherwise, AERGO_TABLE_UNKNOWN; the
 * savepoint must then be taken back
 */
export function changeRows(materialiser: Materialiser, writes: readonly RowWrite[]): RowViolation[] {
  const { session } = materialiser;
  const changes = changesByTable(materialiser, writes);
  session.execute('SAVEPOINT change');
  if (apply(materialiser, changes)) {
    session.execute('RELEASE SAVEPOINT change');
    return [];
  }
  session.execute('ROLLBACK TO SAVEPOINT change');
  const violations = listViolations(materialiser, changes);
  session.execute('ROLLBACK TO SAVEPOINT change; RELEASE SAVEPOINT change');
  if (violations.length === 0) throw new AergoError('AERGO_INTERNAL', 'rows cannot be set, and no constraint says why');
  return violations;
}

/** Whether the rows could be set; where not, the caller takes back what is half done. */
function apply(materialiser: Materialiser, changes: readonly TableChanges[]): boolean {
  try {
    // All that goes goes first: whatever is unique may pass from one row to another.
    for (const table of changes) removeRows(materialiser, table);
    for (const table of changes) insertRows(materialiser, table);
  } catch (error) {
    if (!(error instanceof SqlFailure)) throw error;
    const exhausted = exhaustedBy(error.server.sqlstate);
    if (exhausted !== undefined) throw new EngineBroken(error.server.message, exhausted);
    return false;
  }
  const keys = foreignKeys(
    materialiser,
    changes.map(({ table }) => table),
  );
  return keys.every((key) => brokenKeys(materialiser, key, changes).length === 0);
}

/** Puts the rows in that the changes bring. @throws SqlFailure; AergoError AERGO_IMPORT_NOT_NORMAL */
function insertRows(materialiser: Materialiser, { table, schema, rows }: TableChanges): void {
  const shape = rowShape(schema);
  const columns = insertable(schema);
  const values = columns.map((column, at) => `r.v${at}::${columnType(table, schema, column)}`);
  const names = columns.map((_, at) => `v${at}`).join(', ');
  const arrays = columns.map((_, at) => `$${at + 1}::text[]`).join(', ');
  const sql = `INSERT INTO ${quoteQualified(table)} AS "aergo$row" (${columns.map(quoteName).join(', ')}) SELECT ${values.join(', ')} FROM unnest(${arrays}) AS r (${names}) RETURNING "aergo$row"::text`;
  const added = rows.filter(({ after }) => after !== undefined);
  for (const piece of inPieces(added)) {
    const texts = columns.map((column) => encodeArray(piece.map(({ after }) => after?.[column] ?? null)));
    const answer = materialiser.trusted(() => materialiser.session.query(sql, texts));
    for (const [at, [record]] of answer.rows.entries()) {
      const again = shape.encodeTexts(decodeRecord(record ?? ''));
      const row = piece[at];
      if (row?.line !== again) throw notNormal(table, row?.line ?? '', again);
    }
  }
}
