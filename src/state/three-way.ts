/**
 * Three versions of a state, two of them changed from the third: which tables the two have differently, and of each which
 * rows, with who changed them. Nodes that all three have are never read, so the cost follows what changed.
 */
import type { Oid } from '../object/oid.ts';
import { type ObjectSource, readTree } from '../object/source.ts';
import { diffTables, type RowChange, sameNames } from './difference.ts';
import type { NodeCache } from './node-cache.ts';
import { RowReader } from './read-table.ts';
import { RowComparison, type RowVersions } from './row-comparison.ts';
import { folders, readTableFolder, type State, stateParts } from './state.ts';
import type { Table } from './table-root.ts';

/** The ids of three states. */
export interface ThreeStates {
  /** What both were made from. */
  readonly base: Oid;
  readonly ours: Oid;
  readonly theirs: Oid;
}

/** A table in one of the states. */
export interface TableVersion extends Table {
  /** The id of its `schema.json`. */
  readonly schemaId: Oid;
}

/** A table in the three states; a version is absent where that state has no such table. */
export interface ThreeTables {
  /** The qualified name: `bank.accounts`. */
  readonly table: string;
  readonly base?: TableVersion;
  readonly ours?: TableVersion;
  readonly theirs?: TableVersion;
}

/** A row that a side changed: its lines, null where there is no such row. */
export interface ThreeRows {
  readonly name: string;
  readonly base: string | null;
  readonly ours: string | null;
  readonly theirs: string | null;
  readonly changedBy: 'ours' | 'theirs' | 'both';
}

/**
 * The tables that ours and theirs have differently, in name order.
 * @param alikeIn a contract of which also those tables are given that both changed alike
 * @throws AergoError AERGO_STATE_INVALID and what the source throws, also while iterating
 */
export function* differingTables(
  source: ObjectSource,
  { base, ours, theirs }: ThreeStates,
  cache: NodeCache,
  alikeIn?: string,
): Generator<ThreeTables, void, undefined> {
  if (ours === theirs && (alikeIn === undefined || ours === base)) return;
  const [before, here, there] = [base, ours, theirs].map((state) => folders(source, stateParts(source, state).tables));
  for (const contract of namesOf(here, there)) {
    const owners = [before, here, there].map((tables) => tables?.get(contract));
    const isAsked = contract === alikeIn;
    if (owners[1]?.oid === owners[2]?.oid && (!isAsked || owners[0]?.oid === owners[1]?.oid)) continue;
    const [was, is, others] = owners.map((owner) => folders(source, owner));
    for (const name of namesOf(is, others)) {
      const at = [was?.get(name), is?.get(name), others?.get(name)].map((folder) => folder?.oid);
      if (at[1] === at[2] && (!isAsked || at[0] === at[1])) continue;
      const [a, b, c] = at.map((folder) => (folder === undefined ? undefined : tableVersion(source, folder, cache)));
      yield {
        table: `${contract}.${name}`,
        ...(a === undefined ? {} : { base: a }),
        ...(b === undefined ? {} : { ours: b }),
        ...(c === undefined ? {} : { theirs: c }),
      };
    }
  }
}

function namesOf(a: ReadonlyMap<string, unknown> | undefined, b: ReadonlyMap<string, unknown> | undefined): string[] {
  return [...new Set([...(a?.keys() ?? []), ...(b?.keys() ?? [])])].sort();
}

function tableVersion(source: ObjectSource, folder: Oid, cache: NodeCache): TableVersion {
  const table = readTableFolder(source, folder, cache);
  const schema = readTree(source, folder).find((entry) => entry.name === 'schema.json');
  if (schema === undefined) throw new Error('a table that was read has a schema');
  return { ...table, schemaId: schema.oid };
}

/**
 * The rows that ours and theirs, which have one schema, have differently, in name order. What both changed to the same is
 * not among them. Where the base has another schema, its rows come in the columns of the sides (row-comparison.ts). Where it
 * has another key, its rows are other rows: then each difference is of both.
 */
