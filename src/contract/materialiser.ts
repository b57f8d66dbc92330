/**
 * Contracts and rows inside the SQL engine: puts them in, takes them out, moves them from one state to another. Runs in the
 * engine's worker, always inside a SQL transaction that somebody else begins and ends.
 */
import { AergoError } from '../errors.ts';
import { rowShape } from '../state/row-shape.ts';
import type { TableSchema } from '../state/schema.ts';
import {
  asideOf,
  type Dispatch,
  dispatchOf,
  driverSql,
  dropSql,
  type InstalledContract,
  prepareSql,
  sealSql,
  setAsideSql,
} from './contract-sql.ts';
import { encodeArray, encodeCopyRow } from './copy-text.ts';
import { makeStatement } from './make-statement.ts';
import { bringOver, type Migration, runMigration } from './migrate-rows.ts';
import { quoteName, quoteQualified, quoteText } from './names.ts';
import type { CapturedTable } from './net-changes.ts';
import type { ContractStatement, ParsedContract } from './parsed-contract.ts';
import { deleteByKeySql } from './row-sql.ts';
import type { Session } from './session.ts';
import { isBuiltIn } from './type-rules.ts';

/** A row's change as the engine is moved: lines with LF, null where there is no row. */
export interface RowMove {
  readonly before: string | null;
  readonly after: string | null;
}

/** A statement of a contract failed as it was run. */
export class StatementFailure extends Error {
  readonly statement: ContractStatement;
  constructor(statement: ContractStatement, cause: unknown) {
    super('a statement failed', { cause });
    this.statement = statement;
  }
}

export class Materialiser {
  readonly session: Session;
  readonly traces: boolean;
  #contracts = new Map<string, ParsedContract>();
  #relations: Map<string, CapturedTable> | undefined;
  #dispatch: Dispatch = new Map();

  /** @param traces whether a call that fails says where: for tests of contracts */
  constructor(session: Session, traces = false) {
    this.traces = traces;
    this.session = session;
    this.reload();
  }

