/**
 * Rows that the engine's worker gives in pieces, put together and brought into name order, which is a table's own.
 */
import type { Row } from '../state/row.ts';

/** Names, and lines with LF. */
export interface RowPiece {
  readonly names: readonly string[];
  readonly lines: readonly string[];
}

/** Adds a piece's rows behind those that are there. */
export function addPiece(rows: Row[], { names, lines }: RowPiece): void {
  for (const [at, name] of names.entries()) rows.push({ name, line: lines[at] ?? '' });
}

/** Sorts rows in place. */
export function inNameOrder(rows: Row[]): Row[] {
  return rows.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
