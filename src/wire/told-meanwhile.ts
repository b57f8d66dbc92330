/** Lets somebody be told of work while it is under way: its texts come out as they are said, then its result. */

/**
 * @param work is given the function to say something with
 * @yields the texts, in their order
 * @returns what the work gives
 * @throws what the work throws, after the texts that came before
 */
export async function* toldMeanwhile<T>(work: (say: (text: string) => void) => Promise<T>): AsyncGenerator<string, T> {
  const said: string[] = [];
  let wake: () => void = () => undefined;
  let finished = false;
  const result = work((text) => {
    said.push(text);
    wake();
  }).finally(() => {
    finished = true;
    wake();
  });
  // The rejection is thrown below; until then it must not count as unhandled.
  result.catch(() => undefined);
  while (!finished || said.length > 0) {
    const text = said.shift();
    if (text !== undefined) yield text;
    else await new Promise<void>((resolve) => (wake = resolve));
  }
  return result;
}
