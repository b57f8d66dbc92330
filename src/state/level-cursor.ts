/**
 * A place among the nodes of one level of a table's tree, found from the root; only nodes on the way are read.
 */
import type { ObjectSource } from '../object/source.ts';
import type { NodeCache, TreeNode } from './node-cache.ts';
import type { NodeRef } from './node-writer.ts';
import { maxLevels, stateInvalid, type TableRoot } from './table-root.ts';

interface Step {
  readonly node: TreeNode;
  index: number;
}

/**
 * The level of a table's root: 0 for a page.
 * @param name of a row: the way down is the one to it
 * @throws AergoError AERGO_STATE_INVALID deeper than any table
 */
export function rootLevel(source: ObjectSource, root: TableRoot, name: string, cache: NodeCache): number {
  let { mode, oid } = root;
  let level = 0;
  while (mode === '40000') {
    if (level === maxLevels) throw stateInvalid('a table has too many levels');
    level += 1;
    const node = cache.node(source, oid);
    mode = node.mode;
    oid = node.values[placeOf(node.names, name)] ?? oid;
  }
  return level;
}

/** Where the item with a name belongs: the last one whose name is not greater, or the first. */
export function placeOf(names: readonly string[], name: string): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((names[middle] ?? '') <= name) low = middle + 1;
    else high = middle;
  }
  return Math.max(low - 1, 0);
}

/** The nodes of one level, in order. Stands on none until `seek`. */
export class LevelCursor {
  readonly #source: ObjectSource;
  readonly #cache: NodeCache;
  readonly #root: TableRoot;
  readonly #depth: number;
  #steps: Step[] = [];

  /** @param depth levels between the root's and this one: 0 for the root alone */
  constructor(source: ObjectSource, cache: NodeCache, root: TableRoot, depth: number) {
    this.#source = source;
    this.#cache = cache;
    this.#root = root;
    this.#depth = depth;
  }

  /** Goes to the node that has the item with this name, or would have it. */
  seek(name: string): NodeRef {
    const steps: Step[] = [];
    for (let at = 0; at < this.#depth; at += 1) {
      const node = this.#nodeUnder(steps[at - 1]);
      steps.push({ node, index: placeOf(node.names, name) });
    }
    this.#steps = steps;
    return this.#current();
  }

  /** Goes to the next node; undefined, and stays, when there is none. */
  next(): NodeRef | undefined {
    let at = this.#lastStepWithNext();
    const step = this.#steps[at];
    if (step === undefined) return undefined;
    step.index += 1;
    for (at += 1; at < this.#depth; at += 1) {
      this.#steps[at] = { node: this.#nodeUnder(this.#steps[at - 1]), index: 0 };
    }
    return this.#current();
  }

  /** The first name of the next node; undefined when there is none. */
  nextName(): string | undefined {
    const step = this.#steps[this.#lastStepWithNext()];
    return step?.node.names[step.index + 1];
  }

  #lastStepWithNext(): number {
    let at = this.#depth - 1;
    while (at >= 0) {
      const step = this.#steps[at];
      if (step !== undefined && step.index + 1 < step.node.names.length) break;
      at -= 1;
    }
    return at;
  }

  #nodeUnder(step: Step | undefined): TreeNode {
    return this.#cache.node(this.#source, step?.node.values[step.index] ?? this.#root.oid);
  }

  #current(): NodeRef {
    const step = this.#steps[this.#depth - 1];
    if (step === undefined) return { name: '', oid: this.#root.oid };
    return { name: step.node.names[step.index] ?? '', oid: step.node.values[step.index] ?? this.#root.oid };
  }
}
