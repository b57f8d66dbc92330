/**
 * The small record that is derived from each block: what walks through history need of it. It follows from the block and from
 * which of its ancestors were there when it was made; in a copy whose history is cut that is not all of them.
 */
import type { ObjectSource } from '../object/source.ts';
import type { Block, BlockId } from './block.ts';
import { isRowMerge } from './header.ts';

/** What is derived from one block. */
export interface BlockRecord {
  readonly parents: readonly BlockId[];
  readonly height: number;
  /** ms */
  readonly time: number;
  /** `branch:start` */
  readonly bound: string;
  /**
   * The first-parent ancestor at `jumpHeight(height)`, or the nearest to it that was there; absent in the genesis block.
   * At the cut: the parent, which was not there.
   */
  readonly jump?: BlockId;
  /** The last agreed or rows merge on the first-parent chain up to here, itself included. */
  readonly rowMerge?: BlockId;
  /** Of such a merge: its bases. */
  readonly bases?: readonly BlockId[];
  /** Where `rowMerge` was not known: the last block on the first-parent chain that was there. Below it, it goes on. */
  readonly open?: BlockId;
}

/**
 * Which ancestor a block of this height points to, so that any ancestor is reached in O(log n) steps: the height less the
 * last weight of its skew-binary form.
 * Source: E. W. Myers, "An applicative random-access stack", Information Processing Letters 17 (1983).
 */
export function jumpHeight(height: number): number {
  let rest = height;
  let weight = 0;
  while (rest > 0) {
    weight = 2 ** Math.floor(Math.log2(rest + 1)) - 1;
    rest -= weight;
  }
  return height - weight;
}

/** Where records are made from: blocks, and the records that are at hand. */
interface RecordSource {
  readonly reader: { block(id: BlockId): Pick<Block, 'header' | 'commit'>; readonly source: Pick<ObjectSource, 'has'> };
  known(id: BlockId): BlockRecord | undefined;
}

/** The record of a block. Its parents need not be there; only what is there is asked for its record. */
export function makeRecord(id: BlockId, from: RecordSource): BlockRecord {
  const { header, commit } = from.reader.block(id);
  const { height, time } = header;
  const bound = `${header.branch}:${header.start}`;
  const [parent] = commit.parents;
  if (parent === undefined) return { parents: [], height, time, bound };
  const record = { parents: commit.parents, height, time, bound, jump: jumpFrom(parent, jumpHeight(height), from) };
  if (isRowMerge(header)) return { ...record, rowMerge: id, bases: header.base };
  return { ...record, ...(isThere(parent, from) ? rowMergeUpTo(parent, from) : { open: id }) };
}

const isThere = (id: BlockId, { reader }: RecordSource): boolean => reader.source.has(id);

function jumpFrom(parent: BlockId, target: number, from: RecordSource): BlockId {
  let jump = parent;
  while (isThere(jump, from)) {
    const { height, jump: farther, parents } = recordFrom(jump, from);
    if (height <= target) break;
    const next = (jumpHeight(height) >= target ? farther : parents[0]) ?? jump;
    if (next === jump || !isThere(next, from)) break;
    jump = next;
  }
  return jump;
}

function rowMergeUpTo(head: BlockId, from: RecordSource): Pick<BlockRecord, 'rowMerge' | 'open'> {
  for (let id = head; ; ) {
    const known = from.known(id);
    if (known?.rowMerge !== undefined) return { rowMerge: known.rowMerge };
    if (known !== undefined && known.open === undefined) return {};
    const last = known?.open ?? id;
    const { header, commit } = from.reader.block(last);
    if (isRowMerge(header)) return { rowMerge: last };
    const [parent] = commit.parents;
    if (parent === undefined) return {};
    if (!isThere(parent, from)) return { open: last };
    id = parent;
  }
}

function recordFrom(id: BlockId, from: RecordSource): BlockRecord {
  const known = from.known(id);
  if (known !== undefined) return known;
  const { header, commit } = from.reader.block(id);
  const bound = `${header.branch}:${header.start}`;
  // Without its pointer, so that walking a long chain whose records are not at hand does not recurse.
  const [parent] = commit.parents;
  return {
    parents: commit.parents,
    height: header.height,
    time: header.time,
    bound,
    ...(parent === undefined ? {} : { jump: parent }),
  };
}
