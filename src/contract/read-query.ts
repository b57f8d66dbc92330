/**
 * Runs one reading statement of a person's, inside the engine's worker: in a read-only transaction that is always rolled
 * back. That it is one statement, and a reading one, was seen to by the gate (query-gate.ts).
 */
import type { Session } from './session.ts';
import type { QueryAnswer } from './worker-messages.ts';

/**
 * @param maxRows how many rows to give at most
 * @throws SqlFailure
 */
export function readQuery(session: Session, sql: string, maxRows: number): QueryAnswer {
  session.execute('BEGIN READ ONLY');
  try {
    const answer = session.select(sql, maxRows + 1);
    const types = typeNames(
      session,
      answer.columns.map(({ typeOid, typeModifier }) => [typeOid, typeModifier]),
    );
    return {
      columns: answer.columns.map(({ name }, at) => ({ name, type: types[at] ?? '' })),
      rows: answer.rows.slice(0, maxRows),
      more: answer.rows.length > maxRows,
    };
  } finally {
    session.execute('ROLLBACK');
  }
}

function typeNames(session: Session, types: readonly (readonly [number, number])[]): string[] {
  if (types.length === 0) return [];
  const list = types.map(([oid, modifier]) => `format_type(${oid}, ${modifier})`).join(', ');
  return (session.execute(`SELECT ${list}`).rows[0] ?? []).map((type) => type ?? '');
}
