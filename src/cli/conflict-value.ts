/** Conflicts as `--json` gives them: rows as objects of texts and nulls, each failed constraint once. */
import { decodeRow } from '../state/row.ts';
import type { Conflict } from './face.ts';

type Failed = Extract<Conflict, { kind: 'constraint' }>['failed'];

export class ConflictValues {
  readonly #numbers = new Map<Failed, number>();

  /** A conflict; `failed` is the place of its constraint among `failed`. */
  of(conflict: Conflict): object {
    const { base, ours, theirs, name: _, ...rest } = conflict;
    const row = (line: string | null) => (line === null ? null : decodeRow(line));
    const sides = { base: row(base), ours: row(ours), theirs: row(theirs) };
    if (rest.kind === 'row') return { ...rest, ...sides };
    const { failed } = rest;
    const number = this.#numbers.get(failed) ?? this.#numbers.size;
    this.#numbers.set(failed, number);
    return { ...rest, ...sides, constraint: failed.constraint, failed: number };
  }

  /** The failed constraints of the conflicts so far. */
  get failed(): Failed[] {
    return [...this.#numbers.keys()];
  }
}
