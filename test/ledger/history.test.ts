import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BlockId } from '../../src/ledger/block.ts';
import { type BlockRecord, History, jumpHeight } from '../../src/ledger/history.ts';

/** A block of a made-up history: its index is its time. */
interface Node {
  readonly parents: readonly number[];
}

const idOf = (index: number): BlockId => index.toString(16).padStart(64, '0') as BlockId;
const indexOf = (id: BlockId): number => Number.parseInt(id, 16);

/** A history over records alone, as a store would keep them. */
function historyOf(nodes: readonly Node[]): History {
  const records: BlockRecord[] = [];
  for (const [index, { parents }] of nodes.entries()) {
    const first = parents[0];
    const height = first === undefined ? 0 : (records[first]?.height ?? 0) + 1;
    let jump = first;
    while (jump !== undefined && (records[jump]?.height ?? 0) > jumpHeight(height)) jump = nodes[jump]?.parents[0];
    const base = { parents: parents.map(idOf), height, time: index, bound: 'main:0000000000000000' };
    records.push(jump === undefined ? base : { ...base, jump: idOf(jump) });
  }
  const entries = new Map(records.map((record, index) => [`block/${idOf(index)}`, JSON.stringify(record)]));
  const history = new History();
  history.attach({
    derived: (key) => entries.get(key),
    async *derivedRange() {
      // No test here looks for anything by its beginning.
    },
  });
  return history;
}

const histories = fc
  .array(fc.tuple(fc.nat(), fc.nat(), fc.boolean()), { minLength: 1, maxLength: 40 })
  .map((choices): Node[] =>
    choices.map(([first, second, merges], index) => {
      if (index === 0) return { parents: [] };
      const a = first % index;
      const b = second % index;
      return { parents: merges && a !== b ? [a, b] : [a] };
    }),
  );

function ancestorsOf(nodes: readonly Node[], head: number): Set<number> {
  const found = new Set<number>();
  const visit = (index: number): void => {
    if (found.has(index)) return;
    found.add(index);
    for (const parent of nodes[index]?.parents ?? []) visit(parent);
  };
  visit(head);
  return found;
}

function chainOf(nodes: readonly Node[], head: number): number[] {
  const chain: number[] = [];
  for (let at: number | undefined = head; at !== undefined; at = nodes[at]?.parents[0]) chain.push(at);
  return chain;
}

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
