/**
 * A conflict as a value: a row that agreed and rows merges cannot settle by themselves. Whoever decides, the contract or a
 * person, and whoever draws it, works on this (docs/merging.md). Other kinds (files) may come: keep switches open.
 */
import type { RowReference } from '../ledger/receipt.ts';

/** The three rows that a merge knows of one key; also what a person can take as it is. */
export type ConflictSide = 'base' | 'ours' | 'theirs';

/** The lines of the three rows, their LF included; null: there is no such row on that side. */
type Lines = Readonly<Record<ConflictSide, string | null>>;

interface ConflictingRow extends Lines {
  /** `contract.table` */
  readonly table: string;
  /** The row's name (docs/format.md, *Rows*). */
  readonly name: string;
  /** The texts of the key columns, in the key's order. */
  readonly key: readonly string[];
}

/** Changed on both sides, differently. */
export interface RowConflict extends ConflictingRow {
  readonly kind: 'row';
  /** Why the contract's resolver left it to people; absent where there was none to ask. */
  readonly left?: string;
}

/** A UNIQUE or FOREIGN KEY that fails once, between rows of the two sides: one value, which all its conflicts share. */
export interface FailedConstraint {
  readonly constraint: string;
  /** How many rows it fails between. */
  readonly count: number;
  /** The first of them, in table and name order: at most `namedRows`, with what is lacking before all others. */
  readonly rows: readonly RowReference[];
}

/** Rows that a failed constraint names: thousands may name one row that the other side deleted. */
export const namedRows = 20;

/** One of the rows that cannot stand together. */
export interface ConstraintConflict extends ConflictingRow {
  readonly kind: 'constraint';
  readonly failed: FailedConstraint;
}

export type Conflict = RowConflict | ConstraintConflict;

/** What names a conflict within its merge. */
export type ConflictId = string & { readonly __conflictId: true };

export const conflictId = ({ table, name }: Pick<Conflict, 'table' | 'name'>): ConflictId =>
  `${table} ${name}` as ConflictId;
