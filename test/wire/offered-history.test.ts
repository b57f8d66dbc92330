/** Which commits the offered refs lead to, over random histories and long ones. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Oid } from '../../src/object/oid.ts';
import type { CommitGraph } from '../../src/wire/commit-graph.ts';
import { OfferedHistory } from '../../src/wire/offered-history.ts';
import { Turns } from '../../src/wire/turns.ts';
import { anyHistory, anyPicks, type History, idOf, reachable, some } from './histories.ts';

const endless = Number.POSITIVE_INFINITY;
const patient = () => ({ steps: endless, looks: endless });

/** The graph with what an index of lines says. */
function withLines({ graph }: History): CommitGraph {
  const isOnLine = (oid: Oid, of: Oid): boolean => {
    for (let at: Oid | undefined = of; at !== undefined; at = graph.node(at)?.parents[0]) if (at === oid) return true;
    return false;
  };
  return { node: (oid) => graph.node(oid), isOnLine };
}

describe('what offered refs lead to', () => {
  test.each([true, false])('is exactly what they reach while clocks run forward (lines known: %s)', async (lined) => {
    await fc.assert(
      fc.asyncProperty(anyHistory('forward'), anyPicks, fc.infiniteStream(fc.nat()), async (history, refs, order) => {
        const tips = some(history.ids, refs);
        const behind = reachable(history, tips);
        const offered = new OfferedHistory(lined ? withLines(history) : history.graph, tips, new Turns());
        const asked = some(history.ids, [...order.take(history.ids.length)]);
        for (const oid of asked) expect(await offered.reaches(oid, patient)).toBe(behind.has(oid));
      }),
      { numRuns: 300 },
    );
  });

  test('is never more than they reach, whatever the clocks say', async () => {
    await fc.assert(
      fc.asyncProperty(anyHistory('anyhow'), anyPicks, async (history, refs) => {
        const tips = some(history.ids, refs);
        const behind = reachable(history, tips);
        const offered = new OfferedHistory(withLines(history), tips, new Turns());
        for (const oid of history.ids) if (await offered.reaches(oid, patient)) expect(behind.has(oid)).toBe(true);
      }),
    );
  });

  test('is not what is not there', async () => {
    const graph: CommitGraph = { node: () => undefined };
    expect(await new OfferedHistory(graph, [], new Turns()).reaches(idOf(0), patient)).toBe(false);
  });
});

describe('along a line of 100,000 commits', () => {
  const last = 100_000;
  const heightOf = (oid: Oid): number => Number.parseInt(oid.slice(-8), 16) - 1;
  const isThere = (oid: Oid): boolean => heightOf(oid) <= last;
  let looked = 0;
  const node = (oid: Oid) => {
    looked += 1;
    const height = heightOf(oid);
    return isThere(oid) ? { tree: oid, parents: height === 0 ? [] : [idOf(height - 1)], seconds: height } : undefined;
  };
  /** Back by one, three, seven, …, as a client goes that looks for where it stands. */
  const haves = Array.from({ length: 17 }, (_, at) => idOf(last + 1 - 2 ** at));

  test('commits far back are known without a walk where lines are known', async () => {
    const graph: CommitGraph = { node, isOnLine: (oid, of) => heightOf(oid) <= heightOf(of) };
    const offered = new OfferedHistory(graph, [idOf(last)], new Turns());
    looked = 0;
    for (const oid of haves) expect(await offered.reaches(oid, patient)).toBe(true);
    expect(looked).toBeLessThan(50);
  });

  test('lines are looked at as often as they may be', async () => {
    const graph: CommitGraph = { node, isOnLine: (oid, of) => heightOf(oid) <= heightOf(of) };
    const offered = new OfferedHistory(graph, [idOf(last)], new Turns());
    const found: boolean[] = [];
    for (const oid of haves) found.push(await offered.reaches(oid, () => ({ steps: 0, looks: 5 })));
    // The first is the tip itself.
    expect(found).toEqual(haves.map((_, at) => at <= 5));
  });

  test('a walk ends where it may not go further', async () => {
    const offered = new OfferedHistory({ node }, [idOf(last)], new Turns());
    const found: boolean[] = [];
    looked = 0;
    for (const oid of haves) found.push(await offered.reaches(oid, () => ({ steps: 1000, looks: 0 })));
    expect(found).toEqual(haves.map((_, at) => 2 ** at <= 1001));
    expect(looked).toBeLessThan(3_000);
  });
});
