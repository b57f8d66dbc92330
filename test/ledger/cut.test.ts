/**
 * A history that is cut: what is asked of it is answered as by the whole, or refused; and where the missing blocks come later,
 * everything is answered as if they had always been there, by the records that were made without them.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Block, BlockId } from '../../src/ledger/block.ts';
import { type BlockRecord, makeRecord } from '../../src/ledger/block-record.ts';
import { isHistoryCut } from '../../src/ledger/cut.ts';
import type { History } from '../../src/ledger/history.ts';
import { blockInEffect } from '../../src/ledger/in-effect.ts';
import { histories, historyOf, historyWith, idOf, indexOf, type Node } from '../support/histories.ts';

/** So many levels from the head, counted by the shortest way, and the genesis block. */
function newest(nodes: readonly Node[], head: number, depth: number): Set<number> {
  const here = new Set([0]);
  let level = [head];
  for (let deep = 0; deep < depth; deep++) {
    for (const one of level) here.add(one);
    level = level.flatMap((one) => nodes[one]?.parents ?? []).filter((one) => !here.has(one));
  }
  return here;
}

/** Makes the records of these blocks as a store does when they come, the oldest first. */
function arrive(
  nodes: readonly Node[],
  heights: History,
  records: Map<BlockId, BlockRecord>,
  coming: Iterable<number>,
) {
  const block = (id: BlockId) => {
    const { parents, bases } = nodes[indexOf(id)] ?? { parents: [] };
    const { height, time } = heights.record(id);
    const mode = { kind: 'merge', mode: 'rows', base: bases?.map(idOf) };
    const header = { height, time, branch: 'main', start: '0', ...(bases === undefined ? { kind: 'block' } : mode) };
    return { header, commit: { parents: parents.map(idOf) } } as unknown as Block;
  };
  const there = new Set<string>(records.keys());
  for (const index of [...coming].sort((a, b) => a - b)) {
    there.add(idOf(index));
    const reader = { block, source: { has: (id: string) => there.has(id) } };
    records.set(idOf(index), makeRecord(idOf(index), { reader, known: (id) => records.get(id) }));
  }
}

/** Some merges of a history merge row by row. */
const withRowMerges = fc
  .tuple(histories, fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }))
  .map(([plain, byRows]): Node[] =>
    plain.map((node, index) => {
      const [first, second] = node.parents;
      if (first === undefined || second === undefined || byRows[index] !== true) return node;
      const bases = historyOf(plain).compare(idOf(first), idOf(second)).bases.map(indexOf);
      return bases.includes(second) ? node : { ...node, bases };
    }),
  );

/** All that is asked of two blocks. */
const questions: Record<string, (history: History, a: BlockId, b: BlockId, height: number) => unknown> = {
  atHeight: (history, a, _b, height) => history.atHeight(a, height),
  atTime: (history, a, _b, height) => history.atTime(a, height),
  isOnChain: (history, a, b) => history.isOnChain(a, b),
  isAncestor: (history, a, b) => history.isAncestor(a, b),
  compare: (history, a, b) => history.compare(a, b),
  chain: (history, a) => [...history.chain(a)],
};

/** The answer, or that it takes more than is here. */
function answer(ask: () => unknown): unknown {
  try {
    return ask();
  } catch (error) {
    if (isHistoryCut(error)) return 'cut';
    throw error;
  }
}

it('is asked what it can tell, and tells nothing else than the whole', () => {
  const told = new Map<string, number>();
  fc.assert(
    fc.property(withRowMerges, fc.nat(), fc.integer({ min: 1, max: 12 }), (nodes, choice, depth) => {
      const whole = historyOf(nodes);
      const head = choice % nodes.length;
      const here = newest(nodes, head, depth);
      const records = new Map<BlockId, BlockRecord>();
      arrive(nodes, whole, records, here);
      const isCut = [...here].some((one) => nodes[one]?.parents.some((parent) => !here.has(parent)));
      const cut = historyWith(records, isCut);
      for (const [name, ask] of Object.entries(questions)) {
        for (const a of here) {
          for (const b of here) {
            const found = answer(() => ask(cut, idOf(a), idOf(b), b));
            if (found === 'cut') expect(isCut).toBe(true);
            else expect([name, a, b, found]).toEqual([name, a, b, ask(whole, idOf(a), idOf(b), b)]);
            if (isCut && found !== 'cut') told.set(name, (told.get(name) ?? 0) + 1);
          }
        }
      }
    }),
    { numRuns: 300 },
  );
  // What can be told is told: the property would hold of a history that refuses everything.
  for (const name of Object.keys(questions).filter((one) => one !== 'chain'))
    expect(told.get(name), name).toBeGreaterThan(0);
});

it('is as one that was never cut when the rest has come, in whatever parts', () => {
  const parts = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(
      withRowMerges,
      fc.nat(),
      parts,
      fc.array(fc.nat(), { maxLength: 4 }),
      (nodes, choice, depths, where) => {
        const whole = historyOf(nodes);
        const head = choice % nodes.length;
        const records = new Map<BlockId, BlockRecord>();
        for (const depth of [...depths.sort((a, b) => a - b), nodes.length + 1]) {
          const coming = [...newest(nodes, head, depth)].filter((one) => !records.has(idOf(one)));
          arrive(nodes, whole, records, coming);
        }
        arrive(
          nodes,
          whole,
          records,
          nodes.keys().filter((one) => !records.has(idOf(one))),
        );
        const history = historyWith(records);
        const applied = where.map((one) => idOf(one % nodes.length));
        for (const a of nodes.keys()) {
          for (const b of nodes.keys()) {
            for (const ask of Object.values(questions))
              expect(ask(history, idOf(a), idOf(b), b)).toEqual(ask(whole, idOf(a), idOf(b), b));
          }
          expect(history.rowMergeHere(idOf(a))).toBe(whole.rowMergeHere(idOf(a)));
          expect(blockInEffect(history, applied, idOf(a))).toBe(blockInEffect(whole, applied, idOf(a)));
        }
      },
    ),
    { numRuns: 100 },
  );
});
