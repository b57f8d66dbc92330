/**
 * Which commits of ours to name to a remote, so that both sides find what they have in common in few words: from the newest
 * back, with steps that grow as long as the remote knows nothing of them. After Git's negotiation algorithm "skipping".
 * @see https://git-scm.com/docs/git-config, fetch.negotiationAlgorithm
 */
import type { Oid } from '../object/oid.ts';
import type { CommitGraph } from './commit-graph.ts';
import { DateQueue } from './date-queue.ts';

/** How many commits are passed over before the next is named, and how many were to be at the last named one. */
interface Step {
  readonly left: number;
  readonly length: number;
}

export class Negotiator {
  readonly #graph: CommitGraph;
  readonly #queue = new DateQueue<Oid>();
  readonly #steps = new Map<Oid, Step>();
  readonly #common = new Set<Oid>();
  readonly #passed = new Set<Oid>();

  /** @param tips commits that are here with all of their history */
  constructor(graph: CommitGraph, tips: Iterable<Oid>) {
    this.#graph = graph;
    for (const oid of tips) this.#push(oid, { left: 0, length: 0 });
  }

  /** The next commits to name, at most so many; none when there is nothing left to say. */
  next(most: number): Oid[] {
    const named: Oid[] = [];
    while (named.length < most) {
      const oid = this.#queue.pop();
      if (oid === undefined) break;
      this.#passed.add(oid);
      if (this.#common.has(oid)) continue;
      const step = this.#steps.get(oid) ?? { left: 0, length: 0 };
      if (step.left === 0) named.push(oid);
      const next =
        step.left === 0
          ? { left: Math.ceil(step.length * 1.5), length: Math.ceil(step.length * 1.5) + 1 }
          : { left: step.left - 1, length: step.length };
      const parents = this.#graph.node(oid)?.parents ?? [];
      // The end of a history is named whatever the steps: there may be nothing else in common.
      if (parents.length === 0 && step.left > 0) named.push(oid);
      for (const parent of parents) this.#push(parent, next);
    }
    return named;
  }

  /** The remote has this commit, and with it everything behind it. */
  isCommon(oid: Oid): void {
    const stack = [oid];
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      if (this.#common.has(at)) continue;
      this.#common.add(at);
      // Further back nothing has been looked at, and nothing will be.
      if (this.#steps.has(at)) stack.push(...(this.#graph.node(at)?.parents ?? []));
    }
  }

  #push(oid: Oid, step: Step): void {
    const node = this.#graph.node(oid);
    if (node === undefined || this.#common.has(oid)) return;
    const known = this.#steps.get(oid);
    if (known === undefined) this.#queue.push(oid, node.seconds);
    // Over several ways to a commit, the one counts on which it is named soonest.
    if (known === undefined || (!this.#passed.has(oid) && step.left < known.left)) this.#steps.set(oid, step);
  }
}
