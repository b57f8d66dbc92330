/**
 * What a write will append, worked out before anything is touched: which objects are new, encoded as pack entries, and
 * how each block's new ones lie together. Objects that the store or an earlier block of the write has are not written again.
 */
import { AergoError } from '../errors.ts';
import type { NewObject } from '../object/object.ts';
import type { Oid } from '../object/oid.ts';
import { encodePackEntry } from '../object/pack-entry.ts';
import type { BlockRange } from './commit-record.ts';
import { encodeNeedle, needleHeader_bytes } from './needle.ts';
import type { Place } from './volume-log.ts';

/** A block with all the objects it puts, in pack order, the commit itself last. */
export interface BlockObjects {
  readonly id: Oid;
  readonly objects: readonly NewObject[];
}

/** A new object with its pack entry; `at` is where its needle begins, counted from the beginning of the write. */
interface PlannedObject {
  readonly oid: Oid;
  readonly entry: Uint8Array;
  readonly at: number;
}

export interface WritePlan {
  /** In the order of the log. */
  readonly planned: readonly PlannedObject[];
  /** The new objects by id, for reading before they are written. */
  readonly objects: ReadonlyMap<Oid, NewObject>;
  /** Ranges counted from the beginning of the write. */
  readonly blocks: readonly BlockRange[];
  readonly size_bytes: number;
}

/** A write of more is refused: it would not fit into a volume. */
export const writeLimit_bytes = 2 ** 30;

const part_bytes = 4 * 1024 * 1024;

/**
 * Plans the objects of a write.
 * @param known - whether the store has an object, and whether it has a block
 * @throws AergoError AERGO_WRITE_TOO_LARGE; AERGO_INTERNAL for a block whose last object is not its commit
 */
export function planWrite(
  blocks: readonly BlockObjects[],
  loose: readonly NewObject[],
  known: { object(oid: Oid): boolean; block(id: Oid): boolean },
): WritePlan {
  const planned: PlannedObject[] = [];
  const objects = new Map<Oid, NewObject>();
  const ranges = new Map<Oid, BlockRange>();
  let size_bytes = 0;
  const put = (object: NewObject): boolean => {
    if (objects.has(object.oid) || known.object(object.oid)) return false;
    const entry = encodePackEntry(object.type, object.body);
    planned.push({ oid: object.oid, entry, at: size_bytes });
    objects.set(object.oid, object);
    size_bytes += needleHeader_bytes + entry.length;
    if (size_bytes > writeLimit_bytes) throw writeTooLarge();
    return true;
  };
  for (const block of blocks) {
    if (block.objects.at(-1)?.oid !== block.id) {
      throw new AergoError('AERGO_INTERNAL', `the last object of block ${block.id} is not its commit`);
    }
    if (ranges.has(block.id) || known.block(block.id)) continue;
    const from = size_bytes;
    const first = planned.length;
    const own = new Set<Oid>();
    const extras = new Set<Oid>();
    for (const object of block.objects) {
      if (put(object)) own.add(object.oid);
      else if (!own.has(object.oid)) extras.add(object.oid);
    }
    const count = planned.length - first;
    ranges.set(block.id, { id: block.id, from, to: size_bytes, count, extras: [...extras] });
  }
  for (const object of loose) put(object);
  return { planned, objects, blocks: [...ranges.values()], size_bytes };
}

/** Where the planned objects will lie when the write begins at `from` of a volume. */
export function* placesOf(plan: WritePlan, volume: number, from: number): Generator<readonly [Oid, Place], void> {
  for (const { oid, entry, at } of plan.planned) yield [oid, { volume, offset: from + at, length: entry.length }];
}

/** The ranges of the planned blocks when the write begins at `from`. */
export function rangesAt(plan: WritePlan, from: number): BlockRange[] {
  return plan.blocks.map((block) => ({ ...block, from: from + block.from, to: from + block.to }));
}

/** The write's bytes in a few large parts. A part must be used before the next is asked for: its buffer is used again. */
export function* partsOf(plan: WritePlan, commit: Buffer): Generator<Buffer, void> {
  const total = plan.size_bytes + commit.length;
  const buffer = Buffer.allocUnsafe(Math.min(total, part_bytes));
  let filled = 0;
  for (const { oid, entry } of plan.planned) {
    const whole = needleHeader_bytes + entry.length;
    if (filled + whole > buffer.length) {
      if (filled > 0) yield buffer.subarray(0, filled);
      filled = 0;
    }
    if (whole > buffer.length) {
      const large = Buffer.allocUnsafe(whole);
      encodeNeedle(large, 0, 'object', oid, entry);
      yield large;
    } else {
      filled = encodeNeedle(buffer, filled, 'object', oid, entry);
    }
  }
  if (filled + commit.length <= buffer.length) {
    commit.copy(buffer, filled);
    yield buffer.subarray(0, filled + commit.length);
  } else {
    if (filled > 0) yield buffer.subarray(0, filled);
    yield commit;
  }
}

export function writeTooLarge(): AergoError {
  return new AergoError('AERGO_WRITE_TOO_LARGE', `a single write holds at most ${writeLimit_bytes} bytes`, {
    hint: 'divide the work, for instance the import, into several commands',
  });
}
