/**
 * A table's tree from its rows: what every other way of coming to the same rows has to give, object for object.
 */

import type { Oid } from '../object/oid.ts';
import type { ObjectBuffer } from '../object/source.ts';
import { type NodeRef, NodeWriter, nodeLevel, pageLevel } from './node-writer.ts';
import { type Row, rowInvalid } from './row.ts';
import { emptyTable, type TableRoot } from './table-root.ts';

/** The levels from a given one up: each is begun by the first node of the one below. */
class UpperLevels {
  readonly #buffer: ObjectBuffer;
  readonly #first: number;
  readonly #writers: NodeWriter<Oid>[] = [];
  readonly #counts: number[] = [];
  #last: NodeRef | undefined;

  constructor(buffer: ObjectBuffer, first: number) {
    this.#buffer = buffer;
    this.#first = first;
  }

  /** Takes a node of the level below `first`. */
  add(node: NodeRef): void {
    this.#add(0, node);
  }

  #add(index: number, node: NodeRef): void {
    let writer = this.#writers[index];
    if (writer === undefined) {
      writer = new NodeWriter(nodeLevel(this.#first + index, this.#buffer), (made) => this.#add(index + 1, made));
      this.#writers[index] = writer;
    }
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#last = node;
    writer.add(node.name, node.oid);
  }

  /** The root: the only node of its level. Undefined when there was no node at all. */
  finish(): TableRoot | undefined {
    for (let index = 0; index < this.#writers.length; index += 1) {
      if (this.#counts[index] === 1 && this.#last !== undefined) {
        return { oid: this.#last.oid, mode: this.#first + index === 1 ? '100644' : '40000' };
      }
      this.#writers[index]?.flush();
    }
    return undefined;
  }
}

/**
 * Writes a table's tree.
 * @param rows in name order; read once, so a table need not fit in memory beside its objects
 * @throws AergoError AERGO_ROW_INVALID for a row that does not come after the one before, or whose line has no LF
 */
export function buildTable(buffer: ObjectBuffer, rows: Iterable<Row>): TableRoot {
  const upper = new UpperLevels(buffer, 1);
  const pages = new NodeWriter(pageLevel(buffer), (node) => upper.add(node));
  let before = '';
  for (const { name, line } of rows) {
    if (name <= before) throw rowInvalid(`row ${name} does not come after row ${before}`);
    if (!line.endsWith('\n')) throw rowInvalid(`the line of row ${name} does not end with LF`);
    pages.add(name, line);
    before = name;
  }
  pages.flush();
  return upper.finish() ?? emptyTable(buffer);
}

/**
 * Writes the levels above some nodes, as `buildTable` would.
 * @param level of the first level to write
 * @param nodes all nodes of the level below, in name order; at least one, and of one only itself is the root
 */
export function buildAbove(buffer: ObjectBuffer, level: number, nodes: Iterable<NodeRef>): TableRoot {
  const upper = new UpperLevels(buffer, level);
  for (const node of nodes) upper.add(node);
  return upper.finish() ?? emptyTable(buffer);
}
