/**
 * Reading rows of a table: one by name, or a range in either direction. Reads only the nodes on the way.
 */
import type { Oid } from '../object/oid.ts';
import type { ObjectSource } from '../object/source.ts';
import { placeOf } from './level-cursor.ts';
import { NodeCache } from './node-cache.ts';
import type { NodeItems, Page } from './page.ts';
import type { Row } from './row.ts';
import { rowShape } from './row-shape.ts';
import { maxLevels, stateInvalid, type Table } from './table-root.ts';

/** Which rows to read, by name; without anything, all. */
export interface RowRange {
  /** The first name, itself included. */
  readonly from?: string;
  /** Where to stop, itself not included. */
  readonly to?: string;
  /** Only names that start so: the first columns of a key as `nameOfKey` writes them. */
  readonly prefix?: string;
  /** From the last row to the first. */
  readonly reverse?: boolean;
}

/**
 * A row's line.
 * @returns undefined when the table has no such row
 * @throws AergoError AERGO_STATE_INVALID and what the source throws for a damaged tree
 */
export function readRow(
  source: ObjectSource,
  table: Table,
  name: string,
  cache: NodeCache = new NodeCache(),
): string | undefined {
  const page = pageFor(source, table, name, cache);
  return page && lineIn(page, name);
}

/** Reads rows of a table as `readRow` does; many rows in name order at the cost of their pages alone. */
export class RowReader {
  readonly #source: ObjectSource;
  readonly #table: Table;
  readonly #cache: NodeCache;
  #page: Page | undefined;

  constructor(source: ObjectSource, table: Table, cache: NodeCache) {
    this.#source = source;
    this.#table = table;
    this.#cache = cache;
  }

  /** The line of the row; undefined when there is none. */
  read(name: string): string | undefined {
    const { names } = this.#page ?? { names: [] };
    const [first] = names;
    const last = names.at(-1);
    const isHere = first !== undefined && last !== undefined && first <= name && name <= last;
    if (!isHere) this.#page = pageFor(this.#source, this.#table, name, this.#cache);
    return this.#page && lineIn(this.#page, name);
  }
}

function lineIn(page: Page, name: string): string | undefined {
  const place = placeOf(page.names, name);
  return page.names[place] === name ? page.values[place] : undefined;
}

/** The page that a row of this name stands in, or would. */
function pageFor(source: ObjectSource, { schema, root }: Table, name: string, cache: NodeCache): Page | undefined {
  let { mode, oid } = root;
  for (let level = 0; mode === '40000'; level += 1) {
    if (level === maxLevels) throw stateInvalid('a table has too many levels');
    const node = cache.node(source, oid);
    const child = node.values[placeOf(node.names, name)];
    if (child === undefined) return undefined;
    oid = child;
    mode = node.mode;
  }
  return cache.page(source, rowShape(schema), oid);
}

interface Frame {
  readonly items: NodeItems<Oid>;
  readonly mode: '100644' | '40000';
  /** The place of the next child to enter, and where to stop. */
  next: number;
  readonly stop: number;
}

/**
 * Rows in name order, or in reverse. A page is read when its first row is asked for.
 * @throws AergoError while iterating: AERGO_STATE_INVALID and what the source throws for a damaged tree
 */
export function* scanRows(
  source: ObjectSource,
  { schema, root }: Table,
  range: RowRange = {},
  cache: NodeCache = new NodeCache(),
): Generator<Row, void, undefined> {
  const shape = rowShape(schema);
  const { first, end } = bounds(range);
  const step = range.reverse === true ? -1 : 1;
  const frames: Frame[] = [];
  let before: string | undefined;
  let { mode, oid }: { mode: '100644' | '40000'; oid: Oid } = root;
  for (;;) {
    if (mode === '40000') {
      if (frames.length === maxLevels) throw stateInvalid('a table has too many levels');
      const node = cache.node(source, oid);
      // The child before the first name in the range may hold rows of it.
      const low = first === '' ? 0 : placeOf(node.names, first);
      frames.push({ items: node, mode: node.mode, ...span(low, firstFrom(node.names, end), step) });
    } else {
      const page = cache.page(source, shape, oid, false);
      before = checkedOrder(page, before, step);
      const { next, stop } = span(firstFrom(page.names, first), firstFrom(page.names, end), step);
      for (let at = next; at !== stop; at += step) {
        yield { name: page.names[at] ?? '', line: page.values[at] ?? '' };
      }
    }
    let frame = frames.at(-1);
    while (frame !== undefined && frame.next === frame.stop) {
      frames.pop();
      frame = frames.at(-1);
    }
    if (frame === undefined) return;
    oid = frame.items.values[frame.next] ?? root.oid;
    mode = frame.mode;
    frame.next += step;
  }
}

/**
 * The name up to which a scan has come with a page. Pages must follow each other: else a tree that has a page in many places
 * could be walked for ever.
 */
function checkedOrder(page: Page, before: string | undefined, step: 1 | -1): string | undefined {
  const near = step === 1 ? page.names[0] : page.names.at(-1);
  const far = step === 1 ? page.names.at(-1) : page.names[0];
  if (near === undefined || before === undefined) return far;
  if (step === 1 ? near <= before : near >= before) throw stateInvalid(`page ${page.names[0]} is not in its place`);
  return far;
}

/** The range as a first name and an end; an undefined end is none. */
function bounds({ from = '', to, prefix }: RowRange): { first: string; end: string | undefined } {
  if (prefix === undefined || prefix === '') return { first: from, end: to };
  // Names are of ASCII up to `~`: what starts with the prefix comes before the prefix and DEL.
  const after = `${prefix}\u007f`;
  return { first: from > prefix ? from : prefix, end: to !== undefined && to < after ? to : after };
}

/** The place of the first item from a name on. */
function firstFrom(names: readonly string[], name: string | undefined): number {
  if (name === undefined) return names.length;
  const place = placeOf(names, name);
  const found = names[place];
  return found === undefined || found >= name ? place : place + 1;
}

function span(low: number, high: number, step: 1 | -1): { next: number; stop: number } {
  if (high <= low) return { next: low, stop: low };
  return step === 1 ? { next: low, stop: high } : { next: high - 1, stop: low - 1 };
}
