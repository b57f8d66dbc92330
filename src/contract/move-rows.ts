/**
 * Moves the engine's rows from the state they are of to another: by the difference of the tables' trees, or, where there is
 * no common ground, from the pages. Contracts that changed are installed anew; tables they keep keep their rows.
 */
import type { Oid } from '../object/oid.ts';
import type { ObjectSource } from '../object/source.ts';
import type { RowChange } from '../state/difference.ts';
import type { Row } from '../state/row.ts';
import type { TableSchema } from '../state/schema.ts';
import { State } from '../state/state.ts';
import { diffStates } from '../state/state-difference.ts';
import type { EngineThread } from './engine-thread.ts';
import { contractOf } from './gate.ts';
import type { RowMove } from './materialiser.ts';
import type { ParsedContract } from './parsed-contract.ts';
import { isBuiltIn } from './type-rules.ts';

/** Rows, or changes of rows, of one message. */
const piece = 25_000;
/** Above so many changes, and this share of a table, its rows are loaded again. */
const reloadFrom = 20_000;
const reloadShare = 0.1;

/** What the move needs of the engine. */
export interface MoveTarget {
  readonly thread: EngineThread;
  /** What is installed; kept up to date. */
  readonly contracts: Map<string, ParsedContract>;
}

/**
 * Moves inside one SQL transaction.
 * @param from the state that the rows are of; null: of none, everything is made anew
 * @returns how many rows were written
 * @throws whatever the thread or the source throws; the thread is then of no state any more and has to be discarded
 */
export async function moveRows(target: MoveTarget, source: ObjectSource, from: Oid | null, to: Oid): Promise<number> {
  const { thread } = target;
  const goal = State.open(source, to);
  await thread.request('moveBegin', {});
  const written =
    from === null ? await moveFromNothing(target, goal) : await moveByDifference(target, source, from, goal);
  await thread.request('moveEnd', { position: to });
  return written;
}

/**
 * Moves inside a SQL transaction that the caller takes back: the rows of another state, to look at.
 * @throws as `moveRows`
 */
export async function visitRows(target: MoveTarget, source: ObjectSource, from: Oid, to: Oid): Promise<void> {
  await target.thread.request('moveBegin', {});
  await moveByDifference(target, source, from, State.open(source, to));
}

/** How many rows would be written to come from one state to another, counted no further than to `limit`. */
export async function distance(
  { thread, contracts }: MoveTarget,
  source: ObjectSource,
  from: Oid,
  to: Oid,
  limit: number,
): Promise<number> {
  const difference = diffStates(source, from, to);
  let rows = 0;
  for (const { changes } of difference.tables) {
    for (const _ of changes) {
      rows += 1;
      if (rows > limit) return rows;
    }
  }
  // A contract that is installed anew has all its rows written again.
  const tables = difference.contracts.flatMap((name) =>
    (contracts.get(name)?.tables ?? []).map((table) => `${name}.${table.name}`),
  );
  for (const table of tables) rows += await thread.request('count', { table });
  return rows;
}

async function moveFromNothing(target: MoveTarget, goal: State): Promise<number> {
  for (const name of [...target.contracts.keys()]) await drop(target, name);
  for (const name of goal.contracts()) await install(target, goal, name, []);
  let written = 0;
  for (const table of goal.tables()) written += await loadTable(target.thread, goal, table);
  return written;
}

async function moveByDifference(target: MoveTarget, source: ObjectSource, from: Oid, goal: State): Promise<number> {
  const difference = diffStates(source, from, goal.oid);
  const emptied = await installChanged(target, State.open(source, from), goal, difference.contracts);
  let written = 0;
  for (const { table, after, changes } of difference.tables) {
    if (after !== undefined && !emptied.has(table)) written += await changeTable(target.thread, goal, table, changes);
  }
  // Also such whose rows do not differ: of a contract that has other types.
  for (const table of emptied) written += await loadTable(target.thread, goal, table);
  return written;
}

