/**
 * AERGOSQL for the layers above: contracts run, in a PostgreSQL that lives in a worker thread, on the rows of one state at a
 * time. The engine is a cache and heals itself: killed, broken or out of time, it is made anew from the state's pages, and
 * what the block under way had done is done again.
 */
import { AergoError } from '../errors.ts';
import type { Oid } from '../object/oid.ts';
import type { ObjectSource } from '../object/source.ts';
import type { Row } from '../state/row.ts';
import { canTakeBack, takeBack } from './block-steps.ts';
import type { AnswerOutcome, CallOutcome, EngineCall, EngineQuestion } from './call-outcome.ts';
import { answerQuestions, fitGivenRows } from './engine-answers.ts';
import { type ChangeOutcome, setRows } from './engine-changes.ts';
import { type DeployMigration, type DeployOutcome, deployContract, forgetDeployment } from './engine-deploy.ts';
import { engineFiles } from './engine-description.ts';
import { type Block, EngineHost } from './engine-host.ts';
import { type ImportOutcome, insertRows, normaliseRows } from './engine-import.ts';
import { EnginePlace } from './engine-place.ts';
import { type Query, runQuery, runQueryAt } from './engine-query.ts';
import { runCalls } from './engine-run.ts';
import type { RowWrite } from './net-changes.ts';
import type { ParsedContract } from './parsed-contract.ts';
import { checkQuery } from './query-gate.ts';
import type { GivenRow, RowFit } from './row-violation.ts';
import type { EngineVariant, QueryAnswer } from './worker-messages.ts';

export type {
  AnswerOutcome,
  CallDeadline,
  CallFailure,
  CallOutcome,
  ConstraintKind,
  EngineCall,
  EngineQuestion,
} from './call-outcome.ts';
export type { ChangeOutcome } from './engine-changes.ts';
export type { DeployMigration, DeployOutcome } from './engine-deploy.ts';
export type { ImportOutcome } from './engine-import.ts';
export type { RowWrite } from './net-changes.ts';
export type { GivenRow, RowFault, RowFaultKind, RowFit, RowViolation } from './row-violation.ts';
export type { QueryAnswer } from './worker-messages.ts';

/** With what makes it another engine (`EngineVariant`), which is for engines in memory only. */
export interface EngineOptions extends EngineVariant {
  /** `.aergo/cache`; absent: in memory. */
  readonly directory?: string;
  /** The prepared data directory, a tar; absent: this build's. */
  readonly archive?: string;
  /** How long to wait for another process that uses the directory, in milliseconds; 10,000 where absent. */
  readonly lockTimeout_ms?: number;
  /** Time of one call, in milliseconds; 2,000 where absent. */
  readonly deadline_ms?: number;
  /** Processor time of one deployment, its migration included, in milliseconds; 60,000 where absent. */
  readonly deployDeadline_ms?: number;
  /** Processor time of one query, in milliseconds; 30,000 where absent. */
  readonly queryDeadline_ms?: number;
}

export interface QueryOptions {
  /** Rows given at most; 10,000 where absent. */
  readonly maxRows?: number;
  /** What the clock says meanwhile; the last block's time where absent. */
  readonly time_ms?: number;
}

export class Engine {
  readonly #host: EngineHost;
  readonly #deadline_ms: number;
  readonly #deployDeadline_ms: number;
  readonly #queryDeadline_ms: number;
  #time_ms = 0;

  private constructor(host: EngineHost, options: EngineOptions) {
    const { deadline_ms = 2_000, deployDeadline_ms = 60_000, queryDeadline_ms = 30_000 } = options;
    this.#host = host;
    this.#deployDeadline_ms = deployDeadline_ms;
    this.#deadline_ms = deadline_ms;
    this.#queryDeadline_ms = queryDeadline_ms;
  }

  /** @throws AergoError AERGO_ENGINE_LOCKED, AERGO_ENGINE_MISSING, AERGO_ENGINE_FAILED */
  static async open(options: EngineOptions = {}): Promise<Engine> {
    const archive = options.archive ?? engineFiles().archive;
    const place = await EnginePlace.take(options.directory, archive, options.lockTimeout_ms ?? 10_000);
    const { perturbation, testing } = options;
    const variant = { ...(perturbation && { perturbation }), ...(testing === true && { testing }) };
    const engine = new Engine(new EngineHost(place, variant), options);
    try {
      await engine.#host.ready();
    } catch (error) {
      await engine.close();
      throw error;
    }
    return engine;
  }

