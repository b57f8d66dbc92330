/**
 * Whether the refs that a client sees lead to a commit that it says it has. One that is here without that (of a branch that
 * was deleted, of another's push that was not finished) is as good as not there: it is not acknowledged, and nothing is left
 * out for it. A commit that lies far back and off every ref's own line may be taken for one of those: then more is sent.
 */
import type { Oid } from '../object/oid.ts';
import { type CommitGraph, commit_bytes } from './commit-graph.ts';
import { DateQueue } from './date-queue.ts';
import type { Turns } from './turns.ts';

/** How far is looked, for all that is asked in a request together. */
export interface Patience {
  /** Commits that the walk comes to. */
  readonly steps: number;
  /** Looks whether a commit is on the line of another; each costs as many records as the distance has digits. */
  readonly looks: number;
}

/** Refs whose lines of first parents are looked at for a commit. */
const lines = 64;

export class OfferedHistory {
  readonly #graph: CommitGraph;
  readonly #turns: Turns;
  readonly #tips: readonly Oid[];
  /** What the walk has come to, from the newest to the oldest. */
  readonly #seen: Set<Oid>;
  readonly #queue = new DateQueue<Oid>();
  #found: Oid | undefined;
  #looks = 0;
  #steps = 0;

  /** @param tips commits that refs name, those first behind which most is looked for */
  constructor(graph: CommitGraph, tips: Iterable<Oid>, turns: Turns) {
    this.#graph = graph;
    this.#turns = turns;
    this.#seen = new Set(tips);
    this.#tips = [...this.#seen];
    for (const tip of this.#tips) this.#queue.push(tip, graph.node(tip)?.seconds ?? 0);
  }

  /**
   * Whether a tip is this commit or has it in its history.
   * @param patience is asked where that is not seen at once
   */
  async reaches(oid: Oid, patience: () => Patience): Promise<boolean> {
    const node = this.#graph.node(oid);
    if (node === undefined) return false;
    const reached = this.#seen.has(oid) || (await this.#isFound(oid, node.seconds, patience()));
    // Most clients say what they have from the newest to the oldest.
    if (reached) this.#found = oid;
    return reached;
  }

  async #isFound(oid: Oid, seconds: number, { steps, looks }: Patience): Promise<boolean> {
    return this.#isOnLine(oid, looks) || (await this.#comesTo(oid, seconds, steps));
  }

  #isOnLine(oid: Oid, looks: number): boolean {
    const { isOnLine } = this.#graph;
    if (isOnLine === undefined) return false;
    const from = this.#found === undefined ? [] : [this.#found];
    return [...from, ...this.#tips.slice(0, lines)].some((tip) => {
      this.#looks += 1;
      return this.#looks <= looks && isOnLine(oid, tip);
    });
  }

  async #comesTo(oid: Oid, seconds: number, steps: number): Promise<boolean> {
    while (this.#isAhead(seconds) && this.#steps < steps) {
      this.#steps += 1;
      const at = this.#queue.pop();
      const parents = at === undefined ? [] : (this.#graph.node(at)?.parents ?? []);
      for (const parent of parents) {
        if (this.#seen.has(parent)) continue;
        this.#seen.add(parent);
        this.#queue.push(parent, this.#graph.node(parent)?.seconds ?? 0);
      }
      if (this.#seen.has(oid)) return true;
      if (this.#turns.isOver(commit_bytes)) await this.#turns.pass();
    }
    return false;
  }

  #isAhead(seconds: number): boolean {
    return (this.#queue.newest_seconds ?? Number.NEGATIVE_INFINITY) >= seconds;
  }
}
