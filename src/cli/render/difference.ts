/**
 * Changed rows: `~` changed, `+` added, `-` removed; the key, then each column that differs. Old and new stand in columns
 * of their own, numbers aligned to the right.
 */
import type { RowDifference, RowValues } from '../face.ts';
import type { Style } from '../output.ts';
import { counted, grouped, padEnd, padStart } from './columns.ts';
import { keyText, valueText } from './value-text.ts';
import { displayWidth } from './visible.ts';

/** How many rows of a table differ, and how. */
export interface DifferenceCount {
  added: number;
  changed: number;
  removed: number;
}

export function countDifference(rows: Iterable<RowDifference>): DifferenceCount {
  const count = { added: 0, changed: 0, removed: 0 };
  for (const row of rows) count[kindOf(row)] += 1;
  return count;
}

/** `bank.accounts   3 rows changed`; what is not a plain change is told apart: `3 rows changed: 1 added, 2 changed`. */
export function differenceHeading(table: string, count: DifferenceCount, schemaChanged: boolean): string {
  const { added, changed, removed } = count;
  const parts = [
    ...(added > 0 ? [`${grouped(added)} added`] : []),
    ...(changed > 0 ? [`${grouped(changed)} changed`] : []),
    ...(removed > 0 ? [`${grouped(removed)} removed`] : []),
  ];
  const detail = added + removed > 0 ? `: ${parts.join(', ')}` : '';
  return `${table}   ${counted(added + changed + removed, 'row')} changed${detail}${schemaChanged ? '   schema changed' : ''}`;
}

/** What the lines need of a table's schema. */
export interface ColumnNames {
  readonly columns: readonly { readonly name: string }[];
  readonly key: readonly string[];
}

interface Cell {
  readonly key: string;
  readonly column: string;
  readonly before: string;
  readonly after: string;
  readonly kind: keyof DifferenceCount;
}

/**
 * The lines of a table's rows, aligned with each other.
 * @param schema The table's columns, in their order; those of the key are not said again for a row that came or went.
 */
export function differenceLines(rows: readonly RowDifference[], schema: ColumnNames, style: Style): string[] {
  const cells = rows.flatMap((row) => cellsOf(row, schema));
  const width = (part: 'key' | 'column' | 'before') =>
    cells.reduce((widest, cell) => Math.max(widest, displayWidth(cell[part])), 0);
  const [key, column, before] = [width('key'), width('column'), width('before')];
  return cells.map((cell, index) => {
    const repeats = index > 0 && cells[index - 1]?.key === cell.key && cells[index - 1]?.kind === cell.kind;
    const mark = repeats ? ' ' : marks[cell.kind];
    const name = `${padEnd(repeats ? '' : cell.key, key)}   ${padEnd(cell.column, column)}`;
    const text = ` ${mark} ${name}   ${valuesText(cell, before)}`.trimEnd();
    return colourOf(cell.kind, style)(text);
  });
}

const marks = { added: '+', changed: '~', removed: '-' } as const;

function valuesText({ kind, before, after }: Cell, width: number): string {
  if (kind === 'added') return after;
  if (kind === 'removed') return before;
  const padded = /^-?[\d.]+$/.test(before) ? padStart(before, width) : padEnd(before, width);
  return `${padded} → ${after}`;
}

function colourOf(kind: keyof DifferenceCount, style: Style): (text: string) => string {
  if (kind === 'added') return style.green;
  return kind === 'removed' ? style.red : (text) => text;
}

function kindOf(row: RowDifference): keyof DifferenceCount {
  if (row.before === undefined) return 'added';
  return row.after === undefined ? 'removed' : 'changed';
}

function cellsOf(row: RowDifference, schema: ColumnNames): Cell[] {
  const kind = kindOf(row);
  const key = keyText(row.key);
  const columns = changedColumns(row, schema);
  if (columns.length === 0) return [{ key, column: '', before: '', after: '', kind }];
  return columns.map((column) => ({
    key,
    column,
    before: shown(row.before, column),
    after: shown(row.after, column),
    kind,
  }));
}

/** The row's table had no such column yet, or has none any more. */
const noColumn = '–';

const shown = (values: RowValues | undefined, column: string): string =>
  values === undefined ? '' : column in values ? valueText(values[column] ?? null, Number.POSITIVE_INFINITY) : noColumn;

/** Of a changed row the columns that differ; of one that came or went all but the key's. */
function changedColumns({ before, after }: RowDifference, schema: ColumnNames): string[] {
  const known = schema.columns.map(({ name }) => name);
  const names = new Set([...known, ...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  if (before !== undefined && after !== undefined) return [...names].filter((name) => before[name] !== after[name]);
  const values = after ?? before ?? {};
  return [...names].filter((name) => name in values && !schema.key.includes(name));
}
