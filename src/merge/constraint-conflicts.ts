/**
 * Rows of two sides that cannot stand together: for each constraint that fails all rows involved, also what a side deleted
 * and the other names. The same on every machine, as they follow from the rows alone.
 */
import type { RowViolation } from '../contract/row-violation.ts';
import type { RowReference } from '../ledger/receipt.ts';
import type { ObjectSource } from '../object/source.ts';
import { decodeRow } from '../state/row.ts';
import type { NodeCache } from '../state/table.ts';
import { differingRows, differingTables, type ThreeStates } from '../state/three-way.ts';
import { type ConflictId, conflictId } from './conflict.ts';

/** Why a row is in conflict. */
export interface FailedConstraint {
  readonly constraint: string;
  /** All rows that it fails between, in table and name order. */
  readonly rows: readonly RowReference[];
}

/** For each row of the violations the first that it is in. */
export function failedConstraints(
  source: ObjectSource,
  cache: NodeCache,
  states: ThreeStates,
  violations: readonly RowViolation[],
): Map<ConflictId, { readonly row: RowReference; readonly failed: FailedConstraint }> {
  const found = new Map<ConflictId, { row: RowReference; failed: FailedConstraint }>();
  const absent = absentRows(source, cache, states, violations);
  for (const violation of violations) {
    const all = new Map<ConflictId, RowReference>();
    for (const [table, name] of [...violation.rows, ...(absent.get(violation) ?? [])]) {
      all.set(conflictId({ table, name }), [table, name]);
    }
    const ids = [...all.keys()].sort();
    const failed = { constraint: violation.constraint, rows: ids.map((id) => all.get(id) as RowReference) };
    for (const id of ids) if (!found.has(id)) found.set(id, { row: all.get(id) as RowReference, failed });
  }
  return found;
}

/** Rows that a violation lacks, and one of the three states has: looked for among those that a side changed. */
function absentRows(
  source: ObjectSource,
  cache: NodeCache,
  states: ThreeStates,
  violations: readonly RowViolation[],
): Map<RowViolation, RowReference[]> {
  const wanted = new Map<string, Map<string, RowViolation[]>>();
  const columnsOf = new Map<string, Set<string>>();
  for (const violation of violations) {
    const { missing } = violation;
    if (missing === undefined) continue;
    const columns = JSON.stringify(missing.columns);
    const ofTable = wanted.get(missing.table) ?? new Map<string, RowViolation[]>();
    wanted.set(missing.table, ofTable);
    columnsOf.set(missing.table, (columnsOf.get(missing.table) ?? new Set()).add(columns));
    const key = `${columns}${JSON.stringify(missing.values)}`;
    ofTable.set(key, [...(ofTable.get(key) ?? []), violation]);
  }
  const found = new Map<RowViolation, RowReference[]>();
  if (wanted.size === 0) return found;
  for (const tables of differingTables(source, states, cache)) {
    const ofTable = wanted.get(tables.table);
    if (ofTable === undefined || tables.ours?.schemaId !== tables.theirs?.schemaId) continue;
    for (const { name, base, ours, theirs } of differingRows(source, tables, cache)) {
      for (const line of new Set([base, ours, theirs])) {
        if (line === null) continue;
        const values = decodeRow(line);
        for (const columns of columnsOf.get(tables.table) ?? []) {
          const texts = (JSON.parse(columns) as string[]).map((column) => values[column] ?? null);
          for (const violation of ofTable.get(`${columns}${JSON.stringify(texts)}`) ?? []) {
            found.set(violation, [...(found.get(violation) ?? []), [tables.table, name]]);
          }
        }
      }
    }
  }
  return found;
}
