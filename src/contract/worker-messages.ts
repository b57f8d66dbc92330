/**
 * What the engine and its worker say to each other: one request at a time, one answer each, under the request's number.
 */
import type { AnswerOutcome, CallFailure, CallOutcome, EngineCall, EngineQuestion, Exhausted } from './call-outcome.ts';
import type { EngineCode } from './engine-wasm.ts';
import type { RowMove } from './materialiser.ts';
import type { Migration } from './migrate-rows.ts';
import type { RowWrite } from './net-changes.ts';
import type { ParsedContract } from './parsed-contract.ts';
import type { Perturbation } from './perturbation.ts';
import type { RowPiece } from './row-pieces.ts';
import type { GivenRow, RowFit, RowViolation } from './row-violation.ts';

/** What came of installing a contract that an author deploys: `line` is that of the statement that failed. */
export type InstallOutcome =
  | { readonly status: 'ok' }
  | {
      readonly failure: CallFailure;
      readonly line: number;
      /** The statement stands in the migration, not in the contract. */
      readonly inMigration: boolean;
      readonly status: 'failed';
    };

export interface QueryAnswer {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly (string | null)[])[];
  /** There were more rows than asked for. */
  readonly more: boolean;
}

/** An engine in memory that is not the one that blocks are made with. */
export interface EngineVariant {
  readonly perturbation?: Perturbation;
  /** It has what tests of contracts may use beside what contracts may (testing-sql.ts). */
  readonly testing?: boolean;
}

/** A contract to install: the tables whose rows it keeps as they are, or the migration of all of them. */
export interface InstallRequest {
  readonly name: string;
  readonly contract: ParsedContract;
  readonly kept: readonly string[];
  readonly migration?: Migration;
}

/** Requests and what answers them. */
export interface WorkerCalls {
  open: {
    request: { directory?: string; archive?: Uint8Array<ArrayBuffer>; code?: EngineCode } & EngineVariant;
    answer: { position: string | null; contracts: readonly [string, ParsedContract][] };
  };
  /** Moving: between `moveBegin` and `moveEnd` or `moveFailed`. */
  moveBegin: { request: object; answer: null };
  install: { request: InstallRequest; answer: null };
  drop: { request: { name: string }; answer: null };
  load: { request: { table: string; lines: readonly string[] }; answer: null };
  empty: { request: { table: string }; answer: null };
  count: { request: { table: string }; answer: number };
  change: { request: { table: string; moves: readonly RowMove[] }; answer: null };
  moveEnd: { request: { position: string | null }; answer: null };
  /** A block: between `begin` and `finish` or `abandon`. */
  begin: { request: { height: number; time_ms: number }; answer: null };
  run: { request: { calls: readonly EngineCall[] }; answer: readonly CallOutcome[] };
  undo: { request: object; answer: null };
  deploy: { request: InstallRequest; answer: InstallOutcome };
  /** Rows of a table after the migration that `deploy` ran, from the given one on; fewer than asked for at the end. */
  migratedRows: { request: { table: string; from: number; count: number }; answer: RowPiece };
  /** Gives what stands in the way; then nothing has changed. */
  changeRows: { request: { changes: readonly RowWrite[] }; answer: readonly RowViolation[] };
  fitRows: { request: { rows: readonly GivenRow[] }; answer: readonly RowFit[] };
  answer: { request: { questions: readonly EngineQuestion[] }; answer: readonly AnswerOutcome[] };
  importBegin: { request: { table: string }; answer: null };
  importPiece: { request: { lines: readonly string[] }; answer: null };
  importEnd: { request: object; answer: CallFailure | null };
  importFailed: { request: object; answer: null };
  finish: { request: { position: string }; answer: null };
  /** Says whether everything since `begin` was taken back; false: part of it is committed. */
  abandon: { request: object; answer: boolean };
  normaliseBegin: { request: { table: string; time_ms: number }; answer: null };
  normalisePiece: {
    request: { columns: readonly string[]; rows: readonly (readonly (string | null)[])[]; offset: number };
    answer: RowPiece;
  };
  normaliseEnd: { request: object; answer: null };
  /** `moved`: after `moveBegin` and moves, all of which are taken back with it. */
  query: { request: { sql: string; maxRows: number; time_ms: number; moved: boolean }; answer: QueryAnswer };
  maintain: { request: object; answer: null };
  close: { request: object; answer: null };
}

export type WorkerOperation = keyof WorkerCalls;

export type WorkerRequest = {
  [Name in WorkerOperation]: { readonly id: number; readonly operation: Name } & WorkerCalls[Name]['request'];
}[WorkerOperation];

/** An error as it crosses: `broken` means that the worker must be thrown away. */
export type WorkerFault =
  | {
      readonly kind: 'aergo';
      readonly code: string;
      readonly message: string;
      readonly hint: string | undefined;
      readonly details: Record<string, unknown>;
    }
  | { readonly kind: 'sql'; readonly sqlstate: string; readonly message: string; readonly position: number | undefined }
  | { readonly kind: 'broken'; readonly message: string; readonly exhausted: Exhausted | undefined };

export type WorkerAnswer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly fault: WorkerFault };
