/** The rows of a conflict, column by column: what each side has, what changed there, and what will stand. */

import type { Conflict } from '../../merge/conflict.ts';
import type { Choice } from '../../merge/resolution-choice.ts';
import type { ConflictTable } from '../../merge/resolution-columns.ts';
import { decodeRow } from '../../state/row.ts';
import type { Value } from './value-text.ts';

/** A column's value in a line; undefined where the line is none or leaves the column out. */
export function valueIn(line: string | null, column: string): Value {
  return line === null ? undefined : decodeRow(line)[column];
}

/** One column of a conflict. */
export interface ColumnOfConflict {
  readonly name: string;
  readonly base: Value;
  readonly ours: Value;
  readonly theirs: Value;
  readonly result: Value;
  readonly isComputed: boolean;
  /** Changed on both sides, differently. */
  readonly isContested: boolean;
}

/** The columns, first those in which the sides differ, in the table's order. @param choice what is chosen, if anything */
export function columnsOf(table: ConflictTable, conflict: Conflict, choice: Choice | undefined): ColumnOfConflict[] {
  const read = (line: string | null | undefined) => (line === null || line === undefined ? undefined : decodeRow(line));
  const rows = {
    base: read(conflict.base),
    ours: read(conflict.ours),
    theirs: read(conflict.theirs),
    result: read(choice?.row),
  };
  const columns = table.columns.map(({ name, generated }): ColumnOfConflict => {
    const [base, ours, theirs] = [rows.base?.[name], rows.ours?.[name], rows.theirs?.[name]];
    const isContested = ours !== theirs && ours !== base && theirs !== base;
    return { name, base, ours, theirs, result: rows.result?.[name], isComputed: generated === true, isContested };
  });
  return [...columns.filter(differs), ...columns.filter((column) => !differs(column))];
}

/** Whether those of the three rows that are there are not all alike in the column. */
export const differs = ({ base, ours, theirs }: ColumnOfConflict): boolean =>
  new Set([base, ours, theirs].filter((value) => value !== undefined)).size > 1;
