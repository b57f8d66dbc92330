/**
 * An answer that is given while somebody takes it: it holds a repository, which commands on this machine wait for, so nobody
 * may take as long as they like.
 */

export interface AnswerTime {
  /** How long the reader of an answer may keep the server waiting, all waits together, in milliseconds. */
  readonly answer_ms: number;
  /** For each so many bytes that were taken, a second more. */
  readonly answer_bytes_per_s: number;
}

const longestTimer_ms = 2 ** 31 - 1;

/**
 * The pieces of an answer, as fast as they are taken.
 * @param clock ms
 * @param onSlow is called when the reader was waited for long enough: it has to end the connection, which ends this
 */
export async function* answerInTime(
  pieces: AsyncIterable<Uint8Array>,
  { answer_ms, answer_bytes_per_s }: AnswerTime,
  clock: () => number,
  onSlow: () => void,
): AsyncGenerator<Uint8Array, void> {
  let left_ms = answer_ms;
  for await (const bytes of pieces) {
    left_ms += (bytes.length * 1_000) / answer_bytes_per_s;
    const slow = setTimeout(onSlow, Math.min(Math.max(0, left_ms), longestTimer_ms));
    const began = clock();
    try {
      yield bytes;
    } finally {
      clearTimeout(slow);
    }
    left_ms -= clock() - began;
  }
}
