/**
 * The difference of two versions of a table, row by row in name order. Nodes that both versions have are never read.
 */
import type { Oid } from '../object/oid.ts';
import type { ObjectSource } from '../object/source.ts';
import { NodeCache } from './node-cache.ts';
import type { NodeItems } from './page.ts';
import { type RowShape, rowShape } from './row-shape.ts';
import { maxLevels, stateInvalid, type Table, type TableRoot } from './table-root.ts';

/** A row that differs: its lines on either side, absent where there is no such row. */
export interface RowChange {
  readonly name: string;
  readonly before?: string;
  readonly after?: string;
}

type Frame =
  | { readonly kind: 'rows'; readonly items: NodeItems<string>; index: number }
  | { readonly kind: 'pages' | 'nodes'; readonly items: NodeItems<Oid>; index: number };

/** A walk over a table that stands on a row, or before a node that it may enter or pass over. */
class Walk {
  readonly #source: ObjectSource;
  readonly #cache: NodeCache;
  readonly #shape: RowShape;
  readonly #frames: Frame[] = [];
  /** The last name of the last page entered. */
  #last = '';

  constructor(source: ObjectSource, cache: NodeCache, { schema, root }: Table) {
    this.#source = source;
    this.#cache = cache;
    this.#shape = rowShape(schema);
    this.#push(root);
    this.#settle();
  }

  /** The name of the row, or of the node's first row; undefined at the end. */
  get name(): string | undefined {
    const frame = this.#frames.at(-1);
    return frame?.items.names[frame.index];
  }

  /** The line of the row, or the id of the node. */
  get value(): string {
    const frame = this.#frames.at(-1);
    return frame?.items.values[frame.index] ?? '';
  }

  get onRow(): boolean {
    return this.#frames.at(-1)?.kind === 'rows';
  }

  /** Nodes that it has entered on the way to where it stands. */
  get depth(): number {
    return this.#frames.length;
  }

  /** Goes past the row or the node. */
  pass(): void {
    const frame = this.#frames.at(-1);
    if (frame !== undefined) frame.index += 1;
    this.#settle();
  }

  /** Goes into the node that it stands before. */
  enter(): void {
    const frame = this.#frames.at(-1);
    if (frame === undefined || frame.kind === 'rows') return;
    const oid = frame.items.values[frame.index];
    const name = frame.items.names[frame.index];
    frame.index += 1;
    if (oid === undefined) return;
    this.#push({ oid, mode: frame.kind === 'pages' ? '100644' : '40000' });
    if (this.name !== name) throw stateInvalid(`the node ${name} starts with another row`, { oid });
  }

  #push({ oid, mode }: TableRoot): void {
    if (this.#frames.length > maxLevels) throw stateInvalid('a table has too many levels');
    if (mode === '100644') {
      const page = this.#cache.page(this.#source, this.#shape, oid);
      // Pages must follow each other: else a tree that has a page in many places could be walked for ever.
      if ((page.names[0] ?? '~') <= this.#last)
        throw stateInvalid(`page ${page.names[0]} is not in its place`, { oid });
      this.#last = page.names.at(-1) ?? this.#last;
      this.#frames.push({ kind: 'rows', items: page, index: 0 });
    } else {
      const node = this.#cache.node(this.#source, oid);
      this.#frames.push({ kind: node.mode === '100644' ? 'pages' : 'nodes', items: node, index: 0 });
    }
  }

  #settle(): void {
    for (let frame = this.#frames.at(-1); frame !== undefined; frame = this.#frames.at(-1)) {
      if (frame.index < frame.items.names.length) return;
      this.#frames.pop();
    }
  }
}

/**
 * How many levels more one tree has than another. Goes down the first nodes of both only as far as they differ: from an
 * equal node on, the heights are equal.
 */
function heightDifference(source: ObjectSource, cache: NodeCache, a: TableRoot, b: TableRoot): number {
  let left = a;
  let right = b;
  let difference = 0;
  for (let level = 0; left.oid !== right.oid && (left.mode === '40000' || right.mode === '40000'); level += 1) {
    if (level > maxLevels) throw stateInvalid('a table has too many levels');
    if (left.mode !== '40000') difference -= 1;
    if (right.mode !== '40000') difference += 1;
    left = firstChild(source, cache, left);
    right = firstChild(source, cache, right);
  }
  return difference;
}

function firstChild(source: ObjectSource, cache: NodeCache, root: TableRoot): TableRoot {
  if (root.mode === '100644') return root;
  const { mode, values } = cache.node(source, root.oid);
  return { mode, oid: values[0] ?? root.oid };
}

/**
 * The rows that differ between two versions of a table, in name order.
 * @param a the version before; undefined when there was none: then all rows of `b` are new
 * @throws AergoError while iterating: AERGO_STATE_INVALID and what the source throws for a damaged tree
 */
export function* diffTables(
  source: ObjectSource,
  a: Table | undefined,
  b: Table | undefined,
  cache: NodeCache = new NodeCache(),
): Generator<RowChange, void, undefined> {
  // Where the key is another one, a row is another row, and equal nodes do not hold the same rows.
  const comparable = a !== undefined && b !== undefined && sameNames(a, b);
  if (comparable && a.root.oid === b.root.oid) return;
  const left = a && new Walk(source, cache, a);
  const right = b && new Walk(source, cache, b);
  const higher = comparable ? heightDifference(source, cache, a.root, b.root) : 0;
  for (;;) {
    const before = left?.name;
    const after = right?.name;
    if (left !== undefined && before !== undefined && (after === undefined || before < after)) {
      // A node that starts with a row which the other side has not is no node of the other side: entering misses nothing.
      if (left.onRow) {
        yield { name: before, before: left.value };
        left.pass();
      } else left.enter();
    } else if (right !== undefined && after !== undefined && (before === undefined || after < before)) {
      if (right.onRow) {
        yield { name: after, after: right.value };
        right.pass();
      } else right.enter();
    } else if (left !== undefined && right !== undefined && before !== undefined) {
      if (left.onRow && right.onRow) {
        if (left.value !== right.value) yield { name: before, before: left.value, after: right.value };
        left.pass();
        right.pass();
      } else if (comparable && left.value === right.value) {
        left.pass();
        right.pass();
      } else enterHigher(left, right, higher);
    } else return;
  }
}

/** Enters the node of the higher level, so that a node is compared with one of its own level; both where they are equal. */
function enterHigher(left: Walk, right: Walk, higher: number): void {
  const difference = higher - left.depth + right.depth;
  const enterLeft = right.onRow || (!left.onRow && difference >= 0);
  const enterRight = left.onRow || (!right.onRow && difference <= 0);
  if (enterLeft) left.enter();
  if (enterRight) right.enter();
}

/** Whether rows of the two are the same rows where they have the same name: whether their keys are alike. */
export function sameNames(a: Table, b: Table): boolean {
  return rowShape(a.schema).keySignature === rowShape(b.schema).keySignature;
}
