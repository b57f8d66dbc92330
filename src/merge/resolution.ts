/**
 * People settling conflicts, as a model that whoever draws it or scripts it works on: the conflicts in order, what is
 * chosen for each, steps that can be taken back, and the way to the next one. Linear in the conflicts; knows no terminal.
 */
import { AergoError } from '../errors.ts';
import { type Conflict, type ConflictId, conflictId } from './conflict.ts';
import { type Choice, editOf, type Take, takeOf } from './resolution-choice.ts';
import type { ConflictTable } from './resolution-columns.ts';

/** A conflict whose choice changed; an absent choice was taken back. */
export interface ChangedChoice {
  readonly conflict: Conflict;
  readonly choice?: Choice;
}

/** What one step did: the choices to write down, and where it left off. */
export interface Step {
  readonly changes: readonly ChangedChoice[];
  /** Conflicts for which the take means nothing, left as they were. */
  readonly skipped: number;
}

type Earlier = readonly { readonly index: number; readonly choice: Choice | undefined }[];

export class Resolution<C extends Conflict = Conflict> {
  readonly conflicts: readonly C[];
  readonly #tables: ReadonlyMap<string, ConflictTable>;
  readonly #choices: (Choice | undefined)[];
  readonly #indexes = new Map<ConflictId, number>();
  readonly #history: Earlier[] = [];
  #resolved = 0;

  /** @param choices what was chosen before, by conflict */
  constructor(
    tables: Iterable<ConflictTable>,
    conflicts: readonly C[],
    choices: ReadonlyMap<ConflictId, Choice> = new Map(),
  ) {
    this.conflicts = conflicts;
    this.#tables = new Map([...tables].map((table) => [table.table, table]));
    this.#choices = conflicts.map((conflict) => choices.get(conflictId(conflict)));
    for (const [index, conflict] of conflicts.entries()) this.#indexes.set(conflictId(conflict), index);
    this.#resolved = this.#choices.filter((choice) => choice !== undefined).length;
  }

  get total(): number {
    return this.conflicts.length;
  }

  get resolved(): number {
    return this.#resolved;
  }

  conflict(index: number): C {
    const conflict = this.conflicts[index];
    if (conflict === undefined) throw new RangeError(`there is no conflict ${index} of ${this.total}`);
    return conflict;
  }

  choice(index: number): Choice | undefined {
    return this.#choices[index];
  }

  table(index: number): ConflictTable {
    const { table } = this.conflict(index);
    const found = this.#tables.get(table);
    if (found === undefined) throw new AergoError('AERGO_INTERNAL', `the columns of ${table} are not at hand`);
    return found;
  }

  /** Where a conflict stands; undefined when it is none of these. */
  indexOf(id: ConflictId): number | undefined {
    return this.#indexes.get(id);
  }

  /** The conflicts of a table, in order. */
  indexesOf(table: string): number[] {
    return this.#where((conflict) => conflict.table === table);
  }

  /** Those whose table or key has the text, whatever its case; all for an empty text. */
  matching(text: string): number[] {
    const wanted = text.toLowerCase();
    return this.#where(({ table, key }) => `${table} ${key.join(' ')}`.toLowerCase().includes(wanted));
  }

  #where(holds: (conflict: C) => boolean): number[] {
    return this.conflicts.flatMap((conflict, index) => (holds(conflict) ? [index] : []));
  }

  /** Those without a choice, in order. */
  unresolved(): C[] {
    return this.conflicts.filter((_, index) => this.#choices[index] === undefined);
  }

  /**
   * The nearest conflict without a choice among some, from a place in their list on, round the end.
   * @param among indexes of conflicts @param place the place in `among` to start beside
   * @returns a place in `among`; undefined when all of them are resolved
   */
  nearestUnresolved(among: readonly number[], place: number, direction: 1 | -1): number | undefined {
    for (let step = 1; step <= among.length; step += 1) {
      const at = (place + direction * step + among.length * step) % among.length;
      if (this.#choices[among[at] ?? -1] === undefined) return at;
    }
    return undefined;
  }

  /** Takes one side, or both changes, of each of the conflicts. */
  take(indexes: readonly number[], take: Take): Step {
    const chosen = indexes.map((index) => ({ index, choice: takeOf(this.table(index), this.conflict(index), take) }));
    const meant = chosen.filter(({ choice }) => choice !== undefined);
    return this.#step(meant, chosen.length - meant.length);
  }

  /** Gives columns of a row by hand. Throws as `editOf`. */
  edit(index: number, values: ReadonlyMap<string, string | null>): Step {
    const choice = editOf(this.table(index), this.conflict(index), this.#choices[index], values);
    return this.#step([{ index, choice }], 0);
  }

  /** Chooses that there is no row. */
  remove(indexes: readonly number[]): Step {
    return this.#step(
      indexes.map((index) => ({ index, choice: { way: 'delete', row: null } })),
      0,
    );
  }

  /** Takes choices back. */
  clear(indexes: readonly number[]): Step {
    const chosen = indexes.filter((index) => this.#choices[index] !== undefined);
    return this.#step(
      chosen.map((index) => ({ index, choice: undefined })),
      0,
    );
  }

  /** Undoes the last step of this model; undefined when there is none. */
  undo(): (Step & { readonly first: number }) | undefined {
    const earlier = this.#history.pop();
    const first = earlier?.[0]?.index;
    if (earlier === undefined || first === undefined) return undefined;
    return { changes: this.#set(earlier), skipped: 0, first };
  }

  #step(chosen: Earlier, skipped: number): Step {
    if (chosen.length > 0) {
      this.#history.push(chosen.map(({ index }) => ({ index, choice: this.#choices[index] })));
    }
    return { changes: this.#set(chosen), skipped };
  }

  #set(chosen: Earlier): ChangedChoice[] {
    return chosen.map(({ index, choice }) => {
      this.#resolved += Number(choice !== undefined) - Number(this.#choices[index] !== undefined);
      this.#choices[index] = choice;
      return { conflict: this.conflict(index), ...(choice === undefined ? {} : { choice }) };
    });
  }
}
