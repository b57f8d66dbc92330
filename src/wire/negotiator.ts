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

const first: Step = { left: 0, length: 0 };

export class Negotiator {
  readonly #graph: CommitGraph;
  readonly #queue = new DateQueue<Oid>();
  /** For each commit seen. */
  readonly #steps = new Map<Oid, Step>();
  readonly #common = new Set<Oid>();
  readonly #passed = new Set<Oid>();
  /** How many in the queue are not known to be common. */
  #open = 0;

  /** @param tips commits that are here with all of their history */
  constructor(graph: CommitGraph, tips: Iterable<Oid>) {
    this.#graph = graph;
    for (const oid of tips) this.#push(oid, first);
  }

  /** The next commits to name, at most so many; none when there is nothing left to say. */
  next(most: number): Oid[] {
    const named: Oid[] = [];
    while (named.length < most && this.#open > 0) {
      const oid = this.#queue.pop();
      if (oid === undefined) break;
      this.#passed.add(oid);
      const parents = this.#graph.node(oid)?.parents ?? [];
      const step = this.#steps.get(oid) ?? first;
      if (this.#common.has(oid)) {
        // Passed on, so that another way to the same commits does not name them.
        for (const parent of parents) {
          this.#push(parent, step);
          this.isCommon(parent);
        }
        continue;
      }
      this.#open -= 1;
      // The end of a history is named whatever the step: there may be nothing else in common.
      if (step.left === 0 || parents.length === 0) named.push(oid);
      const next = step.left === 0 ? longer(step) : { ...step, left: step.left - 1 };
      for (const parent of parents) this.#push(parent, next);
    }
    return named;
  }

  /** The remote has this commit, and with it everything behind it. */
  isCommon(oid: Oid): void {
    const stack = [oid];
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      if (this.#common.has(at) || !this.#steps.has(at)) continue;
      this.#common.add(at);
      if (this.#passed.has(at)) stack.push(...(this.#graph.node(at)?.parents ?? []));
      else this.#open -= 1;
    }
  }

  #push(oid: Oid, step: Step): void {
    const node = this.#graph.node(oid);
    if (node === undefined) return;
    const known = this.#steps.get(oid);
    if (known === undefined) {
      this.#queue.push(oid, node.seconds);
      this.#open += 1;
    }
    // Over several ways to a commit, the one counts on which it is named soonest.
    if (known === undefined || step.left < known.left) this.#steps.set(oid, step);
  }
}

function longer({ length }: Step): Step {
  const next = Math.ceil(length * 1.5);
  return { left: next, length: next + 1 };
}
