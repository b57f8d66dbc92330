/**
 * Changing rows of a table: gives exactly the tree that `buildTable` gives for the new rows, and reads and writes only the
 * pages of the changed rows, those that a shifted end runs on into, and the nodes above them.
 *
 * Every level is done the same way: from the start of each node that has a change, items go through the rule of ends until
 * an old end is met again; from there on the old nodes stand. Nodes gone and come are the changes of the level above.
 */
import type { Oid } from '../object/oid.ts';
import type { ObjectBuffer } from '../object/source.ts';
import { buildAbove, buildTable } from './build-table.ts';
import { LevelCursor, placeOf, rootLevel } from './level-cursor.ts';
import { NodeCache } from './node-cache.ts';
import { childMode, type Level, type LoneNode, type NodeRef, NodeWriter, nodeLevel, pageLevel } from './node-writer.ts';
import type { NodeItems } from './page.ts';
import { rowInvalid } from './row.ts';
import { rowShape } from './row-shape.ts';
import { emptyTable, stateInvalid, type Table, type TableRoot } from './table-root.ts';

/** What becomes of a row: its new line, or null when it is deleted. */
export interface RowUpdate {
  readonly name: string;
  readonly line: string | null;
}

interface Change<T> {
  readonly name: string;
  readonly value: T | null;
}

interface LevelResult {
  readonly gone: NodeRef[];
  readonly come: NodeRef[];
}

/**
 * The table with some rows changed.
 * @param changes in any order, each name once; to delete a row that is not there, or write one as it is, changes nothing
 * @param cache nodes already decoded, and where new ones are kept; give the same one to reads of the same tables
 * @returns the new root; the old one when nothing changed
 * @throws AergoError AERGO_ROW_INVALID for a name given twice or a line that is not the named row's; AERGO_STATE_INVALID and
 * what the buffer's source throws for a damaged tree
 */
export function updateTable(
  buffer: ObjectBuffer,
  table: Table,
  changes: readonly RowUpdate[],
  cache: NodeCache = new NodeCache(),
): TableRoot {
  const { schema, root } = table;
  const shape = rowShape(schema);
  const rows = sortedChanges(changes.map(({ name, line }) => ({ name, value: line })));
  for (const { name, value } of rows) {
    if (value !== null && shape.nameOfLine(value) !== name)
      throw rowInvalid(`the line of row ${name} is another row's`);
  }
  if (root.mode === '100644' && cache.page(buffer, shape, root.oid).names.length === 0) {
    return buildTable(
      buffer,
      rows.flatMap(({ name, value }) => (value === null ? [] : [{ name, line: value }])),
    );
  }
  const first = rows[0];
  if (first === undefined) return root;
  const lone = new Map<Oid, LoneNode>();
  const height = rootLevel(buffer, root, first.name, cache);
  const readPage = (oid: Oid) => cache.page(buffer, shape, oid);
  const pages = new LevelCursor(buffer, cache, root, height);
  let result = updateLevel(pageLevel(buffer, { shape, cache }), pages, readPage, rows);
  for (let level = 1; level <= height; level += 1) {
    if (result.gone.length === 0) return root;
    const entries = entryChanges(result);
    const cursor = new LevelCursor(buffer, cache, root, height - level);
    const readNode = (oid: Oid) => cache.node(buffer, oid);
    result = updateLevel(nodeLevel(level, buffer, { cache, lone }), cursor, readNode, entries);
  }
  return newRoot(buffer, cache, root, height, result, lone);
}

function sortedChanges<T>(changes: Change<T>[]): Change<T>[] {
  changes.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  for (let at = 1; at < changes.length; at += 1) {
    const name = changes[at]?.name;
    if (name !== undefined && name === changes[at - 1]?.name) throw rowInvalid(`row ${name} is changed twice at once`);
  }
  return changes;
}

/** Nodes gone and come, as changes of the entries of the level above. */
function entryChanges({ gone, come }: LevelResult): Change<Oid>[] {
  const changes = new Map<string, Change<Oid>>();
  for (const { name } of gone) changes.set(name, { name, value: null });
  for (const { name, oid } of come) changes.set(name, { name, value: oid });
  return sortedChanges([...changes.values()]);
}

