/**
 * From a commit record to what the index takes: the one path that a write and its replay share, so an index rebuilt
 * from the log equals the one that grew with it.
 */
import type { Oid } from '../object/oid.ts';
import type { ObjectSource } from '../object/source.ts';
import type { CommitRecord } from './commit-record.ts';
import type { RefState } from './refs.ts';
import type { DerivedEntry, IndexedWrite } from './store-index.ts';
import type { Place } from './volume-log.ts';

/**
 * Given by the ledger: what the index keeps for a block. Called once for each block, in the log's order, on the write
 * and on every replay; `source` has the objects of this write and of those before it. From the same of both must always come
 * the same entries: what a block stands on may come after it (docs/format-on-disk.md).
 */
export type Derive = (block: Oid, source: ObjectSource) => Iterable<DerivedEntry>;

/** A commit needle with its place in the log. */
export interface LoggedCommit {
  readonly record: CommitRecord;
  readonly id: Oid;
  readonly volume: number;
  readonly offset: number;
  readonly end: number;
}

/** The entries of all blocks of a write. A derive that throws leaves nothing written. */
export function deriveAll(derive: Derive, blocks: readonly { id: Oid }[], source: ObjectSource): DerivedEntry[] {
  return blocks.flatMap(({ id }) => [...derive(id, source)]);
}

/** What the index takes for a write; `refs` as they are after it. */
export function indexedWrite(
  commit: LoggedCommit,
  objects: Iterable<readonly [Oid, Place]>,
  derived: readonly DerivedEntry[],
  refs: ReadonlyMap<string, RefState>,
): IndexedWrite {
  const { record, volume, offset, end, id } = commit;
  return {
    objects,
    blocks: record.blocks,
    derived,
    refs: new Map(record.refs.map(({ name }) => [name, refs.get(name)])),
    position: {
      volume,
      offset: end,
      sequence: record.sequence,
      commit: { volume, offset },
      commitId: id,
      head: record.operation.head,
    },
  };
}
