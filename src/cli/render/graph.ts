/**
 * Draws the graph of blocks beside their lines, as `git log --graph` does: a lane for each line of descent, `*` for a
 * block, slanted strokes where lanes part and meet. Pure, and one pass over blocks that come children first.
 */

export interface GraphNode {
  readonly id: string;
  readonly parents: readonly string[];
  /** What stands beside the `*`. */
  readonly text: string;
}

/** The drawing's lines, for nodes in an order in which no parent comes before its child. */
export function* drawGraph(nodes: Iterable<GraphNode>): Generator<string> {
  const lanes = new Lanes();
  for (const node of nodes) {
    const lane = lanes.laneOf(node.id);
    yield* lanes.joinInto(lane, node.id);
    yield `${lanes.row(lane)} ${node.text}`;
    yield* lanes.follow(lane, node.parents);
  }
}

class Lanes {
  /** The block that each lane leads to; undefined: a free place. */
  #waiting: (string | undefined)[] = [];

  /** The leftmost lane that leads to the block, or a new one where none does. */
  laneOf(id: string): number {
    const found = this.#waiting.indexOf(id);
    return found === -1 ? this.#open(id, 0) : found;
  }

  /** Lets the other lanes that lead to the same block run into this one. */
  *joinInto(lane: number, id: string): Generator<string> {
    for (let other = this.#waiting.length - 1; other > lane; other--) {
      if (this.#waiting[other] !== id) continue;
      this.#waiting[other] = undefined;
      yield* this.#stroke(other, this.#waiting.lastIndexOf(id, other));
    }
    this.#trim();
  }

  /** The lane goes on to the first parent; each other parent gets a stroke to its lane. */
  *follow(lane: number, parents: readonly string[]): Generator<string> {
    this.#waiting[lane] = parents[0];
    for (const parent of parents.slice(1)) {
      const known = this.#waiting.findIndex((id, index) => id === parent && index !== lane);
      if (known !== -1) {
        yield* this.#stroke(lane, known);
        continue;
      }
      const opened = this.#firstFree(lane + 1);
      yield* this.#stroke(lane, opened);
      this.#waiting[opened] = parent;
    }
    this.#trim();
  }

  /** The lanes, with `*` in one of them. */
  row(star: number): string {
    return this.#waiting
      .map((id, index) => (index === star ? '*' : id === undefined ? ' ' : '|'))
      .join(' ')
      .trimEnd();
  }

  /** A line of strokes from one lane to another, one place to the side a row. */
  *#stroke(from: number, to: number): Generator<string> {
    const step = to > from ? 1 : -1;
    for (let at = from; at !== to; at += step) {
      const row = this.#waiting.flatMap((id) => [id === undefined ? ' ' : '|', ' ']);
      const place = step > 0 ? 2 * at + 1 : 2 * at - 1;
      while (row.length <= place) row.push(' ');
      row[place] = step > 0 ? '\\' : '/';
      yield row.join('').trimEnd();
    }
  }

  #open(id: string, from: number): number {
    const place = this.#firstFree(from);
    this.#waiting[place] = id;
    return place;
  }

  #firstFree(from: number): number {
    for (let place = from; place < this.#waiting.length; place++) {
      if (this.#waiting[place] === undefined) return place;
    }
    return Math.max(from, this.#waiting.length);
  }

  #trim(): void {
    while (this.#waiting.length > 0 && this.#waiting.at(-1) === undefined) this.#waiting.pop();
  }
}
