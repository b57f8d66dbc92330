/** A queue that gives the newest first; of equally new ones the one that came first, so children stay before parents. */

interface Queued<T> {
  readonly item: T;
  readonly seconds: number;
  readonly order: number;
}

/** A binary heap. */
export class DateQueue<T> {
  readonly #heap: Queued<T>[] = [];
  #pushed = 0;

  /** Of the next one; undefined when there is none. */
  get newest_seconds(): number | undefined {
    return this.#heap[0]?.seconds;
  }

  push(item: T, seconds: number): void {
    this.#pushed += 1;
    this.#heap.push({ item, seconds, order: this.#pushed });
    let at = this.#heap.length - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!this.#isBefore(at, above)) break;
      this.#swap(at, above);
      at = above;
    }
  }

  pop(): T | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (first === undefined || last === undefined || this.#heap.length === 0) return first?.item;
    this.#heap[0] = last;
    let at = 0;
    for (;;) {
      const left = at * 2 + 1;
      let next = at;
      if (left < this.#heap.length && this.#isBefore(left, next)) next = left;
      if (left + 1 < this.#heap.length && this.#isBefore(left + 1, next)) next = left + 1;
      if (next === at) return first.item;
      this.#swap(at, next);
      at = next;
    }
  }

  #isBefore(left: number, right: number): boolean {
    const [a, b] = [this.#heap[left], this.#heap[right]];
    if (a === undefined || b === undefined) return false;
    return a.seconds > b.seconds || (a.seconds === b.seconds && a.order < b.order);
  }

  #swap(left: number, right: number): void {
    const [a, b] = [this.#heap[left], this.#heap[right]];
    if (a === undefined || b === undefined) return;
    this.#heap[left] = b;
    this.#heap[right] = a;
  }
}
