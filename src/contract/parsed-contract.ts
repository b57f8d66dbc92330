/**
 * A contract's source as the gate understands it: what it defines, in source order, and the statements that make it. A
 * value; it says nothing of any engine.
 */
import type { TableSchema } from '../state/schema.ts';

/** A parameter: `type` as in `numeric(15,2)`, in PostgreSQL's base names, or the name of an enum or domain of the contract. */
export interface Argument {
  readonly name: string;
  readonly type: string;
}

/** A function; private when its name begins with `_`. */
export interface FunctionSignature {
  readonly name: string;
  readonly arguments: readonly Argument[];
  /** Like an argument's type, or `void`. */
  readonly returns: string;
}

/** An enum type: its labels, in order. */
export interface EnumType {
  readonly name: string;
  readonly labels: readonly string[];
}

/** A domain: the type it rests on, as in `Argument`. */
export interface DomainType {
  readonly name: string;
  readonly type: string;
}

/** A table under its name inside the contract. */
export interface ContractTable {
  readonly name: string;
  readonly schema: TableSchema;
}

/** `alter`, `drop` and `rows` (a change of rows) stand in migrations only. */
export type StatementKind =
  | 'table'
  | 'index'
  | 'view'
  | 'enum'
  | 'domain'
  | 'function'
  | 'comment'
  | 'alter'
  | 'drop'
  | 'rows';

/** One statement, ready to run: `LANGUAGE plpgsql` is spliced in where the source has none. */
export interface ContractStatement {
  readonly kind: StatementKind;
  readonly name: string;
  readonly text: string;
  /** Of a function that may call itself: the body that runs, which counts how deep it is (recursion.ts). */
  readonly counted?: string;
  /** Where it begins in the source. */
  readonly line: number;
}

export interface ParsedContract {
  readonly tables: readonly ContractTable[];
  readonly functions: readonly FunctionSignature[];
  readonly types: readonly EnumType[];
  readonly domains: readonly DomainType[];
  readonly views: readonly string[];
  readonly statements: readonly ContractStatement[];
}

/** A migration: statements that run on the tables of the contract in force. */
export interface ParsedMigration {
  readonly statements: readonly ContractStatement[];
}

/** Whether the world may call it. */
export function isPublic(signature: FunctionSignature): boolean {
  return !signature.name.startsWith('_');
}
