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
import { type ConflictId, conflictId, type FailedConstraint, namedRows } from './conflict.ts';

/** For each row of the violations the first that it is in. Linear in the rows of all violations. */
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
    for (const [table, name] of [...(absent.get(violation) ?? []), ...violation.rows]) {
      all.set(conflictId({ table, name }), [table, name]);
    }
    const named = [...all].slice(0, namedRows).sort(([a], [b]) => (a < b ? -1 : 1));
    const failed = { constraint: violation.constraint, count: all.size, rows: named.map(([, row]) => row) };
    for (const [id, row] of all) if (!found.has(id)) found.set(id, { row, failed });
  }
  return found;
}

/** Violations that lack a row with certain values in these columns, by the values. */
interface Wanted {
  readonly columns: readonly string[];
  readonly violations: Map<string, RowViolation[]>;
}

/** Rows that a violation lacks, and one of the three states has: looked for among those that a side changed. */
function absentRows(
  source: ObjectSource,
  cache: NodeCache,
  states: ThreeStates,
  violations: readonly RowViolation[],
): Map<RowViolation, RowReference[]> {
  const wanted = wantedRows(violations);
  const found = new Map<RowViolation, RowReference[]>();
  if (wanted.size === 0) return found;
  for (const tables of differingTables(source, states, cache)) {
    const ofTable = wanted.get(tables.table);
    if (ofTable === undefined || tables.ours?.schemaId !== tables.theirs?.schemaId) continue;
    for (const { name, base, ours, theirs } of differingRows(source, tables, cache)) {
      for (const line of new Set([base, ours, theirs])) {
        if (line === null) continue;
        const values = decodeRow(line);
        for (const { columns, violations } of ofTable.values()) {
          const texts = columns.map((column) => values[column] ?? null);
          for (const violation of violations.get(JSON.stringify(texts)) ?? []) {
            listOf(found, violation).push([tables.table, name]);
          }
        }
      }
    }
  }
  return found;
}

/** What is lacking, by table and columns. */
function wantedRows(violations: readonly RowViolation[]): Map<string, Map<string, Wanted>> {
  const wanted = new Map<string, Map<string, Wanted>>();
  for (const violation of violations) {
    const { missing } = violation;
    if (missing === undefined) continue;
    const ofTable = wanted.get(missing.table) ?? new Map<string, Wanted>();
    wanted.set(missing.table, ofTable);
    const columns = JSON.stringify(missing.columns);
    const ofColumns = ofTable.get(columns) ?? { columns: missing.columns, violations: new Map() };
    ofTable.set(columns, ofColumns);
    listOf(ofColumns.violations, JSON.stringify(missing.values)).push(violation);
  }
  return wanted;
}

function listOf<Key, Value>(lists: Map<Key, Value[]>, key: Key): Value[] {
  const known = lists.get(key);
  if (known !== undefined) return known;
  const list: Value[] = [];
  lists.set(key, list);
  return list;
}
