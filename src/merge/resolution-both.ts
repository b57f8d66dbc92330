/**
 * Both changes of a conflicting row together, where that means something: columns that one side changed, numbers with both
 * changes added to the base, twice what both sides added alike, arrays with what either side added and without what either
 * took away. Pure and exact.
 */
import { misfit } from '../contract/arguments.ts';
import { decodeRow, encodeRow } from '../state/row.ts';
import type { Conflict } from './conflict.ts';
import {
  bothAdded,
  type ConflictTable,
  columnType,
  decimalOf,
  decimalText,
  restingType,
  scaleOf,
} from './resolution-columns.ts';

/**
 * The row with both changes, without its computed columns.
 * @returns undefined where a side has no row, or a column was changed on both sides to values that do not go together
 */
export function bothChanges(table: ConflictTable, { base, ours, theirs }: Conflict): string | undefined {
  if (ours === null || theirs === null) return undefined;
  const [before, left, right] = [base === null ? undefined : decodeRow(base), decodeRow(ours), decodeRow(theirs)];
  const values: [string, string | null][] = [];
  for (const column of table.columns) {
    if (column.generated) continue;
    const [b, o, t] = [before?.[column.name], left[column.name] ?? null, right[column.name] ?? null];
    const type = restingType(table, column);
    const isNumber = numeric.test(type) && !table.key.includes(column.name);
    const value = isOne(b, o, t, isNumber) ? (t === b ? o : t) : together(type, b, o, t);
    if (value === undefined || (value !== null && misfit(value, columnType(column), table.own) !== undefined))
      return undefined;
    values.push([column.name, value]);
  }
  return encodeRow(Object.fromEntries(values));
}

const numeric = /^(?:int[248]|numeric)(?:\(|$)/;

/**
 * Whether there is one change at most, or none that could be made twice: two payments of 10 that leave the same balance each
 * were made, while the same name twice is that name. An absent `base` is no row.
 */
function isOne(
  base: string | null | undefined,
  ours: string | null,
  theirs: string | null,
  isNumber: boolean,
): boolean {
  if (ours === base || theirs === base) return true;
  return ours === theirs && !(isNumber && isDecimal(base) && isDecimal(ours));
}

const isDecimal = (text: string | null | undefined): boolean =>
  text !== null && text !== undefined && decimalOf(text) !== undefined;

function together(
  type: string,
  base: string | null | undefined,
  ours: string | null,
  theirs: string | null,
): string | undefined {
  if (ours === null || theirs === null || base === null) return undefined;
  if (type === 'jsonb') return unitedArrays(base ?? '[]', ours, theirs);
  if (base === undefined || !numeric.test(type)) return undefined;
  const [b, o, t] = [decimalOf(base), decimalOf(ours), decimalOf(theirs)];
  if (b === undefined || o === undefined || t === undefined) return undefined;
  return decimalText(bothAdded(b, o, t), scaleOf(type));
}

/** Ours without what theirs took away, then what theirs added; undefined where one is no array. */
function unitedArrays(base: string, ours: string, theirs: string): string | undefined {
  const [b, o, t] = [elements(base), elements(ours), elements(theirs)];
  if (b === undefined || o === undefined || t === undefined) return undefined;
  const [before, here, there] = [new Set(b), new Set(o), new Set(t)];
  const kept = o.filter((element) => there.has(element) || !before.has(element));
  const added = t.filter((element) => !before.has(element) && !here.has(element));
  return `[${[...kept, ...added].join(', ')}]`;
}

/** The texts of the elements of a JSON array as PostgreSQL writes it: they are not parsed, so no number is rounded. */
function elements(array: string): string[] | undefined {
  if (!array.startsWith('[') || !array.endsWith(']')) return undefined;
  const found: string[] = [];
  let [depth, start] = [0, 1];
  for (const { 0: token, index } of array.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{},]/g)) {
    if (token === '[' || token === '{') depth += 1;
    if (token === ']' || token === '}') depth -= 1;
    if ((token === ',' && depth === 1) || depth === 0) {
      const element = array.slice(start, index).trim();
      if (element !== '') found.push(element);
      start = index + 1;
    }
  }
  return found;
}
