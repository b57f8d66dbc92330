/**
 * Bisection for many at once: each has a number that is looked for, and one test answers for all in whose range it falls.
 */

/** The number looked for is above `below` and at most `at`; the test is known to hold at `at` and not at `below`. */
export interface Bracket {
  below: number;
  at: number;
  /** Numbers that it probably is, in order: tried first, mostly one of them is it and two tests tell. */
  readonly suspects: readonly number[];
}

/**
 * Narrows every bracket until `at` is the least number for which the test holds.
 * @param test those of the concerned for which it holds at this number
 */
export async function narrowTogether<B extends Bracket>(
  brackets: readonly B[],
  test: (number: number, concerned: readonly B[]) => Promise<ReadonlySet<B>>,
): Promise<void> {
  const floors = new Map(brackets.map((bracket) => [bracket, bracket.below]));
  /** Those whose `at - 1` was tried. */
  const edged = new Set<B>();
  for (;;) {
    const open = brackets.filter(({ below, at }) => at - below > 1);
    if (open.length === 0) return;
    const wishes = open.map((bracket) => wish(bracket, edged.has(bracket), floors.get(bracket) ?? -1));
    const number = mostWished(wishes);
    const concerned = open.filter((bracket, index) => wishes[index] === number || tells(bracket, number));
    const holding = await test(number, concerned);
    for (const bracket of concerned) {
      if (number === bracket.at - 1) edged.add(bracket);
      if (holding.has(bracket)) bracket.at = number;
      else bracket.below = number;
    }
  }
}

/** The number that tells most about one bracket: its suspects, then just below them, then the least, then the middle. */
function wish({ below, at, suspects }: Bracket, edgeTried: boolean, floor: number): number {
  const left = suspects.filter((number) => number > below && number < at);
  if (left.length > 0) return left[left.length >>> 1] ?? at - 1;
  if (suspects.length > 0 && !edgeTried) return at - 1;
  return below === floor ? below + 1 : (below + at) >>> 1;
}

/** Whether the test tells something of a bracket whose wish is another: it costs as much for each that is asked about. */
function tells({ below, at, suspects }: Bracket, number: number): boolean {
  if (number <= below || number >= at) return false;
  return suspects.length === 0 || number === at - 1 || number === below + 1 || suspects.includes(number + 1);
}

/** The number that occurs most often; the first of those. */
function mostWished(numbers: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const number of numbers) counts.set(number, (counts.get(number) ?? 0) + 1);
  let most = numbers[0] ?? 0;
  for (const [number, count] of counts) if (count > (counts.get(most) ?? 0)) most = number;
  return most;
}
