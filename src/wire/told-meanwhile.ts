/** Lets somebody be told of work while it is under way: its texts come out as they are said, then its result. */

/**
 * @param work is given the function to say something with, and the signal that nobody listens any more
 * @param silence_ms after so long without a word an empty text is given, so that nobody takes the connection for dead
 * @yields the texts, in their order
 * @returns what the work gives
 * @throws what the work throws, after the texts that came before
 * Whoever stops listening waits for the end of the work all the same: what it works on is theirs to close.
 */
export async function* toldMeanwhile<T>(
  work: (say: (text: string) => void, gone: AbortSignal) => Promise<T>,
  silence_ms: number,
): AsyncGenerator<string, T> {
  const said: string[] = [];
  let wake: () => void = () => undefined;
  let finished = false;
  const listening = new AbortController();
  const result = work((text) => {
    said.push(text);
    wake();
  }, listening.signal).finally(() => {
    finished = true;
    wake();
  });
  // The rejection is thrown below; until then it must not count as unhandled.
  result.catch(() => undefined);
  try {
    while (!finished || said.length > 0) {
      const text = said.shift();
      if (text !== undefined) {
        yield text;
      } else if (await isSilent(silence_ms, (woken) => (wake = woken))) {
        yield '';
      }
    }
    return await result;
  } finally {
    if (!finished) listening.abort();
    await result.catch(() => undefined);
  }
}

/** Waits for a call of the function that it hands out; whether time was up before. */
async function isSilent(silence_ms: number, waiting: (woken: () => void) => void): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const silent = await new Promise<boolean>((resolve) => {
    waiting(() => resolve(false));
    timer = setTimeout(() => resolve(true), silence_ms);
  });
  clearTimeout(timer);
  return silent;
}
