/**
 * Whether the refs that a client sees lead to a commit that it says it has. One that is here without that (of a branch that
 * was deleted, of another's push that was not finished) is as good as not there: it is not acknowledged, and nothing is left
 * out for it. A commit that lies far back and off every ref's own line may be taken for one of those: then more is sent.
 */
import type { Oid } from '../object/oid.ts';
import { type CommitGraph, commit_bytes } from './commit-graph.ts';
import { DateQueue } from './date-queue.ts';
import type { Turns } from './turns.ts';

/** Refs whose lines of first parents are looked at, for each commit that is asked for, and such looks in a request. */
const lines = 64;
const looks = 20_000;

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
   * @param most commits that the walk may have come to in all when it gives up
   */
  async reaches(oid: Oid, most: () => number): Promise<boolean> {
    const node = this.#graph.node(oid);
    if (node === undefined) return false;
    const reached = this.#seen.has(oid) || this.#isOnLine(oid) || (await this.#comesTo(oid, node.seconds, most));
    // Most clients say what they have from the newest to the oldest.
    if (reached) this.#found = oid;
    return reached;
  }

  #isOnLine(oid: Oid): boolean {
    const { isOnLine } = this.#graph;
    if (isOnLine === undefined) return false;
    const from = this.#found === undefined ? [] : [this.#found];
    return [...from, ...this.#tips.slice(0, lines)].some((tip) => {
      this.#looks += 1;
      return this.#looks <= looks && isOnLine(oid, tip);
    });
  }

  async #comesTo(oid: Oid, seconds: number, most: () => number): Promise<boolean> {
    if (!this.#isAhead(seconds)) return false;
    const end = most();
    while (this.#isAhead(seconds) && this.#steps < end) {
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
