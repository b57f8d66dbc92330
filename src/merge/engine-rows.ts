/**
 * The rows of the engine while a merge is worked out in a block: sets many at once, with every constraint, and knows what
 * stands there beside the state that the block began with.
 */
import type { Engine, RowWrite } from '../contract/engine.ts';
import type { RowViolation } from '../contract/row-violation.ts';
import type { State } from '../state/state.ts';
import { type ConflictId, conflictId } from './conflict.ts';

/** A row and the line it is to have; null: none. */
export interface RowLine {
  readonly table: string;
  readonly name: string;
  readonly line: string | null;
}

/** A row whose line at the beginning of the block is known. */
export interface PlannedLine extends RowLine {
  readonly first: string | null;
}

export class EngineRows {
  readonly #engine: Engine;
  readonly #start: State;
  readonly #rows = new Map<ConflictId, PlannedLine>();

  /** @param start the state on which the block of the engine began */
  constructor(engine: Engine, start: State) {
    this.#engine = engine;
    this.#start = start;
  }

  /** Sets rows, all or none; the rest stays. @returns what keeps them from being set */
  async set(rows: Iterable<RowLine | PlannedLine>): Promise<readonly RowViolation[]> {
    const next: PlannedLine[] = [];
    const changes: RowWrite[] = [];
    for (const row of rows) {
      const { table, name, line } = row;
      const known = this.#rows.get(conflictId(row));
      const first = known === undefined ? this.#firstOf(row) : known.first;
      const before = known === undefined ? first : known.line;
      if (before === line) continue;
      changes.push({ table, name, before, after: line });
      next.push({ table, name, line, first });
    }
    if (changes.length === 0) return [];
    const outcome = await this.#engine.changeRows(changes);
    if (outcome.status === 'refused') return outcome.violations;
    for (const row of next) this.#rows.set(conflictId(row), row);
    return [];
  }

  #firstOf(row: RowLine | PlannedLine): string | null {
    return 'first' in row ? row.first : (this.#start.readRow(row.table, row.name) ?? null);
  }

  /** The rows that are not as the block began with them. */
  changed(): RowLine[] {
    return [...this.#rows.values()].filter(({ first, line }) => first !== line);
  }
}
