import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockInEffect } from '../../src/ledger/in-effect.ts';
import { ancestorsOf, chainOf, histories, historyOf, idOf, indexOf, type Node } from '../support/histories.ts';

describe('history', () => {
  it('reaches every height of a chain of 5,000 blocks in at most 40 steps', () => {
    const history = historyOf(
      Array.from({ length: 5_000 }, (_, index) => ({ parents: index === 0 ? [] : [index - 1] })),
    );
    let steps = 0;
    const record = history.record.bind(history);
    history.record = (id) => {
      steps++;
      return record(id);
    };
    for (const height of [0, 1, 17, 2_047, 2_048, 4_095, 4_998, 4_999]) {
      steps = 0;
      expect(history.atHeight(idOf(4_999), height)).toBe(idOf(height));
      expect(steps).toBeLessThanOrEqual(40);
    }
    expect(history.atHeight(idOf(4_999), 5_000)).toBeUndefined();
  });

  it('finds the block on the first-parent chain at any height and time', () => {
    fc.assert(
      fc.property(histories, fc.nat(), (nodes, choice) => {
        const history = historyOf(nodes);
        const head = choice % nodes.length;
        const chain = chainOf(nodes, head);
        for (const [distance, index] of chain.entries()) {
          expect(history.atHeight(idOf(head), chain.length - 1 - distance)).toBe(idOf(index));
        }
        for (let time = 0; time < nodes.length; time++) {
          const expected = chain.find((index) => index <= time);
          expect(history.atTime(idOf(head), time)).toBe(expected === undefined ? undefined : idOf(expected));
        }
      }),
    );
  });

  it('compares two heads as the sets of their ancestors do', () => {
    fc.assert(
      fc.property(histories, fc.nat(), fc.nat(), (nodes, a, b) => {
        const history = historyOf(nodes);
        const [ours, theirs] = [a % nodes.length, b % nodes.length];
        const [oursAll, theirsAll] = [ancestorsOf(nodes, ours), ancestorsOf(nodes, theirs)];
        const { onlyTheirs, bases } = history.compare(idOf(ours), idOf(theirs));
        expect(new Set(onlyTheirs.map(indexOf))).toEqual(theirsAll.difference(oursAll));
        const common = oursAll.intersection(theirsAll);
        const best = [...common].filter(
          (one) => ![...common].some((other) => other !== one && ancestorsOf(nodes, other).has(one)),
        );
        expect(bases.map(indexOf).sort((x, y) => x - y)).toEqual(best.sort((x, y) => x - y));
        expect(history.isAncestor(idOf(theirs), idOf(ours))).toBe(oursAll.has(theirs));
      }),
    );
  });

  it('compares several heads with one as a merge of them would compare', () => {
    fc.assert(
      fc.property(histories, fc.nat(), fc.nat(), fc.nat(), (nodes, a, b, c) => {
        const several = [a % nodes.length, b % nodes.length];
        const history = historyOf([...nodes, { parents: several }]);
        const theirs = idOf(c % nodes.length);
        expect(history.compare(several.map(idOf), theirs)).toEqual(history.compare(idOf(nodes.length), theirs));
      }),
    );
  });

  it('knows what is in effect: on the chain, and through merges row by row what was behind them and not at their bases', () => {
    const applied = fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        histories,
        fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
        applied,
        (plain, byRows, where) => {
          const nodes = plain.map((node, index): Node => {
            const [first, second] = node.parents;
            if (first === undefined || second === undefined || byRows[index] !== true) return node;
            const bases = historyOf(plain).compare(idOf(first), idOf(second)).bases.map(indexOf);
            // A merge of what is there already is no merge.
            return bases.includes(second) ? node : { ...node, bases };
          });
          const history = historyOf(nodes);
          const blocks = where.filter((index) => index < nodes.length);
          const inEffect: boolean[] = [];
          for (const [index, { parents, bases }] of nodes.entries()) {
            const [first, second] = parents.map((parent) => inEffect[parent] === true);
            const taken = bases !== undefined && second === true && !bases.some((base) => inEffect[base]);
            inEffect.push(blocks.includes(index) || first === true || taken);
            const found = blockInEffect(history, blocks.map(idOf), idOf(index));
            expect(found !== undefined).toBe(inEffect[index]);
            if (found !== undefined) expect(blocks).toContain(indexOf(found));
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('walks everything reachable once, newest first', () => {
    fc.assert(
      fc.property(histories, fc.nat(), (nodes, choice) => {
        const head = choice % nodes.length;
        const walked = [...historyOf(nodes).reachable([idOf(head)])].map(indexOf);
        expect(walked).toEqual([...ancestorsOf(nodes, head)].sort((x, y) => y - x));
      }),
    );
  });
});
