/**
 * Where a table stands in a state: its folder's id. Equal ids are equal tables, so a walk over a thousand blocks passes over
 * those that left a table alone without reading more than three small trees of each.
 */
import type { Oid } from '../object/oid.ts';
import type { ObjectSource } from '../object/source.ts';
import type { TreeEntry } from '../object/tree.ts';
import { folders, readTableFolder, stateParts } from '../state/state.ts';
import type { NodeCache, Table } from '../state/table.ts';
import { Recent } from './recent.ts';

export class TableFolders {
  readonly #source: ObjectSource;
  readonly #cache: NodeCache;
  /** The trees `tables` of states, and those of contracts below them, by their ids: most blocks share them. */
  readonly #trees = new Recent<Oid, ReadonlyMap<string, TreeEntry>>(64);

  constructor(source: ObjectSource, cache: NodeCache) {
    this.#source = source;
    this.#cache = cache;
  }

  /** The id of `tables/<contract>/<table>` in a state; undefined: it has no such table. */
  idOf(state: Oid, table: string): Oid | undefined {
    const [contract = '', name = ''] = table.split('.', 2);
    const { tables } = stateParts(this.#source, state);
    return this.#within(this.#within(tables).get(contract)).get(name)?.oid;
  }

  /** The table behind an id that `idOf` gave. */
  table(folder: Oid | undefined): Table | undefined {
    return folder === undefined ? undefined : readTableFolder(this.#source, folder, this.#cache);
  }

  #within(entry: TreeEntry | undefined): ReadonlyMap<string, TreeEntry> {
    if (entry === undefined) return none;
    return this.#trees.get(entry.oid) ?? this.#trees.set(entry.oid, folders(this.#source, entry));
  }
}

const none: ReadonlyMap<string, TreeEntry> = new Map();
