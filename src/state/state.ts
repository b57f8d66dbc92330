/**
 * The state at a block: all contracts and all tables, one tree. Two states are the same exactly when their ids are equal.
 *
 *     contracts/<contract>/contract.sql, manifest.json, and migrate.sql where the version came with one
 *     tables/<contract>/<table>/schema.json, rows
 */
import { isUtf8 } from 'node:buffer';
import type { Oid } from '../object/oid.ts';
import { type ObjectSource, readBlob, readTree } from '../object/source.ts';
import type { TreeEntry } from '../object/tree.ts';
import { NodeCache } from './node-cache.ts';
import { type RowRange, readRow, scanRows } from './read-table.ts';
import type { Row } from './row.ts';
import { stateInvalid, type Table, tableRoot } from './table-root.ts';

/** A contract as it stands in the state: texts as their authors wrote them. */
export interface ContractState {
  readonly name: string;
  readonly source: string;
  /** The migration that this version came with. */
  readonly migrate?: string;
  /** The text of `manifest.json`: canonical JSON and LF. What it says is the contract layer's. */
  readonly manifest: string;
}

/** Names of contracts and tables. */
export const namePattern = /^[a-z][a-z0-9_]{0,47}$/;

/** A state that is read; nothing is read before it is asked for. */
export class State {
  readonly oid: Oid;
  readonly #source: ObjectSource;
  readonly #cache: NodeCache;
  readonly #contracts: ReadonlyMap<string, TreeEntry>;
  readonly #tablesOf: ReadonlyMap<string, TreeEntry>;
  readonly #tables = new Map<string, Table | undefined>();

  private constructor(source: ObjectSource, oid: Oid, cache: NodeCache) {
    this.oid = oid;
    this.#source = source;
    this.#cache = cache;
    const { contracts, tables } = stateParts(source, oid);
    this.#contracts = folders(source, contracts);
    this.#tablesOf = folders(source, tables);
  }

  /**
   * Opens the state with this id.
   * @param cache decoded nodes; give the same one to all states of a repository
   * @throws AergoError AERGO_STATE_INVALID for an unknown entry, and what the source throws
   */
  static open(source: ObjectSource, oid: Oid, cache: NodeCache = new NodeCache()): State {
    return new State(source, oid, cache);
  }

  /** The names of all contracts, in order. */
  contracts(): string[] {
    return [...this.#contracts.keys()];
  }

  /** @throws AergoError AERGO_STATE_INVALID when the contract's files are not those of the format */
  contract(name: string): ContractState | undefined {
    const folder = this.#contracts.get(name);
    if (folder === undefined) return undefined;
    const files = new Map(readTree(this.#source, folder.oid).map((entry) => [entry.name, entry]));
    const source = this.#text(files, 'contract.sql');
    const manifest = this.#text(files, 'manifest.json');
    const migrate = this.#text(files, 'migrate.sql');
    if (files.size > 0) throw stateInvalid(`contract ${name} has the unknown file ${[...files.keys()].join(', ')}`);
    if (source === undefined || manifest === undefined) throw stateInvalid(`contract ${name} lacks a file`);
    return { name, source, manifest, ...(migrate === undefined ? {} : { migrate }) };
  }

  /** The id of a contract's source: what a deployment names in `replaces`. */
  contractSourceId(name: string): Oid | undefined {
    const folder = this.#contracts.get(name);
    if (folder === undefined) return undefined;
    return readTree(this.#source, folder.oid).find((entry) => entry.name === 'contract.sql')?.oid;
  }

  /** The qualified names (`bank.accounts`) of all tables, or of one contract's, in the order of their trees. */
  tables(contract?: string): string[] {
    const owners = contract === undefined ? [...this.#tablesOf.keys()] : [contract];
    return owners.flatMap((owner) =>
      [...folders(this.#source, this.#tablesOf.get(owner)).keys()].map((table) => `${owner}.${table}`),
    );
  }

  /**
   * A table's schema and root.
   * @param table the qualified name, as in `bank.accounts`
   * @throws AergoError AERGO_STATE_INVALID when its tree is not as the format has it
   */
  table(table: string): Table | undefined {
    if (!this.#tables.has(table)) this.#tables.set(table, this.#readTable(table));
    return this.#tables.get(table);
  }

  /**
   * A row's line; undefined when there is no such row or no such table.
   * @param name as `rowName` or `nameOfKey` gives it
   */
  readRow(table: string, name: string): string | undefined {
    const found = this.table(table);
    return found && readRow(this.#source, found, name, this.#cache);
  }

  /** A table's rows in name order; none when there is no such table. */
  scanRows(table: string, range?: RowRange): Iterable<Row> {
    const found = this.table(table);
    return found === undefined ? [] : scanRows(this.#source, found, range, this.#cache);
  }

  #readTable(table: string): Table | undefined {
    const [contract = '', name = ''] = table.split('.', 2);
    const folder = folders(this.#source, this.#tablesOf.get(contract)).get(name);
    if (folder === undefined || table !== `${contract}.${name}`) return undefined;
    return readTableFolder(this.#source, folder.oid, this.#cache);
  }

  #text(files: Map<string, TreeEntry>, name: string): string | undefined {
    const entry = files.get(name);
    if (entry === undefined) return undefined;
    files.delete(name);
    if (entry.mode !== '100644') throw stateInvalid(`${name} of a contract is no file`, { oid: entry.oid });
    const bytes = readBlob(this.#source, entry.oid);
    if (!isUtf8(bytes)) throw stateInvalid(`${name} of a contract is not UTF-8`, { oid: entry.oid });
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  }
}

/** The parts of a state that are there. @throws AergoError AERGO_STATE_INVALID for an entry that the format does not know */
export function stateParts(source: ObjectSource, oid: Oid): { contracts?: TreeEntry; tables?: TreeEntry } {
  const parts: { contracts?: TreeEntry; tables?: TreeEntry } = {};
  for (const entry of readTree(source, oid)) {
    if (entry.name === 'contracts') parts.contracts = entry;
    else if (entry.name === 'tables') parts.tables = entry;
    else throw stateInvalid(`it has an unknown entry ${JSON.stringify(entry.name)}`, { oid });
  }
  return parts;
}

/** The folders in a tree by name, in its order; none for no tree. */
export function folders(source: ObjectSource, entry: TreeEntry | undefined): Map<string, TreeEntry> {
  if (entry === undefined) return new Map();
  if (entry.mode !== '40000') throw stateInvalid(`${entry.name} is no directory`, { oid: entry.oid });
  const entries = readTree(source, entry.oid);
  for (const { mode, name } of entries) {
    if (mode !== '40000' || !namePattern.test(name)) {
      throw stateInvalid(`${JSON.stringify(name)} under ${entry.name} is no contract or table`, { oid: entry.oid });
    }
  }
  if (entries.length === 0) throw stateInvalid(`${entry.name} is an empty directory`, { oid: entry.oid });
  return new Map(entries.map((folder) => [folder.name, folder]));
}

/** The table that a folder `tables/<contract>/<table>` holds. */
export function readTableFolder(source: ObjectSource, oid: Oid, cache: NodeCache): Table {
  const [rows, schema, ...rest] = readTree(source, oid);
  if (rows?.name !== 'rows' || schema?.name !== 'schema.json' || schema.mode !== '100644' || rest.length > 0) {
    throw stateInvalid('a table has other entries than rows and schema.json', { oid });
  }
  return { schema: cache.schema(source, schema.oid), root: tableRoot(rows) };
}
