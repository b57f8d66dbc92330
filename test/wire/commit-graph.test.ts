/** Walks over random histories, held against the plain definition of what they give. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Oid } from '../../src/object/oid.ts';
import { allReach, type CommitGraph, closure, commitsBetween, cutGraph } from '../../src/wire/commit-graph.ts';
import { DateQueue } from '../../src/wire/date-queue.ts';
import { Negotiator } from '../../src/wire/negotiator.ts';
import { cutAt } from '../../src/wire/shallow.ts';
import { anyHistory, anyPicks, idOf, reachable, some } from './histories.ts';

describe('the commits between two sets', () => {
  test('are exactly those that the one reaches and the other does not, while clocks run forward', () => {
    fc.assert(
      fc.property(anyHistory('forward'), anyPicks, anyPicks, (history, wanted, had) => {
        const [wants, haves] = [some(history.ids, wanted), some(history.ids, had)];
        const behind = reachable(history, haves);
        const expected = [...reachable(history, wants)].filter((oid) => !behind.has(oid));
        const found = commitsBetween(history.graph, wants, haves);
        expect(new Set(found)).toEqual(new Set(expected));
        expect(found).toHaveLength(expected.length);
      }),
      { numRuns: 500 },
    );
  });

  test('leave nothing out whatever the clocks say, and come without doubles', () => {
    fc.assert(
      fc.property(anyHistory('anyhow'), anyPicks, anyPicks, (history, wanted, had) => {
        const [wants, haves] = [some(history.ids, wanted), some(history.ids, had)];
        const behind = reachable(history, haves);
        const found = commitsBetween(history.graph, wants, haves);
        expect(new Set(found).size).toBe(found.length);
        for (const oid of reachable(history, wants)) if (!behind.has(oid)) expect(found).toContain(oid);
        for (const oid of found) expect(reachable(history, wants)).toContain(oid);
      }),
      { numRuns: 500 },
    );
  });

  test('are found without a look at what lies far behind', () => {
    let looked = 0;
    const graph: CommitGraph = {
      node(oid) {
        looked += 1;
        const at = Number.parseInt(oid, 16) - 1;
        return { tree: oid, parents: at === 0 ? [] : [idOf(at - 1)], seconds: at };
      },
    };
    expect(commitsBetween(graph, [idOf(100_000)], [idOf(99_998)])).toHaveLength(2);
    expect(looked).toBeLessThan(20);
  });
});

describe('what is reachable', () => {
  test('is the same however it is asked for', () => {
    fc.assert(
      fc.property(anyHistory('anyhow'), anyPicks, (history, picks) => {
        const tips = some(history.ids, picks);
        expect(closure(history.graph, tips)).toEqual(reachable(history, tips));
      }),
    );
  });

  test('ends where a history is cut', () => {
    fc.assert(
      fc.property(anyHistory('forward'), anyPicks, anyPicks, (history, picks, cuts) => {
        const shallow = new Set(some(history.ids, cuts));
        const cut = closure(cutGraph(history.graph, shallow), some(history.ids, picks));
        for (const oid of cut) {
          for (const parent of history.node(oid).parents) if (!shallow.has(oid)) expect(cut).toContain(parent);
        }
      }),
    );
  });

  test('from every want is known to meet what is common, or not to', () => {
    fc.assert(
      fc.property(
        anyHistory('forward'),
        anyPicks,
        fc.array(fc.nat(), { minLength: 1, maxLength: 4 }),
        (history, wanted, had) => {
          const wants = some(history.ids, wanted);
          const common = new Set(some(history.ids, had));
          const expected = wants.every((want) => [...reachable(history, [want])].some((oid) => common.has(oid)));
          expect(allReach(history.graph, wants, common)).toBe(expected);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('a cut', () => {
  test('by a number of commits keeps those that a way of so many leads to', () => {
    const anyDepth = fc.integer({ min: 1, max: 8 });
    fc.assert(
      fc.property(
        anyHistory('forward'),
        fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
        anyDepth,
        (history, picks, commits) => {
          const tips = some(history.ids, picks);
          const cut = cutAt(history.graph, tips, new Set(), { commits, relative: false });
          let level = new Set(tips);
          const kept = new Set(tips);
          for (let deep = 1; deep < commits; deep += 1) {
            level = new Set([...level].flatMap((oid) => history.node(oid).parents));
            for (const oid of level) kept.add(oid);
          }
          expect(closure(cutGraph(history.graph, cut.at), tips)).toEqual(kept);
          expect(cut.unshallow).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('deepened step by step ends with the whole history, and tells of each commit once', () => {
    fc.assert(
      fc.property(anyHistory('forward'), fc.nat(), fc.integer({ min: 1, max: 4 }), (history, pick, step) => {
        const tips = some(history.ids, [pick]);
        let shallow = new Set(cutAt(history.graph, tips, new Set(), { commits: 1, relative: false }).shallow);
        for (let rounds = 0; shallow.size > 0; rounds += 1) {
          expect(rounds).toBeLessThan(50);
          const cut = cutAt(history.graph, tips, shallow, { commits: step, relative: true });
          for (const oid of cut.unshallow) expect(shallow).toContain(oid);
          for (const oid of cut.shallow) expect(shallow).not.toContain(oid);
          shallow = new Set([...shallow].filter((oid) => !cut.unshallow.includes(oid)).concat(cut.shallow));
        }
        expect(closure(cutGraph(history.graph, shallow), tips)).toEqual(reachable(history, tips));
      }),
      { numRuns: 300 },
    );
  });

  test('by time and by what is excluded keeps nothing older and nothing that is excluded', () => {
    fc.assert(
      fc.property(anyHistory('forward'), fc.nat(), anyPicks, fc.nat({ max: 20 }), (history, pick, not, since) => {
        const tips = some(history.ids, [pick]);
        const excluded = reachable(history, some(history.ids, not));
        const isOut = (oid: Oid): boolean => excluded.has(oid) || history.node(oid).seconds < since;
        if (tips.every(isOut)) {
          const nothing = expect.objectContaining({ code: 'AERGO_PROTOCOL_INVALID' });
          expect(() => cutAt(history.graph, tips, new Set(), { since, not: some(history.ids, not) })).toThrow(nothing);
          return;
        }
        const cut = cutAt(history.graph, tips, new Set(), { since, not: some(history.ids, not) });
        expect([...closure(cutGraph(history.graph, cut.at), tips)].filter(isOut)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a negotiation', () => {
  test('names every commit at most once, the ends of the history among them, in growing steps', () => {
    fc.assert(
      fc.property(anyHistory('forward'), anyPicks, (history, picks) => {
        const tips = some(history.ids, picks);
        const negotiator = new Negotiator(history.graph, tips);
        const named: Oid[] = [];
        for (let next = negotiator.next(3); next.length > 0; next = negotiator.next(3)) named.push(...next);
        expect(new Set(named).size).toBe(named.length);
        const behind = reachable(history, tips);
        for (const oid of named) expect(behind).toContain(oid);
        for (const oid of behind) if (history.node(oid).parents.length === 0) expect(named).toContain(oid);
      }),
    );
  });

  test('says no more of what both have', () => {
    fc.assert(
      fc.property(anyHistory('strict'), anyPicks, fc.nat(), (history, picks, theirs) => {
        const known = reachable(history, some(history.ids, [theirs]));
        const negotiator = new Negotiator(history.graph, some(history.ids, picks));
        const common = new Set<Oid>();
        for (let next = negotiator.next(1); next.length > 0; next = negotiator.next(1)) {
          for (const oid of next) {
            expect([...common].some((one) => reachable(history, [one]).has(oid))).toBe(false);
            if (!known.has(oid)) continue;
            common.add(oid);
            negotiator.isCommon(oid);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test('names few of a long history that the other side does not know', () => {
    const graph: CommitGraph = {
      node(oid) {
        const at = Number.parseInt(oid, 16) - 1;
        return { tree: oid, parents: at === 0 ? [] : [idOf(at - 1)], seconds: at };
      },
    };
    expect(new Negotiator(graph, [idOf(100_000)]).next(1000).length).toBeLessThan(40);
  });
});

test('a queue by date gives the newest first, and of equals the one that came first', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 5 })), (seconds) => {
      const queue = new DateQueue<number>();
      for (const [at, when] of seconds.entries()) queue.push(at, when);
      const found: number[] = [];
      for (let next = queue.pop(); next !== undefined; next = queue.pop()) found.push(next);
      const expected = seconds.map((_when, at) => at).sort((a, b) => (seconds[b] ?? 0) - (seconds[a] ?? 0) || a - b);
      expect(found).toEqual(expected);
    }),
  );
});