  /** Reads again which contracts are installed: at the start, and after a rollback. */
  reload(): void {
    const { rows } = this.session.query('SELECT name, definition FROM "aergo$host".contract ORDER BY name COLLATE "C"');
    this.#contracts = new Map(
      rows.map(([name, definition]) => [name ?? '', JSON.parse(definition ?? 'null') as ParsedContract]),
    );
    this.#changed();
  }

  /** The state that the rows are of; null when they are of none in particular. */
  position(): string | null {
    return this.session.query('SELECT state FROM "aergo$host".position').rows[0]?.[0] ?? null;
  }

  setPosition(state: string | null): void {
    this.session.query('UPDATE "aergo$host".position SET state = $1', [state]);
  }

  contracts(): ReadonlyMap<string, ParsedContract> {
    return this.#contracts;
  }

  get dispatch(): Dispatch {
    return this.#dispatch;
  }

  /** The table with this name, `bank.accounts`. @throws AergoError AERGO_TABLE_UNKNOWN */
  schema(table: string): TableSchema {
    const [contract = '', name = ''] = table.split('.');
    const found = this.#contracts.get(contract)?.tables.find((candidate) => candidate.name === name);
    if (found === undefined) throw new AergoError('AERGO_TABLE_UNKNOWN', `there is no table ${table}`);
    return found.schema;
  }

  /** The table behind a number of the catalogue. */
  relation(oid: string): CapturedTable {
    this.#relations ??= new Map(
      this.session
        .query(
          "SELECT c.oid, n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r'",
        )
        .rows.filter(
          ([, table]) => table !== null && table !== undefined && this.#contracts.has(table.split('.')[0] ?? ''),
        )
        .map(([number, table]) => [number ?? '', { table: table ?? '', shape: rowShape(this.schema(table ?? '')) }]),
    );
    const found = this.#relations.get(oid);
    if (found === undefined)
      throw new AergoError(
        'AERGO_INTERNAL',
        `the capture noted a change of relation ${oid}, which is no contract's table`,
      );
    return found;
  }

  /**
   * Installs a contract, in the place of one of the same name. The rows of `kept` tables, whose schemas must be the same in
   * both, are taken over; other tables begin empty. With a migration the rows of all tables are, after it ran on them.
   * @throws StatementFailure, SqlFailure, AergoError AERGO_CONTRACT_MIGRATION; the SQL transaction must then be rolled back
   */
  install(name: string, contract: ParsedContract, kept: readonly string[], migration?: Migration): void {
    const before = this.#contracts.get(name);
    const replaced = before !== undefined;
    if (before !== undefined && migration !== undefined) {
      runMigration(this.session, name, before, migration, (statement, cause) => new StatementFailure(statement, cause));
    }
    if (replaced) this.session.execute(setAsideSql(name));
    this.session.execute(prepareSql(name));
    for (const statement of contract.statements) {
      try {
        makeStatement(this.session, name, statement);
      } catch (cause) {
        throw new StatementFailure(statement, cause);
      }
    }
    this.session.execute(sealSql({ name, contract }));
    if (replaced && migration !== undefined) bringOver(this.session, name, contract);
    else if (replaced) this.#takeOver(name, contract, kept);
    if (replaced) this.session.execute(`DROP SCHEMA ${asideOf(name)} CASCADE`);
    this.session.query(
      'INSERT INTO "aergo$host".contract VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET definition = excluded.definition',
      [name, JSON.stringify(contract)],
    );
    this.#contracts.set(name, contract);
    this.#contracts = new Map([...this.#contracts].sort(([a], [b]) => (a < b ? -1 : 1)));
    this.#changed();
    this.session.execute(driverSql(this.#installed()));
  }

  /** Takes a contract out with its rows. */
  drop(name: string): void {
    this.session.execute(dropSql(name));
    this.session.query('DELETE FROM "aergo$host".contract WHERE name = $1', [name]);
    this.#contracts.delete(name);
    this.#changed();
    this.session.execute(driverSql(this.#installed()));
  }

  /** Adds rows, given as lines one after the other. */
  load(table: string, lines: readonly string[]): void {
    const schema = this.schema(table);
    const columns = schema.columns.filter((column) => column.generated !== true).map((column) => column.name);
    const data = copyText(lines, columns);
    this.trusted(() =>
      this.session.copyIn(`COPY ${quoteQualified(table)} (${columns.map(quoteName).join(', ')}) FROM STDIN`, data),
    );
  }

  /** How many rows a table has. */
  count(table: string): number {
    return Number(this.session.execute(`SELECT count(*) FROM ${quoteQualified(table)}`).rows[0]?.[0]);
  }

  /** Empties a table. */
  empty(table: string): void {
    this.trusted(() => this.session.execute(`DELETE FROM ${quoteQualified(table)}`));
  }

  /** Makes single changes: takes every row with a `before` out, then puts every `after` in. */
  change(table: string, moves: readonly RowMove[]): void {
    const schema = this.schema(table);
    const removed = moves.flatMap(({ before }) => (before === null ? [] : [values(before)]));
    if (removed.length > 0) {
      const arrays = schema.key.map((column) => encodeArray(removed.map((row) => row[column] ?? null)));
      this.trusted(() => this.session.query(deleteByKeySql(table, schema), arrays));
    }
    const added = moves.flatMap(({ after }) => (after === null ? [] : [after]));
    if (added.length > 0) this.load(table, added);
  }

  /** Puts the same rows into another physical order, which follows from the seed. */
  shuffle(table: string, seed: string): void {
    const name = quoteQualified(table);
    const columns = this.schema(table).columns.filter((column) => column.generated !== true);
    const list = columns.map((column) => quoteName(column.name)).join(', ');
    this.trusted(() =>
      this.session.execute(
        `CREATE TEMP TABLE "aergo$shuffled" ON COMMIT DROP AS SELECT ${list} FROM ${name} t ORDER BY md5(${quoteText(seed)} || t::text);
DELETE FROM ${name}; INSERT INTO ${name} (${list}) SELECT ${list} FROM "aergo$shuffled"; DROP TABLE "aergo$shuffled"`,
      ),
    );
  }

  /** Without triggers: rows that come from a state that holds need no foreign keys checked, and are no call's changes. */
  trusted<Result>(change: () => Result): Result {
    this.session.execute('SET LOCAL session_replication_role = replica');
    const result = change();
    this.session.execute('SET LOCAL session_replication_role = DEFAULT');
    return result;
  }

  #takeOver(name: string, contract: ParsedContract, kept: readonly string[]): void {
    for (const table of contract.tables) {
      if (!kept.includes(table.name)) continue;
      const columns = table.schema.columns.filter((column) => column.generated !== true);
      // Through text: an enum or a domain of the one is another type than that of the other.
      const sources = columns.map((column) =>
        isBuiltIn(column.type)
          ? quoteName(column.name)
          : `${quoteName(column.name)}::text::${quoteName(name)}.${quoteName(column.type)}`,
      );
      const names = columns.map((column) => quoteName(column.name)).join(', ');
      const copy = `INSERT INTO ${quoteName(name)}.${quoteName(table.name)} (${names}) SELECT ${sources.join(', ')} FROM ${asideOf(name)}.${quoteName(table.name)}`;
      this.trusted(() => this.session.execute(copy));
    }
  }

  #installed(): InstalledContract[] {
    return [...this.#contracts].map(([name, contract]) => ({ name, contract }));
  }

  #changed(): void {
    this.#relations = undefined;
    this.#dispatch = dispatchOf(this.#installed());
  }
}

function values(line: string): Record<string, string | null> {
  return JSON.parse(line) as Record<string, string | null>;
}

function copyText(lines: readonly string[], columns: readonly string[]): Buffer {
  const parts: Buffer[] = [];
  let text = '';
  for (const line of lines) {
    const row = values(line);
    text += encodeCopyRow(columns.map((column) => row[column] ?? null));
    if (text.length > 1_000_000) {
      parts.push(Buffer.from(text));
      text = '';
    }
  }
  parts.push(Buffer.from(text));
  return Buffer.concat(parts);
}
