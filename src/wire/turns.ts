/** Long work in pieces of a few milliseconds, so that a large object does not keep the others of a server waiting. */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Bytes hashed, copied or inflated in a turn. */
export const turn_bytes = 1024 * 1024;

/** What a tree that is read counts as. */
export const tree_bytes = 8 * 1024;

export class Turns {
  #worked_bytes = 0;

  /** Counts work; true when it is time to `pass`. */
  isOver(bytes: number): boolean {
    this.#worked_bytes += bytes;
    return this.#worked_bytes >= turn_bytes;
  }

  /** Lets whatever else waits in this process go first. */
  async pass(): Promise<void> {
    this.#worked_bytes = 0;
    await nextTurn();
  }
}
