/**
 * Going back through history with rows: newest block first, each row along the line of descent that its value came by.
 *
 * A block changed a row where its line differs from that at the first parent: what its transactions changed and changed back, it did
 * not change. An agreed or a rows merge changes the rows that it decided; any other row that is not as at its first parent came by
 * the second, and is followed there. Tables with equal trees are passed over, so the cost follows the blocks on the way and the rows that changed in them, not the rows that are looked for.
 */
import { encodeRow, type RowValues } from '../state/row.ts';
import { diffTables, type NodeCache, readRow, type Table } from '../state/table.ts';
import type { BlockId, BlockReader } from './block.ts';
import { MergeDecisions, type RowDecision } from './decisions.ts';
import { isRowMerge } from './header.ts';
import type { History } from './history.ts';
import { NewestFirst } from './newest-first.ts';
import { TableFolders } from './table-folders.ts';

export interface RowWalkContext {
  readonly reader: BlockReader;
  readonly history: History;
  readonly cache: NodeCache;
}

/** A row that a block changed. */
export interface RowStep<P> {
  readonly table: string;
  readonly name: string;
  /** What the walk was asked to carry with the row. */
  readonly payload: P;
  /** The line at the first parent; null: no such row. */
  readonly before: string | null;
  readonly after: string | null;
  /** In an agreed or a rows merge: what it decided. It may have decided for the row as it was. */
  readonly decision?: RowDecision;
}

/** Rows of one table that stand before a block, by name. */
type Waiting<P> = Map<string, P>;

/** An agreed or a rows merge: the head that was merged, and what was decided. */
interface RowMerge {
  readonly source: BlockId;
  readonly decisions: MergeDecisions;
}

const lineOf = (row: RowValues | null): string | null => (row === null ? null : encodeRow(row));

/** Up to so many rows are read one by one; more are found by walking the difference of the table. */
const readSingly = 16;

export class RowWalk<P> {
  readonly #context: RowWalkContext;
  readonly #combine: (a: P, b: P) => P;
  readonly #within: (block: BlockId) => boolean;
  readonly #queue: NewestFirst;
  readonly #waiting = new Map<BlockId, Map<string, Waiting<P>>>();
  readonly #folders: TableFolders;

  /** Told of rows that are not followed beyond a block, since the history of this copy begins with it (cut.ts). */
  onEnd: (block: BlockId, payload: P) => void = () => undefined;

  /**
   * @param combine what a row carries when it comes to a block by two ways
   * @param within where the walk goes on; it ends before every other block
   */
  constructor(context: RowWalkContext, combine: (a: P, b: P) => P, within: (block: BlockId) => boolean = () => true) {
    this.#context = context;
    this.#combine = combine;
    this.#within = within;
    this.#queue = new NewestFirst(context.history);
    this.#folders = new TableFolders(context.reader.source, context.cache);
  }

  /** Looks for the row from this block on. While the walk is under way: an ancestor of the block that it stands at. */
  follow(block: BlockId, table: string, name: string, payload: P): void {
    this.#arrive(block, table, new Map([[name, payload]]));
  }

  /** The blocks that changed rows which are looked for, with those rows; they are not followed further unless asked to. */
  *blocks(): Generator<{ readonly block: BlockId; readonly steps: readonly RowStep<P>[] }> {
    for (let block = this.#queue.take(); block !== undefined; block = this.#queue.take()) {
      const waiting = this.#waiting.get(block) ?? new Map<string, Waiting<P>>();
      this.#waiting.delete(block);
      const [parent, source] = this.#context.history.record(block).parents;
      if (parent === undefined) continue;
      if (!this.#goesOn(block, waiting)) continue;
      const merge = source === undefined ? undefined : this.#rowMerge(block, source);
      const steps = [...waiting].flatMap(([table, rows]) => this.#pass(block, parent, merge, table, rows));
      if (steps.length > 0) yield { block, steps };
    }
  }

  /** Whether what stands before the block is here. */
  #goesOn(block: BlockId, waiting: ReadonlyMap<string, Waiting<P>>): boolean {
    const { history } = this.#context;
    if (history.parentsHere(block).length === history.record(block).parents.length) return true;
    for (const rows of waiting.values()) for (const payload of rows.values()) this.onEnd(block, payload);
    return false;
  }

  #rowMerge(block: BlockId, source: BlockId): RowMerge | undefined {
    const { reader } = this.#context;
    return isRowMerge(reader.header(block)) ? { source, decisions: new MergeDecisions(reader, block) } : undefined;
  }