  /** The state whose rows the engine holds; null: of none, the next move makes them from the pages. */
  get position(): Oid | null {
    return this.#host.position;
  }

  /** The contracts that are installed. */
  get contracts(): ReadonlyMap<string, ParsedContract> {
    return this.#host.contracts;
  }

  /**
   * Brings the rows to a state. Call it before every block: it costs nothing where the engine stands there already, and the
   * source is what a lost engine is made anew from until the next move.
   */
  async moveTo(source: ObjectSource, state: Oid): Promise<void> {
    this.#outsideBlock('move');
    await this.#host.moveTo(source, state);
  }

  /** Begins a block: from here to `finish` or `abandon` the clock stands at its time. */
  async begin(block: { readonly height: number; readonly time_ms: number }): Promise<void> {
    this.#outsideBlock('begin');
    await this.#host.ready();
    const base = this.#host.position;
    if (base === null) throw new AergoError('AERGO_INTERNAL', 'the engine holds no state: move it first');
    await this.#host.request('begin', block);
    this.#time_ms = block.time_ms;
    this.#host.block = {
      ...block,
      base,
      steps: [],
      contracts: new Map(this.#host.contracts),
      last: { steps: 0, savepoint: false },
    };
  }

  /**
   * Runs calls in order, each on what the ones before it left; a call that fails changes nothing.
   * @throws AergoError AERGO_FUNCTION_UNKNOWN, and then none has run
   */
  async run(calls: readonly EngineCall[]): Promise<CallOutcome[]> {
    return runCalls(this.#host, this.#inBlock(), calls, this.#deadline_ms);
  }

  /** Takes back the last `run`, `deploy` or `changeRows` whole. */
  async undo(): Promise<void> {
    const block = this.#inBlock();
    const steps = block.steps.splice(block.steps.length - block.last.steps);
    const { savepoint } = block.last;
    block.last = { steps: 0, savepoint: false };
    for (const step of steps) if (step.kind === 'deploy') forgetDeployment(this.#host, block, step.name);
    if (!this.#host.usable) return;
    if (savepoint) await this.#host.request('undo', {});
    else if (canTakeBack(steps)) await takeBack(this.#host.request, steps);
    else await this.#host.lose();
  }

  /**
   * Deploys a contract inside a block. Over an existing one every table that is there stays as it is, unless a migration says
   * what becomes of its rows. The gate judges before, at submission: here sources are only read.
   * @throws AergoError AERGO_CONTRACT_REFUSED for a source that cannot be read, AERGO_CONTRACT_MIGRATION
   */
  async deploy(name: string, source: string, migrate?: DeployMigration): Promise<DeployOutcome> {
    return deployContract(this.#host, this.#inBlock(), { name, source, migrate }, this.#deployDeadline_ms);
  }

  /**
   * Rows as PostgreSQL writes them, defaults and generated columns filled, in name order; nothing of them is kept.
   * @param columns the columns that each row gives, in order
   * @param time_ms what the clock says meanwhile, for defaults
   * @throws AergoError AERGO_IMPORT_INVALID naming row and column; AERGO_TABLE_UNKNOWN
   */
  async normalise(
    table: string,
    columns: readonly string[],
    rows: Iterable<readonly (string | null)[]> | AsyncIterable<readonly (string | null)[]>,
    time_ms: number,
  ): Promise<Row[]> {
    this.#outsideBlock('normalise');
    return normaliseRows(this.#host, { table, columns, rows, time_ms });
  }

  /**
   * Inserts rows inside a block, all or none, with all constraints.
   * @param lines as `normalise` gives them
   * @throws AergoError AERGO_IMPORT_NOT_NORMAL for a line that PostgreSQL would write otherwise
   */
  async importRows(table: string, lines: readonly string[]): Promise<ImportOutcome> {
    return insertRows(this.#host, this.#inBlock(), table, lines);
  }

  /**
   * Sets rows inside a block, of any tables, all or none: no trigger and no cascade, and every constraint holds afterwards.
   * What replaces or deletes goes before what comes, so their order says nothing. The cost follows the changes; only rows that
   * name a removed one are looked for in the whole table where no index begins with a column of the foreign key.
   * @param changes `before` as the rows are now; lines as PostgreSQL writes them
   * @throws AergoError AERGO_IMPORT_NOT_NORMAL for a line that PostgreSQL would write otherwise, AERGO_TABLE_UNKNOWN
   */
  async changeRows(changes: readonly RowWrite[]): Promise<ChangeOutcome> {
    return setRows(this.#host, this.#inBlock(), changes);
  }

  /**
   * Judges rows inside a block, each by itself: its texts, CHECK and NOT NULL, not what is unique and what it names. Gives
   * each as PostgreSQL writes it, or why it cannot stand. Nothing of them is kept.
   * @throws AergoError AERGO_TABLE_UNKNOWN
   */
  async fitRows(rows: readonly GivenRow[]): Promise<RowFit[]> {
    this.#inBlock();
    return fitGivenRows(this.#host, rows);
  }

  /**
   * Asks functions inside a block, private ones too: they see its rows and its clock, and nothing of them stays. Who tries
   * to write fails (SQLSTATE 25006). `aergo.author()`, `aergo.tx_id()` and `aergo.caller()` are NULL.
   * @throws AergoError AERGO_FUNCTION_UNKNOWN
   */
  async answer(questions: readonly EngineQuestion[]): Promise<AnswerOutcome[]> {
    this.#inBlock();
    return answerQuestions(this.#host, questions, this.#deadline_ms);
  }

  /** Ends the block: its rows are now those of `state`. An engine that is lost here is made anew by the next move. */
  async finish(state: Oid): Promise<void> {
    const block = this.#inBlock();
    this.#host.block = undefined;
    if (!(await this.#host.keep(state))) return;
    for (const step of block.steps) {
      if (step.kind === 'rows') this.#host.churned += step.writes.length;
      if (step.kind === 'import') this.#host.churned += step.lines.length;
    }
    await this.#host.maintain();
  }

  /** Ends the block without a trace. */
  async abandon(): Promise<void> {
    const block = this.#inBlock();
    this.#host.block = undefined;
    this.#host.contracts = new Map(block.contracts);
    if (!this.#host.usable) return;
    const whole = await this.#host.request('abandon', {});
    if (whole) return;
    this.#host.position = null;
    if (!canTakeBack(block.steps)) return;
    await this.#host.request('moveBegin', {});
    await takeBack(this.#host.request, block.steps);
    await this.#host.request('moveEnd', { position: block.base });
    this.#host.position = block.base;
  }

  /**
   * Runs one reading statement on the rows that the engine holds; tables are named `contract.table`. Nothing of it stays.
   * @throws AergoError AERGO_QUERY_REFUSED, AERGO_QUERY_FAILED, AERGO_QUERY_DEADLINE
   */
  async query(sql: string, options: QueryOptions = {}): Promise<QueryAnswer> {
    this.#outsideBlock('query');
    return runQuery(this.#host, await this.#queryOf(sql, options));
  }

  /**
   * As `query`, on the rows of any state. The engine stays where it stands, unless it stands nowhere.
   * @throws AergoError as `query`
   */
  async queryAt(source: ObjectSource, state: Oid, sql: string, options: QueryOptions = {}): Promise<QueryAnswer> {
    this.#outsideBlock('query');
    return runQueryAt(this.#host, source, state, await this.#queryOf(sql, options));
  }

  async #queryOf(sql: string, { maxRows = 10_000, time_ms = this.#time_ms }: QueryOptions): Promise<Query> {
    await checkQuery(sql);
    return { sql, maxRows, time_ms, deadline_ms: this.#queryDeadline_ms };
  }

  /** Closes PostgreSQL and gives the lock back. */
  async close(): Promise<void> {
    await this.#host.close();
  }

  #inBlock(): Block {
    if (this.#host.block === undefined) throw new AergoError('AERGO_INTERNAL', 'no block has begun in the engine');
    return this.#host.block;
  }

  #outsideBlock(what: string): void {
    if (this.#host.block !== undefined)
      throw new AergoError('AERGO_INTERNAL', `a block has begun in the engine: it cannot ${what}`);
  }
}
