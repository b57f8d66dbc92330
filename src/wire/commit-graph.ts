/**
 * The history as a graph: what a negotiation and the choice of what to send need to know of commits. Walks go from the newest
 * commit to the oldest, so what is asked of recent history costs what is recent.
 */
import { decodeCommit } from '../object/commit.ts';
import type { Oid } from '../object/oid.ts';
import type { ObjectSource } from '../object/source.ts';
import { decodeTag } from '../object/tag.ts';
import { DateQueue } from './date-queue.ts';
import type { Turns } from './turns.ts';

export interface CommitNode {
  readonly tree: Oid;
  readonly parents: readonly Oid[];
  /** Of the committer. */
  readonly seconds: number;
}

export interface CommitGraph {
  /** Undefined when there is no such object, or it is no commit. */
  node(oid: Oid): CommitNode | undefined;
  /**
   * Whether a commit is `of` or on its line of first parents, where that is known without walking the line; false where it is
   * not known.
   */
  isOnLine?(oid: Oid, of: Oid): boolean;
}

/** What a commit that is looked at counts as in turns. */
export const commit_bytes = 4096;

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
  const walk = new PaintedWalk(graph, wants, haves);
  while (walk.isUnderWay) walk.step();
  return walk.between();
}

/** As `commitsBetween`, while others have their turn. */
export async function commitsBetweenInTurns(
  graph: CommitGraph,
  wants: Iterable<Oid>,
  haves: Iterable<Oid>,
  turns: Turns,
): Promise<Oid[]> {
  const walk = new PaintedWalk(graph, wants, haves);
  while (walk.isUnderWay) {
    walk.step();
    if (turns.isOver(commit_bytes)) await turns.pass();
  }
  return walk.between();
}

class PaintedWalk {
  readonly #graph: CommitGraph;
  readonly #queue = new DateQueue<Oid>();
  /** For each commit seen: whether it is had. */
  readonly #had = new Map<Oid, boolean>();
  readonly #passed = new Set<Oid>();
  /** How many in the queue are not had. */
  #open = 0;
  #oldest = Number.POSITIVE_INFINITY;

  constructor(graph: CommitGraph, wants: Iterable<Oid>, haves: Iterable<Oid>) {
    this.#graph = graph;
    for (const oid of haves) this.#paint(oid, true);
    for (const oid of wants) this.#paint(oid, false);
  }

  #paint(oid: Oid, had: boolean): void {
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

  /** Of what is as old as the oldest new commit, more may turn out to be had: blocks share a second. */
  get isUnderWay(): boolean {
    const { newest_seconds } = this.#queue;
    return newest_seconds !== undefined && (this.#open > 0 || newest_seconds >= this.#oldest);
  }

  /** Passes the newest commit that was seen and not passed. */
  step(): void {
    const oid = this.#queue.pop();
    if (oid === undefined) return;
    const had = this.#had.get(oid) ?? false;
    const node = this.#graph.node(oid);
    this.#passed.add(oid);
    if (!had) {
      this.#open -= 1;
      this.#oldest = Math.min(this.#oldest, node?.seconds ?? this.#oldest);
    }
    for (const parent of node?.parents ?? []) this.#paint(parent, had);
  }

  between(): Oid[] {
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

const lineLooks = 32;

/** Whether every one of `wants` has one of `common` in its history: then nothing more need be asked. */
export function allReach(graph: CommitGraph, wants: Iterable<Oid>, common: ReadonlySet<Oid>): boolean {
  let oldest = Number.POSITIVE_INFINITY;
  for (const oid of common) oldest = Math.min(oldest, graph.node(oid)?.seconds ?? oldest);
  const lost = new Set<Oid>();
  // What is known of lines spares the walk along them; the first ones are mostly the newest.
  const first = [...common].slice(0, lineLooks);
  const reaches = (want: Oid): boolean => {
    if (first.some((oid) => graph.isOnLine?.(oid, want) === true)) return true;
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
