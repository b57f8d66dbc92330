/** How long the reader of an answer may take, by a clock of the test's own. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { answerInTime } from '../../src/node/answer-in-time.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** At the rate below it has 62.5 ms. */
const piece = Buffer.alloc(64 * 1024);
const limits = { answer_ms: 100, answer_bytes_per_s: 1024 * 1024 };

async function* pieces() {
  for (let given = 0; given < 400; given += 1) yield piece;
}

/** How many of the pieces a reader gets who takes so long over each. */
async function takenBy(reader_ms: number): Promise<number> {
  let isCutOff = false;
  let taken = 0;
  const onSlow = () => {
    isCutOff = true;
  };
  for await (const _ of answerInTime(pieces(), limits, Date.now, onSlow)) {
    await vi.advanceTimersByTimeAsync(reader_ms);
    if (isCutOff) break;
    taken += 1;
  }
  return taken;
}

test('whoever reads steadily has as long as the answer is', async () => {
  expect(await takenBy(62)).toBe(400);
});

test('whoever falls behind, by more than what there is besides, is cut off', async () => {
  // 10.5 ms behind with each piece: at the tenth 100 + 62.5 − 9 × 10.5 ms are left, which are less than 73.
  expect(await takenBy(73)).toBe(9);
  expect(await takenBy(163)).toBe(0);
});
