/**
 * What stands in the way of rows that are set from outside a contract: values, as both sides of the worker pass them. The
 * same rows give the same ones on every machine.
 */
import type { ConstraintKind } from './call-outcome.ts';

/** `columns`: not the table's. `type`: a value that its column cannot have. `key`: no repository can hold it. `limit`: too large. */
export type RowFaultKind = 'columns' | 'type' | 'key' | 'not-null' | 'check' | 'limit';

/** Why a row by itself cannot stand in its table. */
export interface RowFault {
  readonly kind: RowFaultKind;
  /** The constraint that fails, or the column; absent where it is neither. */
  readonly constraint?: string;
  /** For people; never to stand in a block: PostgreSQL's own words are among it. */
  readonly message: string;
}

/** A row that fits, as PostgreSQL writes it, generated columns included; or why it does not. */
export type RowFit =
  | { readonly name: string; readonly line: string; readonly fault?: never }
  | { readonly fault: RowFault };

/** A row to be fitted: its columns' texts; generated ones may be among them, and are computed. */
export interface GivenRow {
  /** `bank.accounts` */
  readonly table: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** A constraint that fails, with all rows that it fails between. */
export interface RowViolation {
  readonly kind: ConstraintKind | RowFaultKind;
  /** The table whose constraint it is: for a foreign key the one that has it. */
  readonly table: string;
  /** As PostgreSQL names it; the column for `not-null` and `type`; empty where it is neither. */
  readonly constraint: string;
  /**
   * Table and row name, sorted. UNIQUE: every row of the group. FOREIGN KEY: every row that names what is not there, and the
   * row that was there before these changes.
   */
  readonly rows: readonly (readonly [table: string, name: string])[];
  /** Of a foreign key: what is named and is not there. */
  readonly missing?: {
    readonly table: string;
    readonly columns: readonly string[];
    readonly values: readonly (string | null)[];
  };
}
