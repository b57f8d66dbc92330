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
import type { CallDeadline, CallFailure, CallOutcome, EngineCall } from './call-outcome.ts';
import { engineFiles } from './engine-description.ts';
import { type Block, EngineHost } from './engine-host.ts';
import { EnginePlace } from './engine-place.ts';
import { type Query, runQuery, runQueryAt } from './engine-query.ts';
import { ThreadLost } from './engine-thread.ts';
import { contractOf, migrationOf } from './gate.ts';
import { keptTables } from './kept-tables.ts';
import type { ParsedContract } from './parsed-contract.ts';
import { checkQuery } from './query-gate.ts';
import { engineLimits, rowsPerPiece } from './settings.ts';
import type { EngineVariant, InstallOutcome, InstallRequest, QueryAnswer } from './worker-messages.ts';

export type { CallDeadline, CallFailure, CallOutcome, ConstraintKind, EngineCall } from './call-outcome.ts';
export type { RowWrite } from './net-changes.ts';
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

/** What came of a deployment. */
export type DeployOutcome =
  | {
      readonly status: 'ok';
      readonly contract: ParsedContract;
      /** After a migration: the rows of every table of the contract by its bare name, in name order. */
      readonly rows?: ReadonlyMap<string, readonly Row[]>;
    }
  | (CallFailure & {
      /** The line of the statement that failed. */
      readonly line: number;
      /** It stands in the migration, not in the contract. */
      readonly inMigration: boolean;
    })
  | CallDeadline;

/** A migration to run as a contract is deployed: its text, and the transaction that brings it. */
export interface DeployMigration {
  readonly source: string;
  /** The transaction's id, in hexadecimal digits. */
  readonly id: string;
  /** The author's key id. */
  readonly author: string;
}

export interface QueryOptions {
  /** Rows given at most; 10,000 where absent. */
  readonly maxRows?: number;
  /** What the clock says meanwhile; the last block's time where absent. */
  readonly time_ms?: number;
}

