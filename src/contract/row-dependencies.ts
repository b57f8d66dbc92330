/**
 * Which columns of joined rows follow from which, and of which sources one row at most is left once some are given: keys, and
 * what conditions set equal (functional dependencies). Knows numbers of sources and names of columns, no syntax.
 */
import type { RowSource } from './row-source.ts';

/** A column: the number of its source, a dot, its name. */
export type ColumnId = string;

/** Which sources a condition is about. */
export interface Reach {
  /** Sources that must be told apart first: an outer join says nothing of rows by itself. */
  readonly needs: readonly number[];
  /** Sources of which it says something; undefined: all. */
  readonly targets: readonly number[] | undefined;
}

interface Implication {
  /** See `Reach`. */
  readonly needs: readonly number[];
  readonly from: readonly ColumnId[];
  readonly to: ColumnId;
}

/** What follows from values that are given. */
export interface Closure {
  /** Columns that are given or follow, each with whether it is surely not NULL. */
  readonly columns: ReadonlyMap<ColumnId, boolean>;
  /** Sources of which one row at most is left. */
  readonly done: ReadonlySet<number>;
}

/** Sources that are looked at in one query: who joins more gets no order that is proved. */
export const mostSources = 64;
const nothingTold: Closure = { columns: new Map(), done: new Set() };

export class RowDependencies {
  readonly #sources: RowSource[] = [];
  readonly #implications: Implication[] = [];
  /** What holds for every row, as texts. */
  readonly #facts = new Set<string>();

  /** @returns the source's number; they count from 0 */
  addSource(source: RowSource): number {
    return this.#sources.push(source) - 1;
  }

  /** Adds a condition that holds for every row, as `conditionsIn` writes it. */
  addFact(fact: string): void {
    this.#facts.add(fact);
  }

  /** Two rows that agree on `from` agree on `to`, which is not NULL. */
  imply(from: readonly ColumnId[], to: ColumnId, { needs, targets }: Reach): void {
    if (targets === undefined || targets.includes(sourceOf(to))) this.#implications.push({ needs, from, to });
  }

  /** What follows from columns, and from one row each of the first sources. */
  closureOf(given: readonly ColumnId[], firstSources: number): Closure {
    if (this.#sources.length > mostSources) return nothingTold;
    const columns = new Map<ColumnId, boolean>(given.map((id) => [id, !this.#isNullable(id)]));
    const done = new Set<number>();
    const finish = (at: number): void => {
      done.add(at);
      const source = this.#sources[at];
      for (const name of source?.columns ?? []) {
        const id = `${at}.${name}`;
        columns.set(id, columns.get(id) === true || source?.nullable.has(name) === false);
      }
    };
    for (let at = 0; at < firstSources; at += 1) finish(at);
    for (let isNew = true; isNew; ) {
      isNew = false;
      for (const { needs, from, to } of this.#implications) {
        if (columns.get(to) === true || !needs.every((at) => done.has(at)) || !from.every((id) => columns.has(id)))
          continue;
        columns.set(to, true);
        isNew = true;
      }
      for (const [at, source] of this.#sources.entries()) {
        if (done.has(at) || !this.#isTold(source, at, columns)) continue;
        finish(at);
        isNew = true;
      }
    }
    return { columns, done };
  }

  /** Whether equal values of a column may look different. */
  isInexact(id: ColumnId): boolean {
    return this.#sources[sourceOf(id)]?.inexact.has(nameOf(id)) === true;
  }

  #isNullable(id: ColumnId): boolean {
    return this.#sources[sourceOf(id)]?.nullable.has(nameOf(id)) === true;
  }

  /** Whether the columns that are told name one row of the source; rows that agree on everything are as one. */
  #isTold(source: RowSource, at: number, columns: ReadonlyMap<ColumnId, boolean>): boolean {
    const partial = source.partialKeys.filter((key) => key.conditions.every((condition) => this.#facts.has(condition)));
    const byKey = [...source.keys, ...partial.map((key) => key.columns)].some((key) =>
      key.every((name) => columns.get(`${at}.${name}`) === true),
    );
    return byKey || source.columns?.every((name) => columns.has(`${at}.${name}`) && !source.inexact.has(name)) === true;
  }
}

/** The number of a column's source. */
export function sourceOf(id: ColumnId): number {
  return Number(id.slice(0, id.indexOf('.')));
}

/** A column's own name. */
export function nameOf(id: ColumnId): string {
  return id.slice(id.indexOf('.') + 1);
}