  /** Lets the rows of a table that the block left alone go on to where they came from; gives the others. */
  #pass(block: BlockId, parent: BlockId, merge: RowMerge | undefined, table: string, rows: Waiting<P>): RowStep<P>[] {
    const { reader } = this.#context;
    const was = this.#folders.idOf(reader.block(parent).state, table);
    const is = this.#folders.idOf(reader.block(block).state, table);
    const steps = merge === undefined ? [] : this.#decided(merge, this.#folders.table(is ?? was), table, rows);
    if (was !== is) {
      const fromSource = new Map<string, P>();
      for (const { name, before, after } of this.#changes(this.#folders.table(was), this.#folders.table(is), rows)) {
        if (!rows.has(name)) continue;
        const payload = rows.get(name) as P;
        rows.delete(name);
        if (merge === undefined) steps.push({ table, name, payload, before, after });
        else fromSource.set(name, payload);
      }
      if (merge !== undefined) this.#arrive(merge.source, table, fromSource);
    }
    this.#arrive(parent, table, rows);
    return steps;
  }

  /** Takes the rows that the merge decided out of those that wait. */
  #decided({ decisions }: RowMerge, is: Table | undefined, table: string, rows: Waiting<P>): RowStep<P>[] {
    const steps: RowStep<P>[] = [];
    for (const [name, decision] of decisions.of(table, is?.schema)) {
      if (!rows.has(name)) continue;
      const payload = rows.get(name) as P;
      rows.delete(name);
      steps.push({ table, name, payload, before: lineOf(decision.ours), after: lineOf(decision.result), decision });
    }
    return steps;
  }

  /** Of the rows that are looked for those that differ, and perhaps others. */
  *#changes(
    was: Table | undefined,
    is: Table | undefined,
    rows: Waiting<P>,
  ): Generator<{ name: string; before: string | null; after: string | null }> {
    const { cache, reader } = this.#context;
    const { source } = reader;
    if (rows.size > readSingly) {
      for (const { name, before = null, after = null } of diffTables(source, was, is, cache))
        yield { name, before, after };
      return;
    }
    const lineIn = (table: Table | undefined, name: string): string | null =>
      (table && readRow(source, table, name, cache)) ?? null;
    for (const name of [...rows.keys()]) {
      const before = lineIn(was, name);
      const after = lineIn(is, name);
      if (before !== after) yield { name, before, after };
    }
  }

  #arrive(block: BlockId, table: string, rows: Waiting<P>): void {
    if (rows.size === 0 || !this.#within(block)) return;
    // Before the cut: only what a merge took its values from is followed to there.
    if (this.#context.history.isCut && !this.#context.history.has(block)) return;
    let tables = this.#waiting.get(block);
    if (tables === undefined) {
      tables = new Map();
      this.#waiting.set(block, tables);
      this.#queue.add(block);
    }
    const there = tables.get(table);
    if (there === undefined) {
      tables.set(table, rows);
      return;
    }
    const [fewer, more] = there.size < rows.size ? [there, rows] : [rows, there];
    for (const [name, payload] of fewer) {
      const other = more.get(name);
      more.set(name, other === undefined ? payload : this.#combine(other, payload));
    }
    tables.set(table, more);
  }
}
