/**
 * The difference of two states: which contracts changed, and of each table which rows. Trees with equal ids are not entered.
 */
import type { Oid } from '../object/oid.ts';
import { type ObjectSource, readTree } from '../object/source.ts';
import type { TreeEntry } from '../object/tree.ts';
import { diffTables, type RowChange } from './difference.ts';
import { NodeCache } from './node-cache.ts';
import { folders, readTableFolder, stateParts } from './state.ts';
import type { Table } from './table-root.ts';

/** A table that differs. */
export interface TableDifference {
  /** The qualified name: `bank.accounts`. */
  readonly table: string;
  /** Absent where there was, or is, no such table. */
  readonly before?: Table;
  readonly after?: Table;
  /** Whether `schema.json` differs; also where the table is new or gone. */
  readonly schemaChanged: boolean;
  /** The rows that differ in name order; all of them where the table is new, gone, or has another key. Can be walked anew. */
  readonly changes: Iterable<RowChange>;
}

/** What differs between two states. */
export interface StateDifference {
  /** Contracts that are new, gone, or have other files, in name order. */
  readonly contracts: readonly string[];
  readonly tables: Iterable<TableDifference>;
}

/**
 * The difference of two states.
 * @param a the one before
 * @throws AergoError also while iterating: AERGO_STATE_INVALID and what the source throws
 */
export function diffStates(source: ObjectSource, a: Oid, b: Oid, cache: NodeCache = new NodeCache()): StateDifference {
  if (a === b) return { contracts: [], tables: [] };
  const before = stateParts(source, a);
  const after = stateParts(source, b);
  return {
    contracts: [...changedFolders(source, before.contracts, after.contracts)].map(([name]) => name),
    tables: {
      *[Symbol.iterator]() {
        for (const [contract, was, is] of changedFolders(source, before.tables, after.tables)) {
          for (const [name, from, to] of changedFolders(source, was, is)) {
            yield tableDifference(source, `${contract}.${name}`, from, to, cache);
          }
        }
      },
    },
  };
}

function* changedFolders(
  source: ObjectSource,
  a: TreeEntry | undefined,
  b: TreeEntry | undefined,
): Generator<[name: string, before: TreeEntry | undefined, after: TreeEntry | undefined]> {
  if (a?.oid === b?.oid) return;
  const before = folders(source, a);
  const after = folders(source, b);
  for (const name of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    const was = before.get(name);
    const is = after.get(name);
    if (was?.oid !== is?.oid) yield [name, was, is];
  }
}

function tableDifference(
  source: ObjectSource,
  table: string,
  from: TreeEntry | undefined,
  to: TreeEntry | undefined,
  cache: NodeCache,
): TableDifference {
  const before = from && readTableFolder(source, from.oid, cache);
  const after = to && readTableFolder(source, to.oid, cache);
  return {
    table,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
    schemaChanged: before === undefined || after === undefined || schemaId(source, from) !== schemaId(source, to),
    changes: { [Symbol.iterator]: () => diffTables(source, before, after, cache) },
  };
}

function schemaId(source: ObjectSource, folder: TreeEntry | undefined): Oid | undefined {
  return folder && readTree(source, folder.oid).find((entry) => entry.name === 'schema.json')?.oid;
}
