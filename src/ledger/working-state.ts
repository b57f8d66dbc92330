/**
 * A state while a block is being made: the parent's tables and contracts, with what the block's transactions changed so far
 * laid over them. Reads see the changes; the trees are written once, at the end.
 */
import { type ContractManifest, parseManifest } from '../contract/manifest.ts';
import type { Oid } from '../object/oid.ts';
import type { ObjectBuffer } from '../object/source.ts';
import type { TableSchema } from '../state/schema.ts';
import { State } from '../state/state.ts';
import { type ContractUpdate, updateState } from '../state/state-update.ts';
import { emptyTable, type NodeCache, readRow, type Table, type TableRoot, updateTable } from '../state/table.ts';

/** What the state holds of one contract. */
export interface ContractInForce {
  readonly manifest: ContractManifest;
  /** Blob id of its source. */
  readonly source: Oid;
}

export class WorkingState {
  readonly #buffer: ObjectBuffer;
  readonly #cache: NodeCache;
  readonly #base: State;
  /** Tables that an import filled as a whole. */
  readonly #roots = new Map<string, TableRoot>();
  readonly #rows = new Map<string, Map<string, string | null>>();
  readonly #deployed = new Map<string, { update: ContractUpdate; inForce: ContractInForce }>();
  readonly #contracts = new Map<string, ContractInForce | undefined>();

  constructor(buffer: ObjectBuffer, base: Oid, cache: NodeCache) {
    this.#buffer = buffer;
    this.#cache = cache;
    this.#base = State.open(buffer, base, cache);
  }

  contract(name: string): ContractInForce | undefined {
    const deployed = this.#deployed.get(name);
    if (deployed !== undefined) return deployed.inForce;
    if (!this.#contracts.has(name)) this.#contracts.set(name, contractInForce(this.#base, name));
    return this.#contracts.get(name);
  }

  schema(table: string): TableSchema | undefined {
    const [contract = '', name = ''] = table.split('.');
    const deployed = this.#deployed.get(contract);
    return deployed === undefined ? this.#base.table(table)?.schema : deployed.update.tables.get(name);
  }

  /** The table without the rows that were written one by one. */
  #table(table: string): Table | undefined {
    const schema = this.schema(table);
    if (schema === undefined) return undefined;
    return { schema, root: this.#roots.get(table) ?? this.#base.table(table)?.root ?? emptyTable(this.#buffer) };
  }

  /** The row's line as of now; `null`: no such row. */
  row(table: string, name: string): string | null {
    const written = this.#rows.get(table)?.get(name);
    if (written !== undefined) return written;
    const before = this.#table(table);
    return before === undefined ? null : (readRow(this.#buffer, before, name, this.#cache) ?? null);
  }

  isEmpty(table: string): boolean {
    return !this.#rows.has(table) && this.#table(table)?.root.oid === emptyTable(this.#buffer).oid;
  }

  write(table: string, name: string, line: string | null): void {
    let rows = this.#rows.get(table);
    if (rows === undefined) {
      rows = new Map();
      this.#rows.set(table, rows);
    }
    rows.set(name, line);
  }

  /** Takes a whole tree as the rows of a table that has none. */
  replaceRows(table: string, root: TableRoot): void {
    this.#roots.set(table, root);
  }

  /**
   * Lays a contract over the state. Tables that it keeps keep their rows, unless a migration gives others.
   * @param migrated the rows of every table of the contract, by its bare name
   */
  deploy(
    name: string,
    update: ContractUpdate,
    inForce: ContractInForce,
    migrated?: ReadonlyMap<string, TableRoot>,
  ): void {
    const before = new Set(this.contract(name)?.manifest.tables);
    this.#deployed.set(name, { update, inForce });
    for (const bare of new Set([...before, ...update.tables.keys()])) {
      const table = `${name}.${bare}`;
      const isKept = before.has(bare) && update.tables.has(bare);
      if (isKept && migrated === undefined) continue;
      this.#rows.delete(table);
      // Also a new table has its rows said: one of its name may have been there when the block began.
      if (update.tables.has(bare)) this.#roots.set(table, migrated?.get(bare) ?? emptyTable(this.#buffer));
      else this.#roots.delete(table);
    }
  }

  /** A table as it is now, its trees in the buffer; undefined: there is none. */
  table(table: string): Table | undefined {
    const before = this.#table(table);
    const written = this.#rows.get(table);
    if (before === undefined || written === undefined) return before;
    const changes = [...written].map(([name, line]) => ({ name, line }));
    return { schema: before.schema, root: updateTable(this.#buffer, before, changes, this.#cache) };
  }

  /** Writes the state's trees into the buffer. Gives its id and, for tables whose rows changed, where they are. */
  settle(): { state: Oid; rows: ReadonlyMap<string, TableRoot> } {
    const rows = new Map(this.#roots);
    for (const name of this.#rows.keys()) {
      const table = this.table(name);
      if (table !== undefined) rows.set(name, table.root);
    }
    const contracts = new Map([...this.#deployed].map(([name, { update }]) => [name, update]));
    return { state: updateState(this.#buffer, this.#base.oid, { rows, contracts }), rows };
  }
}

/** The contract as a state has it. */
export function contractInForce(state: State, name: string): ContractInForce | undefined {
  const contract = state.contract(name);
  const source = state.contractSourceId(name);
  return contract === undefined || source === undefined
    ? undefined
    : { manifest: parseManifest(contract.manifest), source };
}
