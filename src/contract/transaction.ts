/**
 * The SQL transactions of one block, in the engine's worker: at most so many calls each, a savepoint before every run so
 * that the last one can be taken back, and the state's id written together with its rows.
 */
import { AergoError } from '../errors.ts';
import { answerAll } from './answers.ts';
import { runBatch } from './batch.ts';
import {
  type AnswerOutcome,
  type CallFailure,
  type CallOutcome,
  type EngineCall,
  type EngineQuestion,
  exhaustedBy,
  failureOf,
} from './call-outcome.ts';
import { type Materialiser, StatementFailure } from './materialiser.ts';
import { readRows } from './migrate-rows.ts';
import type { RowWrite } from './net-changes.ts';
import { changeRows } from './row-changes.ts';
import { fitAll } from './row-fit.ts';
import type { RowPiece } from './row-pieces.ts';
import type { GivenRow, RowFit, RowViolation } from './row-violation.ts';
import { EngineBroken, SqlFailure } from './session.ts';
import { engineLimits } from './settings.ts';
import { insertStage, openStage, stagePiece } from './staging.ts';
import type { InstallOutcome, InstallRequest } from './worker-messages.ts';

export class BlockTransaction {
  readonly #materialiser: Materialiser;
  readonly #height: number;
  /** Calls since the SQL transaction began. */
  #calls = 0;
  /** An earlier SQL transaction of this block is committed. */
  #committed = false;
  #savepoint = false;
  /** What the last deployment migrated, until it is asked for. */
  #migrated = new Map<string, RowPiece>();
  /** Since the savepoint a contract was installed. */
  #deployed = false;
  #import: { table: string; rows: number } | undefined;

  constructor(materialiser: Materialiser, height: number) {
    this.#materialiser = materialiser;
    this.#height = height;
    this.#begin();
  }

  run(calls: readonly EngineCall[]): CallOutcome[] {
    if (this.#calls > 0 && this.#calls + calls.length > engineLimits.callsPerTransaction) {
      // Until `finish` the rows are of no state: whoever opens the engine after a crash must not trust them.
      this.#release();
      this.#materialiser.setPosition(null);
      this.#execute('COMMIT');
      this.#committed = true;
      this.#begin();
    }
    this.#save();
    const outcomes = runBatch(this.#materialiser, calls, this.#calls);
    this.#calls += calls.length;
    return outcomes;
  }

  /** Takes back what the last `run` or `deploy` did. */
  undo(): void {
    this.#execute('ROLLBACK TO SAVEPOINT run');
    if (this.#deployed) this.#materialiser.reload();
    this.#deployed = false;
  }

  deploy({ name, contract, kept, migration }: InstallRequest): InstallOutcome {
    this.#save();
    this.#deployed = true;
    try {
      this.#materialiser.install(name, contract, kept, migration);
      this.#migrated = new Map(
        migration === undefined
          ? []
          : contract.tables.map((table) => [table.name, readRows(this.#materialiser.session, name, table)]),
      );
      return { status: 'ok' };
    } catch (error) {
      const statement = error instanceof StatementFailure ? error.statement : undefined;
      const cause = error instanceof StatementFailure ? error.cause : error;
      if (!(cause instanceof SqlFailure || cause instanceof AergoError)) throw cause;
      this.undo();
      if (cause instanceof AergoError) throw cause;
      const exhausted = exhaustedBy(cause.server.sqlstate);
      if (exhausted !== undefined) throw new EngineBroken(cause.server.message, exhausted);
      const failure = failureOf(cause.server.sqlstate, cause.server.message, false);
      const inMigration = statement !== undefined && migration?.statements.includes(statement) === true;
      return { status: 'failed', failure, line: statement?.line ?? 1, inMigration };
    }
  }

  migratedRows(table: string, from: number, count: number): RowPiece {
    const { names, lines } = this.#migrated.get(table) ?? { names: [], lines: [] };
    if (from + count >= names.length) this.#migrated.delete(table);
    return { names: names.slice(from, from + count), lines: lines.slice(from, from + count) };
  }

  /** Sets rows, all or none: then what stands in the way. */
  changeRows(changes: readonly RowWrite[]): readonly RowViolation[] {
    this.#save();
    try {
      const violations = changeRows(this.#materialiser, changes);
      if (violations.length > 0) this.undo();
      return violations;
    } catch (error) {
      if (error instanceof AergoError) this.undo();
      throw error;
    }
  }

  /** Judges rows of any tables, in their order. */
  fitRows(rows: readonly GivenRow[]): readonly RowFit[] {
    return this.#aside(() => fitAll(this.#materialiser, rows));
  }

  /** Asks functions, which may read. */
  answer(questions: readonly EngineQuestion[]): readonly AnswerOutcome[] {
    return this.#aside(() => answerAll(this.#materialiser, questions));
  }

  importBegin(table: string): void {
    this.#save();
    openStage(this.#materialiser, table);
    this.#import = { table, rows: 0 };
  }

  importPiece(lines: readonly string[]): void {
    const current = this.#importing();
    stagePiece(this.#materialiser, current.table, lines, current.rows);
    current.rows += lines.length;
  }

  /** All rows are in, or none: then why. */
  importEnd(): CallFailure | null {
    const failure = insertStage(this.#materialiser, this.#importing().table);
    if (failure === undefined) return null;
    this.importFailed();
    return failure;
  }

  importFailed(): void {
    this.undo();
    this.#import = undefined;
  }

  finish(position: string): void {
    this.#materialiser.setPosition(position);
    this.#execute('COMMIT');
  }

  /** Takes back what is not committed. Gives whether that is everything. */
  abandon(): boolean {
    this.#execute('ROLLBACK');
    this.#materialiser.reload();
    return !this.#committed;
  }

  #begin(): void {
    this.#execute('BEGIN');
    this.#materialiser.session.query("SELECT set_config('aergo.height', $1, true)", [String(this.#height)]);
    this.#calls = 0;
    this.#savepoint = false;
  }

  #save(): void {
    this.#release();
    this.#execute('SAVEPOINT run');
    this.#savepoint = true;
    this.#deployed = false;
  }

  #release(): void {
    if (this.#savepoint) this.#execute('RELEASE SAVEPOINT run');
    this.#savepoint = false;
  }

  /** Does something of which nothing stays. */
  #aside<Result>(look: () => Result): Result {
    this.#execute('SAVEPOINT aside');
    try {
      return look();
    } finally {
      this.#execute('ROLLBACK TO SAVEPOINT aside; RELEASE SAVEPOINT aside');
    }
  }

  #importing(): { table: string; rows: number } {
    if (this.#import === undefined) throw new AergoError('AERGO_INTERNAL', 'there is no import under way');
    return this.#import;
  }

  #execute(sql: string): void {
    this.#materialiser.session.execute(sql);
  }
}
