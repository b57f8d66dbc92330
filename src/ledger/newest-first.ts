/** The order in which history is walked: a block's time is after its parents', so the newest first sees every child before them. */
import type { BlockId } from './block.ts';

/** What knows the times of blocks. */
interface Times {
  record(id: BlockId): { readonly time: number };
}

/** Blocks waiting to be visited, each once, newest first; times that are equal go by id. */
export class NewestFirst {
  readonly #history: Times;
  readonly #seen = new Set<BlockId>();
  /** Oldest first, so that the newest is taken from the end. The frontier of a walk is short. */
  readonly #waiting: { id: BlockId; time: number }[] = [];

  constructor(history: Times) {
    this.#history = history;
  }

  add(id: BlockId): void {
    if (this.#seen.has(id)) return;
    this.#seen.add(id);
    const { time } = this.#history.record(id);
    let low = 0;
    let high = this.#waiting.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#waiting[middle];
      if (other !== undefined && (other.time < time || (other.time === time && other.id < id))) low = middle + 1;
      else high = middle;
    }
    this.#waiting.splice(low, 0, { id, time });
  }

  take(): BlockId | undefined {
    return this.#waiting.pop()?.id;
  }

  some(test: (id: BlockId) => boolean): boolean {
    return this.#waiting.some(({ id }) => test(id));
  }
}
