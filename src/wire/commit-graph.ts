/**
 * The history as a graph: what a negotiation and the choice of what to send need to know of commits. Walks go from the newest
 * commit to the oldest, so what is asked of recent history costs what is recent.
 */
import { decodeCommit } from '../object/commit.ts';
import type { Oid } from '../object/oid.ts';
import type { ObjectSource } from '../object/source.ts';
import { decodeTag } from '../object/tag.ts';
import { DateQueue } from './date-queue.ts';

export interface CommitNode {
  readonly tree: Oid;
  readonly parents: readonly Oid[];
  /** Of the committer. */
  readonly seconds: number;
}

export interface CommitGraph {
  /** Undefined when there is no such object, or it is no commit. */
  node(oid: Oid): CommitNode | undefined;
}

/** A graph read from the commits themselves, each at most once. */
export class ObjectGraph implements CommitGraph {
  readonly #objects: ObjectSource;
  readonly #nodes = new Map<Oid, CommitNode | undefined>();

  constructor(objects: ObjectSource) {
    this.#objects = objects;
  }

  node(oid: Oid): CommitNode | undefined {
    if (this.#nodes.has(oid)) return this.#nodes.get(oid);
    const node = this.#read(oid);
    this.#nodes.set(oid, node);
    return node;
  }

  #read(oid: Oid): CommitNode | undefined {
    if (!this.#objects.has(oid)) return undefined;
    const { type, body } = this.#objects.read(oid);
    if (type !== 'commit') return undefined;
    const { tree, parents, committer } = decodeCommit(body);
    return { tree, parents, seconds: committer.seconds };
  }
}

/** The graph as somebody sees it who lacks the parents of some commits. */
export function cutGraph(graph: CommitGraph, shallow: ReadonlySet<Oid>): CommitGraph {
  if (shallow.size === 0) return graph;
  return {
    node(oid) {
      const node = graph.node(oid);
      if (node === undefined || !shallow.has(oid)) return node;
      // The tree is passed on unread: a graph from an index reads it only when it is asked for.
      return {
        parents: [],
        seconds: node.seconds,
        get tree() {
          return node.tree;
        },
      };
    },
  };
}

/** What a ref names in the end, and the tags on the way to it, the outermost first. */
export interface Peeled {
  readonly tags: readonly Oid[];
  readonly target: Oid;
}

/** Follows tags. @throws AergoError AERGO_OBJECT_MISSING, AERGO_OBJECT_DAMAGED, AERGO_OBJECT_INVALID */
export function peel(objects: ObjectSource, oid: Oid): Peeled {
  const tags: Oid[] = [];
  let target = oid;
  for (let object = objects.read(target); object.type === 'tag'; object = objects.read(target)) {
    tags.push(target);
    target = decodeTag(object.body).object;
  }
  return { tags, target };
}

/**
 * The commits that are reachable from `wants` and not from `haves`, children before parents. It goes back no further than
 * where only what is had is left; with clocks that ran backwards it may give a commit that is had, and never leaves out one
 * that is not.
 */
export function commitsBetween(graph: CommitGraph, wants: Iterable<Oid>, haves: Iterable<Oid>): Oid[] {
  const walk = new PaintedWalk(graph);
  for (const oid of haves) walk.paint(oid, true);
  for (const oid of wants) walk.paint(oid, false);
  return walk.run();
}

class PaintedWalk {
  readonly #graph: CommitGraph;
  readonly #queue = new DateQueue<Oid>();
  /** For each commit seen: whether it is had. */
  readonly #had = new Map<Oid, boolean>();
  readonly #passed = new Set<Oid>();
  /** How many in the queue are not had. */
  #open = 0;

  constructor(graph: CommitGraph) {
    this.#graph = graph;
  }

  paint(oid: Oid, had: boolean): void {
    const before = this.#had.get(oid);
    if (before === undefined) {
      const node = this.#graph.node(oid);
      if (node === undefined) return;
      this.#had.set(oid, had);
      this.#queue.push(oid, node.seconds);
      if (!had) this.#open += 1;
    } else if (had && !before) {
      this.#repaint(oid);
    }
  }

  /** What was taken for new is had after all, and so is everything behind it. */
  #repaint(oid: Oid): void {
    const stack = [oid];
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      if (this.#had.get(at) !== false) continue;
      this.#had.set(at, true);
      if (this.#passed.has(at)) stack.push(...(this.#graph.node(at)?.parents ?? []));
      else this.#open -= 1;
    }
  }

  run(): Oid[] {
    let oldest = Number.POSITIVE_INFINITY;
    // Of what is as old as the oldest new commit, more may turn out to be had: blocks share a second.
    while (this.#open > 0 || (this.#queue.newest_seconds ?? Number.NEGATIVE_INFINITY) >= oldest) {
      const oid = this.#queue.pop();
      if (oid === undefined) break;
      const had = this.#had.get(oid) ?? false;
      const node = this.#graph.node(oid);
      this.#passed.add(oid);
      if (!had) {
        this.#open -= 1;
        oldest = Math.min(oldest, node?.seconds ?? oldest);
      }
      for (const parent of node?.parents ?? []) this.paint(parent, had);
    }
    return [...this.#passed].filter((oid) => this.#had.get(oid) === false);
  }
}

/** Everything that is reachable from the tips, themselves included. */
export function closure(graph: CommitGraph, tips: Iterable<Oid>): Set<Oid> {
  const seen = new Set<Oid>();
  const stack = [...tips];
  for (let oid = stack.pop(); oid !== undefined; oid = stack.pop()) {
    if (seen.has(oid)) continue;
    const node = graph.node(oid);
    if (node === undefined) continue;
    seen.add(oid);
    stack.push(...node.parents);
  }
  return seen;
}

/** Whether every one of `wants` has one of `common` in its history: then nothing more need be asked. */
export function allReach(graph: CommitGraph, wants: Iterable<Oid>, common: ReadonlySet<Oid>): boolean {
  let oldest = Number.POSITIVE_INFINITY;
  for (const oid of common) oldest = Math.min(oldest, graph.node(oid)?.seconds ?? oldest);
  const lost = new Set<Oid>();
  const reaches = (want: Oid): boolean => {
    const seen = new Set<Oid>();
    const stack = [want];
    for (let oid = stack.pop(); oid !== undefined; oid = stack.pop()) {
      if (common.has(oid)) return true;
      const node = graph.node(oid);
      if (node === undefined || node.seconds < oldest || seen.has(oid) || lost.has(oid)) continue;
      seen.add(oid);
      stack.push(...node.parents);
    }
    for (const oid of seen) lost.add(oid);
    return false;
  };
  for (const want of wants) {
    if (graph.node(want) !== undefined && !reaches(want)) return false;
  }
  return true;
}
