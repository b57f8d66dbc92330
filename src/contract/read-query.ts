/**
 * Runs one reading statement of a person's, inside the engine's worker, in a SQL transaction that somebody else has begun
 * and rolls back. The statement is described and run as the reading role, which may do nothing but read (engine-sql.ts): so
 * it holds even where the gate (query-gate.ts) has not been asked.
 */
import { decodeRecord } from './copy-text.ts';
import { readerRole } from './engine-sql.ts';
import type { Session } from './session.ts';
import type { QueryAnswer } from './worker-messages.ts';

/**
 * @param maxRows how many rows to give at most
 * @throws SqlFailure; the SQL transaction must then be rolled back
 */
export function readQuery(session: Session, sql: string, maxRows: number): QueryAnswer {
  // Rows that were moved for this query are there already: from here on nothing more is written.
  session.execute(`SET TRANSACTION READ ONLY; SET LOCAL ROLE ${readerRole}`);
  const described = session.describe(sql);
  session.execute('RESET ROLE');
  const types = typeNames(
    session,
    described.map(({ typeOid, typeModifier }) => [typeOid, typeModifier]),
  );
  const { rows } = session.query('SELECT * FROM "aergo$host".read($1, $2)', [sql, String(maxRows + 1)]);
  return {
    columns: described.map(({ name }, at) => ({ name, type: types[at] ?? '' })),
    rows: rows.slice(0, maxRows).map(([record]) => (described.length === 0 ? [] : decodeRecord(record ?? ''))),
    more: rows.length > maxRows,
  };
}

function typeNames(session: Session, types: readonly (readonly [number, number])[]): string[] {
  if (types.length === 0) return [];
  const list = types.map(([oid, modifier]) => `format_type(${oid}, ${modifier})`).join(', ');
  return (session.execute(`SELECT ${list}`).rows[0] ?? []).map((type) => type ?? '');
}