function updateLevel<T>(
  level: Level<T>,
  cursor: LevelCursor,
  read: (oid: Oid) => NodeItems<T>,
  changes: readonly Change<T>[],
): LevelResult {
  const gone: NodeRef[] = [];
  const come: NodeRef[] = [];
  const writer = new NodeWriter(level, (node) => come.push(node));
  let at = 0;
  while (at < changes.length) {
    let node: NodeRef | undefined = cursor.seek(changes[at]?.name ?? '');
    while (node !== undefined) {
      const items = read(node.oid);
      if (node.name !== '' && items.names[0] !== node.name) {
        throw stateInvalid(`the node ${node.name} starts with another row`, { oid: node.oid });
      }
      const end = endOfRun(changes, at, cursor.nextName());
      const untouched = writer.fresh && !hasEffect(items, changes, at, end);
      if (!untouched) {
        mergeInto(writer, items, changes, at, end);
        gone.push(node);
      }
      at = end;
      // An end where an old node ended: what follows is as it was, up to the next change.
      if (writer.fresh) break;
      node = cursor.next();
    }
    if (node === undefined) writer.flush();
  }
  return { gone, come };
}

/** Where the changes end that belong before a name. */
function endOfRun<T>(changes: readonly Change<T>[], from: number, before: string | undefined): number {
  if (before === undefined) return changes.length;
  let at = from;
  while (at < changes.length && (changes[at]?.name ?? '') < before) at += 1;
  return at;
}

function hasEffect<T>(items: NodeItems<T>, changes: readonly Change<T>[], from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) {
    const change = changes[at];
    if (change === undefined) continue;
    const place = placeOf(items.names, change.name);
    const there = items.names[place] === change.name ? items.values[place] : null;
    if (there !== change.value) return true;
  }
  return false;
}

function mergeInto<T>(
  writer: NodeWriter<T>,
  items: NodeItems<T>,
  changes: readonly Change<T>[],
  from: number,
  to: number,
): void {
  let at = from;
  let change = at < to ? changes[at] : undefined;
  for (let index = 0; index < items.names.length; index += 1) {
    const name = items.names[index] ?? '';
    while (change !== undefined && change.name < name) {
      if (change.value !== null) writer.add(change.name, change.value);
      at += 1;
      change = at < to ? changes[at] : undefined;
    }
    if (change?.name === name) {
      if (change.value !== null) writer.add(name, change.value);
      at += 1;
      change = at < to ? changes[at] : undefined;
    } else {
      writer.add(name, items.values[index] as T);
    }
  }
  for (; change !== undefined; change = at < to ? changes[at] : undefined) {
    if (change.value !== null) writer.add(change.name, change.value);
    at += 1;
  }
}

/** The root over the changed top level: higher where it fell into several nodes, lower where it has but one entry. */
function newRoot(
  buffer: ObjectBuffer,
  cache: NodeCache,
  root: TableRoot,
  height: number,
  { gone, come }: LevelResult,
  lone: Map<Oid, LoneNode>,
): TableRoot {
  if (gone.length === 0) return root;
  const top = come[0];
  if (top === undefined) return emptyTable(buffer);
  let result: TableRoot = { oid: top.oid, mode: height === 0 ? '100644' : '40000' };
  if (come.length > 1) {
    result = buildAbove(buffer, height + 1, come);
  } else {
    // A node alone on its level is the root, and nothing stands above it.
    for (let level = height; level > 0; level -= 1) {
      const child = onlyChild(buffer, cache, result.oid, lone);
      if (child === undefined) break;
      lone.delete(result.oid);
      result = { oid: child, mode: childMode(level) };
    }
  }
  for (const { body } of lone.values()) buffer.put('tree', body);
  return result;
}

function onlyChild(buffer: ObjectBuffer, cache: NodeCache, oid: Oid, lone: Map<Oid, LoneNode>): Oid | undefined {
  const made = lone.get(oid);
  if (made !== undefined) return made.child;
  const node = cache.node(buffer, oid);
  return node.names.length === 1 ? node.values[0] : undefined;
}
