/**
 * Bytes that come in pieces, read in whatever lengths the reader needs. What is held is what was asked for and one piece
 * more, so a limit on what is asked for is a limit on memory.
 */

/** A body as it comes from a connection, a file or a generator: pieces of any length. */
export type ByteStream = AsyncIterable<Uint8Array>;

export class ByteReader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #held: Buffer = Buffer.alloc(0);
  #ended = false;

  constructor(stream: ByteStream) {
    this.#pieces = stream[Symbol.asyncIterator]();
  }

  /** What has come and is not consumed yet: a view, valid until the next `ensure`. */
  get held(): Buffer {
    return this.#held;
  }

  /** Waits until `length` bytes are held. False when the stream ends before: then all that is left is held. */
  async ensure(length: number): Promise<boolean> {
    if (this.#held.length >= length) return true;
    // Gathered first and joined once: joining at every piece would copy a large object again and again.
    const gathered: Uint8Array[] = [this.#held];
    let total = this.#held.length;
    while (total < length && !this.#ended) {
      const { done, value } = await this.#pieces.next();
      if (done === true) {
        this.#ended = true;
      } else if (value.length > 0) {
        gathered.push(value);
        total += value.length;
      }
    }
    const only = gathered.length === 2 && this.#held.length === 0 ? gathered[1] : undefined;
    this.#held =
      only === undefined ? Buffer.concat(gathered, total) : Buffer.from(only.buffer, only.byteOffset, only.length);
    return total >= length;
  }

  /** Takes the first `length` of the held bytes away and gives them. */
  take(length: number): Buffer {
    const taken = this.#held.subarray(0, length);
    this.#held = this.#held.subarray(length);
    return taken;
  }

  /** Whether nothing is left; waits for the next piece to know. */
  async atEnd(): Promise<boolean> {
    return !(await this.ensure(1));
  }

  /** Everything that is left, in pieces as they come. */
  async *rest(): AsyncGenerator<Uint8Array, void> {
    try {
      while (await this.ensure(1)) yield this.take(this.#held.length);
    } finally {
      await this.close();
    }
  }

  /** Tells the other end that no more is wanted. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#pieces.return?.();
  }
}
