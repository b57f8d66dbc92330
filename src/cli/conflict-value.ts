/** A conflict as `--json` gives it: rows as objects of texts and nulls. */
import { decodeRow } from '../state/row.ts';
import type { Conflict } from './face.ts';

export function conflictValue(conflict: Conflict) {
  const { base, ours, theirs, name: _, ...rest } = conflict;
  const row = (line: string | null) => (line === null ? null : decodeRow(line));
  return { ...rest, base: row(base), ours: row(ours), theirs: row(theirs) };
}