export function* differingRows(
  source: ObjectSource,
  { base, ours, theirs }: Pick<ThreeTables, 'base' | 'ours' | 'theirs'>,
  cache: NodeCache,
): Generator<ThreeRows, void, undefined> {
  if (hasOtherNames(base, ours)) {
    yield* differencesOfBoth(source, ours, theirs, cache);
    return;
  }
  const comparison = comparisonOf(base, ours);
  const here = diffTables(source, base, ours, cache);
  const there = diffTables(source, base, theirs, cache);
  let mine = here.next();
  let other = there.next();
  while (!mine.done || !other.done) {
    const first = mine.done ? undefined : mine.value;
    const second = other.done ? undefined : other.value;
    if (second === undefined || (first !== undefined && first.name < second.name)) {
      if (first !== undefined) yield rowOf(first, 'ours', comparison);
      mine = here.next();
    } else if (first === undefined || second.name < first.name) {
      yield rowOf(second, 'theirs', comparison);
      other = there.next();
    } else {
      const { name, before: was = null, after = null } = first;
      const versions = { base: was, ours: after, theirs: second.after ?? null };
      if (after !== versions.theirs) yield compared(name, versions, comparison);
      mine = here.next();
      other = there.next();
    }
  }
}

/**
 * Of the rows that `differingRows` gives those that one side changed, the other too or not. Half the nodes are read: the
 * other side's only where this one has changes, or has them in every row by another schema than the base's.
 * @param alike gives also rows that both changed to the same
 */
export function* rowsChangedIn(
  side: 'ours' | 'theirs',
  source: ObjectSource,
  { base, ours, theirs }: Pick<ThreeTables, 'base' | 'ours' | 'theirs'>,
  cache: NodeCache,
  alike = false,
): Generator<ThreeRows, void, undefined> {
  if (hasOtherNames(base, ours)) {
    yield* differencesOfBoth(source, ours, theirs, cache);
    return;
  }
  const comparison = comparisonOf(base, ours);
  const [changed, other] = side === 'ours' ? [ours, theirs] : [theirs, ours];
  const reader = other && new RowReader(source, other, cache);
  for (const { name, before = null, after = null } of diffTables(source, base, changed, cache)) {
    const there = reader?.read(name) ?? null;
    if (there === after && (!alike || after === null)) continue;
    const [mine, their] = side === 'ours' ? [after, there] : [there, after];
    const versions = { base: before, ours: mine, theirs: their };
    if (comparison === undefined || comparison.isChangedBy(side, versions)) yield compared(name, versions, comparison);
  }
}

const hasOtherNames = (base: TableVersion | undefined, ours: TableVersion | undefined): boolean =>
  base !== undefined && ours !== undefined && !sameNames(base, ours);

/**
 * A row in three states, as `differingRows` gives it, or would if it differed.
 * @throws AergoError AERGO_STATE_INVALID and what the states' source throws
 */
export function readThreeRows(
  states: Readonly<Record<keyof ThreeStates, State>>,
  table: string,
  name: string,
): RowVersions {
  const [base, side] = [states.base.table(table), states.ours.table(table)];
  const row = {
    base: states.base.readRow(table, name) ?? null,
    ours: states.ours.readRow(table, name) ?? null,
    theirs: states.theirs.readRow(table, name) ?? null,
  };
  if (base === undefined || side === undefined) return row;
  return { ...row, base: sameNames(base, side) ? new RowComparison(base.schema, side.schema).baseOf(row) : null };
}

/** How rows are compared where the sides have another schema than the base; undefined: as lines. */
function comparisonOf(base: TableVersion | undefined, side: TableVersion | undefined): RowComparison | undefined {
  if (base === undefined || side === undefined || base.schemaId === side.schemaId) return undefined;
  return new RowComparison(base.schema, side.schema);
}

function* differencesOfBoth(
  source: ObjectSource,
  ours: TableVersion | undefined,
  theirs: TableVersion | undefined,
  cache: NodeCache,
): Generator<ThreeRows, void, undefined> {
  for (const { name, before = null, after = null } of diffTables(source, ours, theirs, cache)) {
    yield { name, base: null, ours: before, theirs: after, changedBy: 'both' };
  }
}

/** A row that one side alone has in another line than the base. */
function rowOf(change: RowChange, side: 'ours' | 'theirs', comparison: RowComparison | undefined): ThreeRows {
  const { name, before = null, after = null } = change;
  const [ours, theirs] = side === 'ours' ? [after, before] : [before, after];
  return compared(name, { base: before, ours, theirs }, comparison);
}

/** A row with who changed it. */
function compared(name: string, row: RowVersions, comparison: RowComparison | undefined): ThreeRows {
  const isOf = (side: 'ours' | 'theirs') => comparison?.isChangedBy(side, row) ?? row[side] !== row.base;
  const changedBy = !isOf('theirs') ? 'ours' : isOf('ours') ? 'both' : 'theirs';
  return { name, ...row, base: comparison?.baseOf(row) ?? row.base, changedBy };
}
