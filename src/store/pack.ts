/**
 * The contents of a pack for given blocks and objects: byte ranges of the volumes and a few single needles, copied as
 * they lie. No object twice and the count exact beforehand, as a pack's header needs; no tree is walked.
 */
import type { Oid } from '../object/oid.ts';
import { objectMissing, storeDamaged } from './damage.ts';
import { isFault } from './needle.ts';
import { type BlockPlace, indexDamaged, type StoreIndex } from './store-index.ts';
import type { Place, VolumeLog } from './volume-log.ts';

/** An object as it stands in a pack: its Git pack entry. `bytes` is a view of what was read. */
interface PackEntry {
  readonly oid: Oid;
  readonly bytes: Uint8Array;
}

/** The entries of a pack, in the order of the volumes, then the single ones. Each is checked by its CRC. */
export interface PackContents {
  readonly count: number;
  /** @throws AergoError AERGO_STORE_DAMAGED; AERGO_INDEX_DAMAGED when there are not `count` of them */
  entries(): Iterable<PackEntry>;
}

/** @throws AergoError AERGO_OBJECT_MISSING for a block or object that is not in the store */
export function packContents(
  log: VolumeLog,
  index: StoreIndex,
  blocks: readonly Oid[],
  objects: readonly Oid[],
): PackContents {
  const ranges: BlockPlace[] = [];
  const singles = new Set<Oid>();
  for (const id of new Set(blocks)) {
    const block = index.block(id);
    if (block === undefined) throw objectMissing(id);
    if (block.count > 0) ranges.push(block);
    for (const oid of block.extras) singles.add(oid);
  }
  for (const oid of objects) singles.add(oid);
  ranges.sort((a, b) => a.volume - b.volume || a.from - b.from);
  const outside: [Oid, Place][] = [];
  for (const oid of singles) {
    const place = index.place(oid);
    if (place === undefined) throw objectMissing(oid);
    if (!isWithin(ranges, place)) outside.push([oid, place]);
  }
  const count = ranges.reduce((sum, range) => sum + range.count, outside.length);
  return { count, entries: () => counted(count, entries(log, ranges, outside)) };
}

/** A pack with another number of entries than its header says would be refused far from here. */
function* counted(count: number, given: Iterable<PackEntry>): Generator<PackEntry, void> {
  let seen = 0;
  for (const entry of given) {
    seen += 1;
    yield entry;
  }
  if (seen !== count) throw indexDamaged(new Error(`it says ${count} objects where ${seen} lie`));
}

function* entries(
  log: VolumeLog,
  ranges: readonly BlockPlace[],
  outside: readonly [Oid, Place][],
): Generator<PackEntry, void> {
  for (const { volume, from, to } of joined(ranges)) {
    for (const needle of log.scan(volume, from, to)) {
      if (isFault(needle)) throw storeDamaged({ volume, offset: needle.offset }, needle.fault);
      if (needle.kind === 'object') yield { oid: needle.id, bytes: needle.body };
    }
  }
  for (const [oid, place] of outside) yield { oid, bytes: log.read(place, oid).body };
}

/** Ranges that touch, as those of the blocks of one write do, are read as one. */
function* joined(ranges: readonly BlockPlace[]): Generator<{ volume: number; from: number; to: number }, void> {
  let open: { volume: number; from: number; to: number } | undefined;
  for (const { volume, from, to } of ranges) {
    if (open !== undefined && open.volume === volume && open.to === from) {
      open.to = to;
    } else {
      if (open !== undefined) yield open;
      open = { volume, from, to };
    }
  }
  if (open !== undefined) yield open;
}

/** Ranges are in order and do not overlap: the last one that begins at or before the place decides. */
function isWithin(ranges: readonly BlockPlace[], { volume, offset }: Place): boolean {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const range = ranges[middle];
    if (range !== undefined && (range.volume < volume || (range.volume === volume && range.from <= offset))) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  const range = ranges[low - 1];
  return range !== undefined && range.volume === volume && offset < range.to;
}