export type ImportOutcome = { readonly status: 'ok' } | CallFailure;

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
    const block = this.#inBlock();
    this.#checkFunctions(calls);
    const before = block.steps.length;
    const outcomes: CallOutcome[] = [];
    let savepoint = calls.length > 0 && calls.length <= engineLimits.callsPerTransaction;
    for (let at = 0; at < calls.length; at += engineLimits.callsPerTransaction) {
      const some = calls.slice(at, at + engineLimits.callsPerTransaction);
      const answered = await this.#runTogether(some);
      if ('status' in answered) {
        savepoint = false;
        outcomes.push(...(some.length === 1 ? [answered] : await this.#runSingly(block, some)));
      } else {
        this.#noteChanges(block, answered);
        outcomes.push(...answered);
      }
    }
    block.last = { steps: block.steps.length - before, savepoint };
    return outcomes;
  }

  /** Takes back the last `run` or `deploy` whole. */
  async undo(): Promise<void> {
    const block = this.#inBlock();
    const steps = block.steps.splice(block.steps.length - block.last.steps);
    const { savepoint } = block.last;
    block.last = { steps: 0, savepoint: false };
    for (const step of steps) if (step.kind === 'deploy') this.#forget(block, step.name);
    if (!this.#host.usable) return;
    if (savepoint) await this.#host.request('undo', {});
    else if (canTakeBack(steps)) await takeBack(this.#host.request, steps);
    else await this.#host.lose();
  }

  /** The contract is again what it was in the block before it was deployed last. */
  #forget(block: Block, name: string): void {
    const earlier = block.steps.findLast((step) => step.kind === 'deploy' && step.name === name);
    const before = earlier?.kind === 'deploy' ? earlier.contract : block.contracts.get(name);
    if (before === undefined) this.#host.contracts.delete(name);
    else this.#host.contracts.set(name, before);
  }

  /**
   * Deploys a contract inside a block. Over an existing one every table that is there stays as it is, unless a migration says
   * what becomes of its rows. The gate judges before, at submission: here sources are only read.
   * @throws AergoError AERGO_CONTRACT_REFUSED for a source that cannot be read, AERGO_CONTRACT_MIGRATION
   */
  async deploy(name: string, source: string, migrate?: DeployMigration): Promise<DeployOutcome> {
    const block = this.#inBlock();
    const contract = await contractOf(source);
    const before = this.#host.contracts.get(name);
    const request =
      migrate === undefined || before === undefined
        ? { name, contract, kept: keptTables(name, before, contract) }
        : { name, contract, kept: [], migration: { ...migrate, ...(await migrationOf(migrate.source, before)) } };
    const outcome = await this.#install(request);
    if (outcome.status === 'deadline') return outcome;
    if (outcome.status === 'failed')
      return { ...outcome.failure, line: outcome.line, inMigration: outcome.inMigration };
    block.steps.push({ kind: 'deploy', ...request });
    block.last = { steps: 1, savepoint: true };
    this.#host.contracts.set(name, contract);
    if (request.migration === undefined) return { status: 'ok', contract };
    const rows = new Map<string, readonly Row[]>();
    for (const table of contract.tables) rows.set(table.name, await this.#migratedRows(table.name));
    return { status: 'ok', contract, rows };
  }

  async #install(request: InstallRequest): Promise<InstallOutcome | CallDeadline> {
    const thread = await this.#host.ready();
    try {
      return await thread.request('deploy', request, this.#deployDeadline_ms);
    } catch (error) {
      if (error instanceof ThreadLost) return exhausted(error);
      throw error;
    }
  }

  async #migratedRows(table: string): Promise<Row[]> {
    const rows: Row[] = [];
    for (let more = true; more; ) {
      const request = { table, from: rows.length, count: rowsPerPiece };
      const { names, lines } = await this.#host.request('migratedRows', request);
      for (const [at, name] of names.entries()) rows.push({ name, line: lines[at] ?? '' });
      more = names.length === rowsPerPiece;
    }
    return inNameOrder(rows);
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
    await this.#host.ready();
    const normalised: Row[] = [];
    let piece: (readonly (string | null)[])[] = [];
    let offset = 0;
    const send = async (): Promise<void> => {
      const answer = await this.#host.request('normalisePiece', { columns, rows: piece, offset });
      offset += piece.length;
      piece = [];
      for (const [at, name] of answer.names.entries()) normalised.push({ name, line: answer.lines[at] ?? '' });
    };
    await this.#host.request('normaliseBegin', { table, time_ms });
    try {
      for await (const row of rows) {
        piece.push(row);
        if (piece.length >= rowsPerPiece) await send();
      }
      if (piece.length > 0) await send();
    } finally {
      if (this.#host.usable) await this.#host.request('normaliseEnd', {});
    }
    return inNameOrder(normalised);
  }

  /**
   * Inserts rows inside a block, all or none, with all constraints.
   * @param lines as `normalise` gives them
   * @throws AergoError AERGO_IMPORT_NOT_NORMAL for a line that PostgreSQL would write otherwise
   */
  async importRows(table: string, lines: readonly string[]): Promise<ImportOutcome> {
    const block = this.#inBlock();
    await this.#host.ready();
    block.last = { steps: 0, savepoint: false };
    await this.#host.request('importBegin', { table });
    try {
      for (let at = 0; at < lines.length; at += rowsPerPiece) {
        await this.#host.request('importPiece', { lines: lines.slice(at, at + rowsPerPiece) });
      }
    } catch (error) {
      if (this.#host.usable) await this.#host.request('importFailed', {});
      throw error;
    }
    const failure = await this.#host.request('importEnd', {});
    if (failure !== null) return failure;
    block.steps.push({ kind: 'import', table, lines });
    return { status: 'ok' };
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

  /** Runs a batch. Where it did not come to its end, gives why: the engine is lost, and none of the batch has run. */
  async #runTogether(calls: readonly EngineCall[]): Promise<readonly CallOutcome[] | CallDeadline> {
    const thread = await this.#host.ready();
    const deadline_ms = this.#deadline_ms + (calls.length - 1) * Math.min(20, this.#deadline_ms);
    // Who has used up half of the time will mostly use up the rest.
    const warm = setTimeout(() => this.#host.warm(), deadline_ms / 2);
    try {
      return await thread.request('run', { calls }, deadline_ms);
    } catch (error) {
      if (error instanceof ThreadLost) return exhausted(error);
      throw error;
    } finally {
      clearTimeout(warm);
    }
  }

  /** Runs calls one by one, so that the one that takes too much is found and the others still run. */
  async #runSingly(block: Block, calls: readonly EngineCall[]): Promise<CallOutcome[]> {
    const outcomes: CallOutcome[] = [];
    for (const call of calls) {
      const answered = await this.#runTogether([call]);
      if ('status' in answered) outcomes.push(answered);
      else {
        this.#noteChanges(block, answered);
        outcomes.push(...answered);
      }
    }
    return outcomes;
  }

  #noteChanges(block: Block, outcomes: readonly CallOutcome[]): void {
    const writes = outcomes.flatMap((outcome) => (outcome.status === 'ok' ? outcome.changes : []));
    if (writes.length > 0) block.steps.push({ kind: 'rows', writes });
  }

  #checkFunctions(calls: readonly EngineCall[]): void {
    for (const call of calls) {
      const found = this.#host.contracts
        .get(call.contract)
        ?.functions.find((signature) => signature.name === call.function);
      if (found === undefined || found.name.startsWith('_')) {
        throw new AergoError('AERGO_FUNCTION_UNKNOWN', `there is no public function ${call.contract}.${call.function}`);
      }
    }
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

const exhausted = (error: ThreadLost): CallDeadline => ({
  status: 'deadline',
  exhausted: error.exhausted ?? 'engine',
});

function inNameOrder(rows: Row[]): Row[] {
  return rows.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
