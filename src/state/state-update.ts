/**
 * Writing a state: changed tables and contracts over a state that exists. Only trees on the way to a change are written,
 * and no empty tree but for an empty state.
 */
import type { Oid } from '../object/oid.ts';
import { type ObjectBuffer, readTree } from '../object/source.ts';
import { encodeTree, type TreeEntry, type TreeMode } from '../object/tree.ts';
import { encodeTableSchema, type TableSchema } from './schema.ts';
import { namePattern } from './state.ts';
import { emptyTable, stateInvalid, type TableRoot } from './table-root.ts';

/** A contract as it is to stand in the state, with all of its tables. */
export interface ContractUpdate {
  readonly source: string;
  readonly migrate?: string;
  /** The text of `manifest.json`. */
  readonly manifest: string;
  /** Every table of the contract by its bare name: a table that is not here is gone, a new one has no rows yet. */
  readonly tables: ReadonlyMap<string, TableSchema>;
}

/** What changes. Where a contract is given, tables it keeps keep their rows, unless `rows` has others. */
export interface StateUpdate {
  /** New roots by qualified name (`bank.accounts`). */
  readonly rows?: ReadonlyMap<string, TableRoot>;
  /** Contracts by name; null removes one with its tables. */
  readonly contracts?: ReadonlyMap<string, ContractUpdate | null>;
}

type Entry = Omit<TreeEntry, 'name'>;

/** The state without contracts and tables: the one empty tree that is written. */
export function emptyState(buffer: ObjectBuffer): Oid {
  return buffer.put('tree', encodeTree([]));
}

/**
 * The state with some contracts and tables changed.
 * @returns its id; that of `base` when nothing changed
 * @throws AergoError AERGO_STATE_INVALID for rows of a table that is not there, or a name that no contract or table can have
 */
export function updateState(buffer: ObjectBuffer, base: Oid, update: StateUpdate): Oid {
  const root = new Folder(buffer, base);
  for (const [contract, changed] of update.contracts ?? []) {
    checkName(contract);
    const files = root.folder('contracts').folder(contract);
    files.clear();
    const tables = root.folder('tables').folder(contract);
    if (changed === null) {
      tables.clear();
      continue;
    }
    files.file('contract.sql', changed.source);
    files.file('manifest.json', changed.manifest);
    if (changed.migrate !== undefined) files.file('migrate.sql', changed.migrate);
    for (const name of tables.names()) {
      if (!changed.tables.has(name)) tables.remove(name);
    }
    for (const [name, schema] of changed.tables) {
      checkName(name);
      const table = tables.folder(name);
      table.file('schema.json', encodeTableSchema(schema));
      if (table.entry('rows') === undefined) table.set('rows', emptyTable(buffer));
    }
  }
  for (const [table, rows] of update.rows ?? []) {
    const [contract = '', name = '', ...more] = table.split('.');
    if (more.length > 0) throw stateInvalid(`there is no table ${table}`);
    checkName(contract);
    const folder = root.folder('tables').folder(contract);
    if (!folder.names().includes(name)) throw stateInvalid(`there is no table ${table}`);
    folder.folder(name).set('rows', rows);
  }
  return root.write() ?? emptyState(buffer);
}

/**
 * The state with some contracts, and all of their tables, as another state has them; gone where that has no such contract.
 * @returns its id; that of `base` when nothing changed
 */
export function takeContracts(buffer: ObjectBuffer, base: Oid, from: Oid, names: Iterable<string>): Oid {
  const root = new Folder(buffer, base);
  const other = new Folder(buffer, from);
  for (const part of ['contracts', 'tables']) {
    for (const name of names) {
      const entry = other.folder(part).entry(name);
      if (entry === undefined) root.folder(part).remove(name);
      else root.folder(part).set(name, entry);
    }
  }
  return root.write() ?? emptyState(buffer);
}

function checkName(name: string): void {
  if (!namePattern.test(name)) throw stateInvalid(`${JSON.stringify(name)} cannot name a contract or a table`);
}

/** A tree being edited; read when it is first looked into, written once at the end. */
class Folder {
  readonly #buffer: ObjectBuffer;
  readonly #entries: Map<string, Entry>;
  readonly #folders = new Map<string, Folder>();
  readonly #before: Oid | undefined;
  #changed = false;

  constructor(buffer: ObjectBuffer, oid: Oid | undefined) {
    this.#buffer = buffer;
    this.#before = oid;
    const entries = oid === undefined ? [] : readTree(buffer, oid);
    this.#entries = new Map(entries.map(({ name, mode, oid: id }) => [name, { mode, oid: id }]));
  }

  names(): string[] {
    return [...new Set([...this.#entries.keys(), ...this.#folders.keys()])];
  }

  entry(name: string): Entry | undefined {
    return this.#entries.get(name);
  }

  folder(name: string): Folder {
    let folder = this.#folders.get(name);
    if (folder === undefined) {
      folder = new Folder(this.#buffer, this.#entries.get(name)?.oid);
      this.#folders.set(name, folder);
    }
    return folder;
  }

  set(name: string, { mode, oid }: { mode: TreeMode; oid: Oid }): void {
    const before = this.#entries.get(name);
    if (before?.oid === oid && before.mode === mode) return;
    this.#entries.set(name, { mode, oid });
    this.#changed = true;
  }

  file(name: string, text: string): void {
    this.set(name, { mode: '100644', oid: this.#buffer.put('blob', Buffer.from(text, 'utf8')) });
  }

  remove(name: string): void {
    this.#folders.delete(name);
    if (this.#entries.delete(name)) this.#changed = true;
  }

  clear(): void {
    for (const name of this.names()) this.remove(name);
  }

  /** The tree's id; undefined when it would be empty. */
  write(): Oid | undefined {
    for (const [name, folder] of this.#folders) {
      const oid = folder.write();
      if (oid === undefined) this.remove(name);
      else this.set(name, { mode: '40000', oid });
    }
    if (this.#entries.size === 0) return undefined;
    if (!this.#changed && this.#before !== undefined) return this.#before;
    const entries = [...this.#entries].map(([name, { mode, oid }]) => ({ name, mode, oid }));
    return this.#buffer.put('tree', encodeTree(entries));
  }
}
