/** Made-up histories: blocks that are records alone, for what only asks how they stand to each other. */
import fc from 'fast-check';
import type { BlockId } from '../../src/ledger/block.ts';
import { type BlockRecord, jumpHeight } from '../../src/ledger/block-record.ts';
import { History } from '../../src/ledger/history.ts';

/** A block of a made-up history: its index is its time. */
export interface Node {
  readonly parents: readonly number[];
  /** It merges row by row, with these bases. */
  readonly bases?: readonly number[];
}

export const idOf = (index: number): BlockId => index.toString(16).padStart(64, '0') as BlockId;
export const indexOf = (id: BlockId): number => Number.parseInt(id, 16);

/** A history over records alone, as a store would keep them. */
export function historyOf(nodes: readonly Node[]): History {
  const records: BlockRecord[] = [];
  for (const [index, { parents }] of nodes.entries()) {
    const first = parents[0];
    const height = first === undefined ? 0 : (records[first]?.height ?? 0) + 1;
    let jump = first;
    while (jump !== undefined && (records[jump]?.height ?? 0) > jumpHeight(height)) jump = nodes[jump]?.parents[0];
    const base = { parents: parents.map(idOf), height, time: index, bound: 'main:0000000000000000' };
    const bases = nodes[index]?.bases?.map(idOf);
    const rowMerge = bases === undefined ? (first === undefined ? undefined : records[first]?.rowMerge) : idOf(index);
    records.push({
      ...base,
      ...(jump === undefined ? {} : { jump: idOf(jump) }),
      ...(rowMerge === undefined ? {} : { rowMerge }),
      ...(bases === undefined ? {} : { bases }),
    });
  }
  return historyWith(new Map(records.map((record, index) => [idOf(index), record])));
}

/** A history over these records. */
export function historyWith(records: ReadonlyMap<BlockId, BlockRecord>, isCut = false): History {
  const history = new History();
  history.attach(
    {
      derived: (key) => {
        const record = records.get(key.slice('block/'.length) as BlockId);
        return record === undefined ? undefined : JSON.stringify(record);
      },
      async *derivedRange() {
        // No test here looks for anything by its beginning.
      },
    },
    () => isCut,
  );
  return history;
}

export const histories = fc
  .array(fc.tuple(fc.nat(), fc.nat(), fc.boolean()), { minLength: 1, maxLength: 40 })
  .map((choices): Node[] =>
    choices.map(([first, second, merges], index) => {
      if (index === 0) return { parents: [] };
      const a = first % index;
      const b = second % index;
      return { parents: merges && a !== b ? [a, b] : [a] };
    }),
  );

export function ancestorsOf(nodes: readonly Node[], head: number): Set<number> {
  const found = new Set<number>();
  const visit = (index: number): void => {
    if (found.has(index)) return;
    found.add(index);
    for (const parent of nodes[index]?.parents ?? []) visit(parent);
  };
  visit(head);
  return found;
}

export function chainOf(nodes: readonly Node[], head: number): number[] {
  const chain: number[] = [];
  for (let at: number | undefined = head; at !== undefined; at = nodes[at]?.parents[0]) chain.push(at);
  return chain;
}
