/** Aligned text: two columns with the right one at a fixed place, and tables whose columns are as wide as they must be. */
import { displayWidth } from './visible.ts';

/** The place of the second column in messages: `made key …        back it up: …`. */
const secondColumn = 48;

/** Left and right text on one line, the right one at `column`, or three spaces behind a longer left one. Unstyled text. */
export function columns(left: string, right: string, column: number = secondColumn): string {
  if (right === '') return left;
  return `${padEnd(left, Math.max(column, displayWidth(left) + 3))}${right}`;
}

/** Pads to a width in cells of the terminal. */
export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - displayWidth(text))) + text;
}

/**
 * Rows of cells as aligned lines, three spaces between the columns.
 * @param right Which columns are aligned to the right (numbers).
 */
export function aligned(rows: readonly (readonly string[])[], right: ReadonlySet<number> = new Set()): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, displayWidth(cell));
    });
  }
  return rows.map((row) =>
    row
      .map((cell, index) => (right.has(index) ? padStart(cell, widths[index] ?? 0) : padEnd(cell, widths[index] ?? 0)))
      .join('   ')
      .trimEnd(),
  );
}

/** `1 row`, `2 rows`, `1,000 rows`. */
export function counted(count: number, one: string, many: string = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

/** Digits in groups of three: `12,000`. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** The first 7 characters of an id, as people read ids everywhere. */
export function short(id: string): string {
  return id.slice(0, 7);
}

/** A key id as people read it: `ed25519:9fQx…`. */
export function shortKey(id: string): string {
  return `${id.slice(0, 'ed25519:'.length + 4)}…`;
}

/** A time in ms since 1970 as `2026-11-20 10:00:00`, in UTC. */
export function utc(time_ms: number): string {
  return new Date(time_ms).toISOString().slice(0, 19).replace('T', ' ');
}
