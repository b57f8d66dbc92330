import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { narrowTogether } from '../../src/merge/narrow.ts';

/** Brackets whose answers are known, and the tests that finding them took. */
async function search(size: number, answers: readonly { answer: number; suspects: readonly number[] }[]) {
  const brackets = answers.map(({ answer, suspects }) => ({ answer, suspects, below: -1, at: size }));
  const tests: number[] = [];
  await narrowTogether(brackets, async (number, concerned) => {
    tests.push(number);
    for (const { below, at } of concerned) expect(below < number && number < at).toBe(true);
    return new Set(concerned.filter(({ answer }) => number >= answer));
  });
  return { found: brackets.map(({ at }) => at), tests };
}

describe('bisection for many at once', () => {
  it('finds the least number for which each holds, whatever is suspected', async () => {
    const bracket = fc.record({ answer: fc.nat(60), suspects: fc.uniqueArray(fc.nat(60), { maxLength: 5 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(bracket, { maxLength: 12 }), async (drawn) => {
        const answers = drawn.map(({ answer, suspects }) => ({ answer, suspects: suspects.toSorted((a, b) => a - b) }));
        const { found, tests } = await search(60, answers);
        expect(found).toEqual(answers.map(({ answer }) => answer));
        expect(tests.length).toBeLessThanOrEqual(answers.length * (Math.ceil(Math.log2(60)) + 8));
      }),
    );
  });

  it('takes two tests for any number of them that one and the same suspect explains', async () => {
    const answers = Array.from({ length: 100 }, () => ({ answer: 37, suspects: [37] }));
    expect((await search(1_000, answers)).tests).toEqual([37, 36]);
  });

  it('takes about one test each where every one has a suspect of its own', async () => {
    const answers = Array.from({ length: 100 }, (_, index) => ({ answer: index + 1, suspects: [index + 1] }));
    expect((await search(200, answers)).tests.length).toBeLessThanOrEqual(101);
  });
});