/** Gives the tables that have no rows any more, or never had. */
async function installChanged(
  target: MoveTarget,
  start: State,
  goal: State,
  changed: readonly string[],
): Promise<Set<string>> {
  const emptied = new Set<string>();
  for (const name of changed) {
    if (goal.contract(name) === undefined) {
      await drop(target, name);
      continue;
    }
    const tables = goal.tables(name);
    const sameTypes =
      typesOf(target.contracts.get(name)) === typesOf(await contractOf(goal.contract(name)?.source ?? ''));
    const kept = tables.filter((table) => {
      const before = start.table(table)?.schema;
      const after = goal.table(table)?.schema;
      if (before === undefined || after === undefined || !sameRows(before, after)) return false;
      // Rows of the old type may not fit the new one before they are changed: an enum's label that is gone.
      return sameTypes || after.columns.every((column) => isBuiltIn(column.type));
    });
    for (const table of tables) if (!kept.includes(table)) emptied.add(table);
    await install(
      target,
      goal,
      name,
      kept.map((table) => table.slice(name.length + 1)),
    );
  }
  return emptied;
}

/** Whether a row of the one table is a row of the other: only their indexes may differ. */
export function sameRows(a: TableSchema, b: TableSchema): boolean {
  const rows = ({ columns, key, elements }: TableSchema): string =>
    JSON.stringify([columns.map((column) => Object.entries(column).sort()), key, elements]);
  return rows(a) === rows(b);
}

/** The enums and domains of a contract, as written. */
function typesOf(contract: ParsedContract | undefined): string {
  const statements = contract?.statements ?? [];
  return JSON.stringify(statements.filter(({ kind }) => kind === 'enum' || kind === 'domain').map(({ text }) => text));
}

async function drop({ thread, contracts }: MoveTarget, name: string): Promise<void> {
  await thread.request('drop', { name });
  contracts.delete(name);
}

async function install(
  { thread, contracts }: MoveTarget,
  goal: State,
  name: string,
  kept: readonly string[],
): Promise<void> {
  const contract = await contractOf(goal.contract(name)?.source ?? '');
  await thread.request('install', { name, contract, kept });
  contracts.set(name, contract);
}

async function loadTable(thread: EngineThread, goal: State, table: string): Promise<number> {
  return inPieces<Row>(goal.scanRows(table), async (rows) => {
    await thread.request('load', { table, lines: rows.map((row) => row.line) });
  });
}

async function changeTable(
  thread: EngineThread,
  goal: State,
  table: string,
  changes: Iterable<RowChange>,
): Promise<number> {
  if (isMoreThan(changes, reloadFrom)) {
    const rows = await thread.request('count', { table });
    if (isMoreThan(changes, Math.max(reloadFrom, rows * reloadShare))) {
      await thread.request('empty', { table });
      return loadTable(thread, goal, table);
    }
  }
  // All deletions come first: a unique value may pass from one row to another.
  const removals = mapped(changes, ({ before }) => (before === undefined ? undefined : { before, after: null }));
  const additions = mapped(changes, ({ after }) => (after === undefined ? undefined : { before: null, after }));
  const change = async (moves: RowMove[]): Promise<void> => {
    await thread.request('change', { table, moves });
  };
  return (await inPieces(removals, change)) + (await inPieces(additions, change));
}

function isMoreThan(items: Iterable<unknown>, limit: number): boolean {
  let count = 0;
  for (const _ of items) {
    count += 1;
    if (count > limit) return true;
  }
  return false;
}

function* mapped<A, B>(items: Iterable<A>, map: (item: A) => B | undefined): Iterable<B> {
  for (const item of items) {
    const result = map(item);
    if (result !== undefined) yield result;
  }
}

/** Sends pieces one ahead of the other: the next is read from the trees while the worker takes the last. */
async function inPieces<Item>(items: Iterable<Item>, send: (items: Item[]) => Promise<void>): Promise<number> {
  let count = 0;
  let pieceItems: Item[] = [];
  let sending: Promise<void> = Promise.resolve();
  const flush = async (): Promise<void> => {
    const full = pieceItems;
    pieceItems = [];
    count += full.length;
    await sending;
    sending = send(full);
    // A failure is met at the next await; until then it must not count as unhandled.
    sending.catch(() => undefined);
  };
  for (const item of items) {
    pieceItems.push(item);
    if (pieceItems.length >= piece) await flush();
  }
  if (pieceItems.length > 0) await flush();
  await sending;
  return count;
}
