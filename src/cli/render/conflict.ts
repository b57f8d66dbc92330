/** The conflicts of a pending merge for `resolve --list`: a block for each table, the columns in which the sides differ. */
import type { Resolution, Step } from '../../merge/resolution.ts';
import { takeOf, takes } from '../../merge/resolution-choice.ts';
import { decodeRow } from '../../state/row.ts';
import { ConflictValues } from '../conflict-value.ts';
import type { OpenPending, PendingConflict, PendingMerge } from '../face.ts';
import type { Style } from '../output.ts';
import { aligned, counted, grouped } from './columns.ts';
import { columnsOf, differs, keyText, valueText } from './conflict-row.ts';
import { visible } from './visible.ts';

/** `what-if → main, rows merge: 2 of 7 resolved` */
function pendingLine({ source, target, mode }: PendingMerge, resolved: number, total: number): string {
  return `${visible(source)} → ${visible(target)}, ${mode} merge: ${grouped(resolved)} of ${grouped(total)} resolved`;
}

/** @param indexes of the conflicts to list */
export function* conflictLines(
  { merge, resolution }: OpenPending,
  indexes: readonly number[],
  style: Style,
): Generator<string> {
  yield style.bold(pendingLine(merge, resolution.resolved, resolution.total));
  const tables = Map.groupBy(indexes, (index) => resolution.conflict(index).table);
  for (const [table, of] of tables) {
    yield `${table}   ${counted(of.length, 'conflict')}`;
    const heading = ['', '', 'base', visible(merge.target), visible(merge.source), ''];
    const rows = of.flatMap((index) => rowsOf(resolution, index));
    yield* aligned([heading, ...rows]);
    for (const index of of) yield* reasonOf(resolution.conflict(index));
  }
}

/** `bank.accounts alice: 3 of 7 resolved`, and what was left. */
export function settledLine({ merge, resolution }: OpenPending, row: readonly string[], step?: Step): string {
  const { resolved, total } = resolution;
  if (step === undefined) return pendingLine(merge, resolved, total);
  const count = step.changes.length;
  const way = step.changes[0]?.choice?.way ?? 'open again';
  const what = count === 0 ? 'nothing changed' : row.length > 1 ? way : `${way} for ${counted(count, 'row')}`;
  const left = step.skipped === 0 ? '' : `; ${counted(step.skipped, 'row')} left, whose changes do not go together`;
  return `${row.map(visible).join(' ')}: ${what}${left}   ${grouped(resolved)} of ${grouped(total)} resolved`;
}

/** The pending merge for programs, with these of its conflicts. */
export function pendingAsJson({ merge, resolution }: OpenPending, indexes: readonly number[], step?: Step): object {
  const { target, source, parents, mode, pinned, begun, conflicts } = merge;
  const values = new ConflictValues();
  return {
    merge: { target, source, parents, mode, pinned, begun, byContract: conflicts.byContract },
    total: resolution.total,
    resolved: resolution.resolved,
    ...(step === undefined ? {} : { changed: step.changes.length, skipped: step.skipped }),
    conflicts: indexes.map((index) => conflictAsJson(resolution, index, values)),
    failed: values.failed,
  };
}

/** Characters of a value in a list. */
const longestCell = 40;

/** One line for each column in which the sides differ; the first has the key and the choice. */
function rowsOf(resolution: Resolution<PendingConflict>, index: number): string[][] {
  const conflict = resolution.conflict(index);
  const choice = resolution.choice(index);
  const columns = columnsOf(resolution.table(index), conflict, choice).filter(differs);
  const side = (which: 'base' | 'ours' | 'theirs', at: number, text: string) =>
    conflict[which] === null ? (at === 0 ? 'no row' : '') : text;
  const shown = columns.length === 0 ? [undefined] : columns;
  return shown.map((column, at) => [
    at > 0 ? '' : ` ${choice === undefined ? '·' : '✓'} ${keyText(conflict.key)}`,
    column === undefined ? '' : visible(column.name),
    side('base', at, column === undefined ? 'row' : valueText(column.base, longestCell)),
    side('ours', at, column === undefined ? 'row' : valueText(column.ours, longestCell)),
    side('theirs', at, column === undefined ? 'row' : valueText(column.theirs, longestCell)),
    at > 0 || choice === undefined ? '' : choice.way,
  ]);
}

function* reasonOf(conflict: PendingConflict): Generator<string> {
  if (conflict.kind === 'constraint') {
    const { constraint, count } = conflict.failed;
    yield `   ${keyText(conflict.key)}: constraint ${visible(constraint)} fails between ${counted(count, 'row')}`;
  } else if (conflict.left !== undefined) yield `   ${keyText(conflict.key)}: ${visible(conflict.left)}`;
}

/** A conflict for programs, with who stands behind its sides, what can be taken, and what is chosen. */
function conflictAsJson(resolution: Resolution<PendingConflict>, index: number, values: ConflictValues): object {
  const conflict = resolution.conflict(index);
  const choice = resolution.choice(index);
  const row = choice?.row ?? null;
  return {
    ...values.of(conflict),
    takes: takes.filter((take) => takeOf(resolution.table(index), conflict, take) !== undefined),
    choice: choice === undefined ? null : { way: choice.way, row: row === null ? null : decodeRow(row) },
  };
}
