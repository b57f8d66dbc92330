/**
 * Writing one level of a table's tree: items in name order come in, nodes go out where boundary.ts ends them.
 */

import { objectId } from '../object/object.ts';
import type { Oid } from '../object/oid.ts';
import type { ObjectBuffer } from '../object/source.ts';
import { encodeTree, type TreeMode } from '../object/tree.ts';
import { endsNode, endsPage, entryLength } from './boundary.ts';
import type { NodeCache } from './node-cache.ts';
import { encodePage } from './page.ts';
import type { RowShape } from './row-shape.ts';

/** A node by its first row's name. */
export interface NodeRef {
  readonly name: string;
  readonly oid: Oid;
}

/** What differs between levels: how long an item is, and how a node of items becomes an object. */
export interface Level<T> {
  /** 0 for pages, 1 for the nodes above them, and so on. */
  readonly level: number;
  length(name: string, value: T): number;
  seal(names: string[], values: T[]): Oid;
}

/** Gathers items of one level into nodes; each node is given to `emit` when it is sealed. */
export class NodeWriter<T> {
  readonly #level: Level<T>;
  readonly #emit: (node: NodeRef) => void;
  #names: string[] = [];
  #values: T[] = [];
  #sum = 0;

  constructor(level: Level<T>, emit: (node: NodeRef) => void) {
    this.#level = level;
    this.#emit = emit;
  }

  /** Whether a node has just ended, so that the next item starts one. */
  get fresh(): boolean {
    return this.#names.length === 0;
  }

  add(name: string, value: T): void {
    const { level } = this.#level;
    const length = this.#level.length(name, value);
    this.#names.push(name);
    this.#values.push(value);
    this.#sum += length;
    const ends = level === 0 ? endsPage(name, length, this.#sum) : endsNode(level, name, this.#sum, this.#names.length);
    if (ends) this.flush();
  }

  /** Ends the node that is being gathered, if there is one: for the end of the level. */
  flush(): void {
    const name = this.#names[0];
    if (name === undefined) return;
    const names = this.#names;
    const values = this.#values;
    this.#names = [];
    this.#values = [];
    this.#sum = 0;
    this.#emit({ name, oid: this.#level.seal(names, values) });
  }
}

/** The level of pages, written to a buffer; with a shape and a cache, what is written is also kept decoded. */
export function pageLevel(buffer: ObjectBuffer, kept?: { shape: RowShape; cache: NodeCache }): Level<string> {
  return {
    level: 0,
    length: (_name, line) => Buffer.byteLength(line, 'utf8'),
    seal(names, lines) {
      const oid = buffer.put('blob', encodePage(lines));
      kept?.cache.keepPage(kept.shape, oid, { names, values: lines });
      return oid;
    },
  };
}

/** What the children of a node of a level are. */
export function childMode(level: number): '100644' | '40000' {
  return level === 1 ? '100644' : '40000';
}

/** A node with one entry that may turn out to be no part of the tree, because it is alone on its level. */
export interface LoneNode {
  readonly body: Uint8Array;
  readonly child: Oid;
}

/**
 * A level of nodes above the pages.
 * @param lone takes the nodes with one entry instead of the buffer, until it is known whether they stay
 */
export function nodeLevel(
  level: number,
  buffer: ObjectBuffer,
  { cache, lone }: { cache?: NodeCache; lone?: Map<Oid, LoneNode> } = {},
): Level<Oid> {
  const mode: TreeMode = childMode(level);
  return {
    level,
    length: entryLength,
    seal(names, oids) {
      const body = encodeTree(names.map((name, at) => ({ mode, name, oid: oids[at] as Oid })));
      const child = names.length === 1 ? oids[0] : undefined;
      if (child !== undefined && lone !== undefined) {
        const oid = objectId('tree', body);
        lone.set(oid, { body, child });
        return oid;
      }
      const oid = buffer.put('tree', body);
      cache?.keepNode(oid, { mode: childMode(level), names, values: oids });
      return oid;
    },
  };
}
