/**
 * The objects of a pack, found by walking trees: for what the store has no ranges for. Left out is what stands in the trees
 * of commits that the other side really has; what it may have besides is sent again, which does no harm.
 */
import type { Oid } from '../object/oid.ts';
import { type ObjectSource, readTree } from '../object/source.ts';
import { type CommitGraph, commit_bytes } from './commit-graph.ts';
import type { Filter } from './filter.ts';
import { type Turns, tree_bytes } from './turns.ts';

export interface Listed {
  /** Commits to send, each with its tree. */
  readonly commits: Iterable<Oid>;
  /** Commits whose trees the other side has whole. */
  readonly had: Iterable<Oid>;
  /** Objects asked for by name; a tree comes with what is in it, whatever the filter says of itself. */
  readonly named: Iterable<Oid>;
  readonly filter?: Filter | undefined;
}

/** The ids of the objects, each once, commits before trees and blobs. Walked while others have their turn. */
export async function listObjects(
  objects: ObjectSource,
  graph: CommitGraph,
  given: Listed,
  turns: Turns,
): Promise<Oid[]> {
  const walk = new TreeWalk(objects, given.filter ?? {}, turns);
  for (const oid of given.had) await walk.leaveOut(graph.node(oid)?.tree);
  const commits = [...given.commits];
  for (const oid of commits) await walk.tree(graph.node(oid)?.tree, 0);
  const named = new Set<Oid>();
  for (const oid of given.named) {
    named.add(oid);
    if (objects.read(oid).type === 'tree') await walk.below(oid, 0);
  }
  return [...new Set([...commits, ...named, ...walk.found])];
}

class TreeWalk {
  readonly found: Oid[] = [];
  readonly #objects: ObjectSource;
  readonly #filter: Filter;
  readonly #turns: Turns;
  readonly #left = new Set<Oid>();
  /** The least depth at which each object was met: under a filter by depth a higher place may show more of it. */
  readonly #depths = new Map<Oid, number>();

  constructor(objects: ObjectSource, filter: Filter, turns: Turns) {
    this.#objects = objects;
    this.#filter = filter;
    this.#turns = turns;
  }

  async leaveOut(root: Oid | undefined): Promise<void> {
    const stack = root === undefined ? [] : [root];
    for (let tree = stack.pop(); tree !== undefined; tree = stack.pop()) {
      if (this.#left.has(tree)) continue;
      this.#left.add(tree);
      if (this.#turns.isOver(tree_bytes)) await this.#turns.pass();
      for (const { mode, oid } of readTree(this.#objects, tree)) {
        if (mode === '40000') stack.push(oid);
        else this.#left.add(oid);
      }
    }
  }

  /** A tree and what is in it. */
  async tree(oid: Oid | undefined, depth: number): Promise<void> {
    // Those that are met again count too: a history may have many times more commits than trees.
    if (this.#turns.isOver(commit_bytes)) await this.#turns.pass();
    if (oid !== undefined && this.#meets(oid, depth)) await this.below(oid, depth);
  }

  /** What is in a tree, without itself. */
  async below(root: Oid, depth: number): Promise<void> {
    const stack: [Oid, number][] = [[root, depth]];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      const [tree, at] = next;
      if (this.#turns.isOver(tree_bytes)) await this.#turns.pass();
      for (const { mode, oid } of readTree(this.#objects, tree)) {
        if (mode === '40000') {
          if (this.#meets(oid, at + 1)) stack.push([oid, at + 1]);
        } else if (await this.#takesBlob(oid)) {
          this.#meets(oid, at + 1);
        }
      }
    }
  }

  /** Notes an object; whether it has to be looked into, or looked into again. */
  #meets(oid: Oid, depth: number): boolean {
    const { treeDepth } = this.#filter;
    if (this.#left.has(oid) || (treeDepth !== undefined && depth >= treeDepth)) return false;
    const before = this.#depths.get(oid);
    if (before === undefined) this.found.push(oid);
    else if (treeDepth === undefined || before <= depth) return false;
    this.#depths.set(oid, depth);
    return true;
  }

  async #takesBlob(oid: Oid): Promise<boolean> {
    const { blobLimit_bytes } = this.#filter;
    if (blobLimit_bytes === undefined) return true;
    if (blobLimit_bytes === 0 || this.#left.has(oid)) return false;
    const { length } = this.#objects.read(oid).body;
    if (this.#turns.isOver(tree_bytes + length)) await this.#turns.pass();
    return length < blobLimit_bytes;
  }
}
