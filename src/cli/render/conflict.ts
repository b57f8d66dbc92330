/** The conflicts of a pending merge for `resolve --list`: a block for each table, the columns in which the sides differ. */
import type { Resolution, Step } from '../../merge/resolution.ts';
import { type Choice, takeOf, takes } from '../../merge/resolution-choice.ts';
import { decodeRow } from '../../state/row.ts';
import { ConflictValues } from '../conflict-value.ts';
import type { OpenPending, PendingConflict, PendingMerge } from '../face.ts';
import type { Style } from '../output.ts';
import { aligned, counted, grouped } from './columns.ts';
import { columnsOf, differs } from './conflict-row.ts';
import { keyText, type Value, valueText } from './value-text.ts';
import { cutText, visible } from './visible.ts';

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
    const hasResult = of.some((index) => isNew(resolution.choice(index)));
    const heading = [
      '',
      '',
      'base',
      visible(merge.target),
      visible(merge.source),
      ...(hasResult ? ['result'] : []),
      '',
    ];
    const rows = of.flatMap((index) => rowsOf(resolution, index, hasResult));
    yield* aligned([heading, ...rows]);
    for (const index of of) yield* remarkOn(resolution.conflict(index));
  }
}

/** `bank.accounts alice: 3 of 7 resolved`, and what was left. */
export function settledLine({ merge, resolution }: OpenPending, row: readonly string[], step?: Step): string {
  const { resolved, total } = resolution;
  if (step === undefined) return pendingLine(merge, resolved, total);
  const count = step.changes.length;
  const choice = step.changes[0]?.choice;
  const way = choice === undefined ? 'open again' : wayTexts[choice.way];
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

const wayTexts: Readonly<Record<Choice['way'], string>> = {
  ours: 'ours',
  theirs: 'theirs',
  base: 'base',
  both: 'both',
  edit: 'edited',
  delete: 'deleted',
};

/** Whether the row that is chosen is on none of the sides. */
const isNew = (choice: Choice | undefined): boolean => choice?.way === 'edit' || choice?.way === 'both';

/** Characters of a value in a list. */
const longestCell = 40;
/** Cells of a value whose characters are written out, and of a key. */
const [widestCell, widestKey] = [60, 40];

/** One line for each column that is not alike; the first has the key and the choice. */
function rowsOf(resolution: Resolution<PendingConflict>, index: number, hasResult: boolean): string[][] {
  const conflict = resolution.conflict(index);
  const choice = resolution.choice(index);
  const isShown = isNew(choice);
  const columns = columnsOf(resolution.table(index), conflict, choice).filter(
    (column) => differs(column) || (isShown && !column.isComputed && column.result !== column.ours),
  );
  const side = (which: 'base' | 'ours' | 'theirs', at: number, text: string) =>
    conflict[which] === null ? (at === 0 ? 'no row' : '') : text;
  const shown = columns.length === 0 ? [undefined] : columns;
  return shown.map((column, at) => [
    at > 0 ? '' : ` ${choice === undefined ? '·' : '✓'} ${shortKeyText(conflict.key)}`,
    column === undefined ? '' : visible(column.name),
    side('base', at, column === undefined ? 'row' : cellText(column.base)),
    side('ours', at, column === undefined ? 'row' : cellText(column.ours)),
    side('theirs', at, column === undefined ? 'row' : cellText(column.theirs)),
    ...(hasResult ? [isShown && column !== undefined && !column.isComputed ? cellText(column.result) : ''] : []),
    at > 0 || choice === undefined ? '' : wayTexts[choice.way],
  ]);
}

const cellText = (value: Value): string => cutText(valueText(value, longestCell), widestCell);
const shortKeyText = (key: readonly string[]): string => cutText(keyText(key), widestKey);

/** Why it is people's; and a key that was cut. */
function* remarkOn(conflict: PendingConflict): Generator<string> {
  const key = keyText(conflict.key);
  const reason = reasonOf(conflict);
  if (reason !== undefined) yield `   ${key}: ${reason}`;
  else if (key !== shortKeyText(conflict.key)) yield `   ${key}`;
}

function reasonOf(conflict: PendingConflict): string | undefined {
  if (conflict.kind !== 'constraint') return conflict.left === undefined ? undefined : visible(conflict.left);
  const { constraint, count } = conflict.failed;
  return `constraint ${visible(constraint)} fails between ${counted(count, 'row')}`;
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
