/**
 * The index: LevelDB beside the volumes, wholly derived from them. It says where each object and block lies, what the
 * refs are, what the ledger derived, and how far it has applied the log. It may be behind the log, never ahead: what
 * enters it is on the disk already. Its layout is no part of the format; `layout` changes when it does.
 *
 * Keys: one letter for the kind, then the id's 32 bytes, the ref's name or the derived key.
 */
import type { Level } from 'level';
import { AergoError } from '../errors.ts';
import { type Oid, oidFromBytes, oidToBytes } from '../object/oid.ts';
import type { BlockRange, NeedlePlace } from './commit-record.ts';
import { systemCode } from './damage.ts';
import type { RefState } from './refs.ts';
import type { Place } from './volume-log.ts';

/** How far the log has been applied: `offset` is where commit needle number `sequence`, at `commit`, ends. */
export interface LogPosition {
  readonly volume: number;
  readonly offset: number;
  readonly sequence: number;
  readonly commit: NeedlePlace | null;
  readonly commitId: Oid | null;
  readonly head: string;
}

export interface DerivedEntry {
  readonly key: string;
  readonly value: string;
}

/** One durable write as the index sees it; a write and its replay give the same. */
export interface IndexedWrite {
  readonly objects: Iterable<readonly [Oid, Place]>;
  readonly blocks: readonly BlockRange[];
  readonly derived: readonly DerivedEntry[];
  readonly refs: ReadonlyMap<string, RefState | undefined>;
  readonly position: LogPosition;
}

/** Where a block's own objects lie. */
export interface BlockPlace extends BlockRange {
  readonly volume: number;
}

/** The order and number of the entries that `derivedRange` gives. */
export interface RangeOptions {
  readonly reverse?: boolean;
  readonly limit?: number;
}

type Change = { type: 'put'; key: Buffer; value: Buffer } | { type: 'del'; key: Buffer };
type Database = Level<Buffer, Buffer>;

const layout = 1;
const kinds = { position: 'a', block: 'b', derived: 'd', object: 'o', ref: 'r' } as const;
const positionKey = Buffer.from(kinds.position);

export class StoreIndex {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** How far the index has applied the log; undefined when it is new, or of another layout. */
  position(): LogPosition | undefined {
    return this.#get(positionKey, (value) => {
      const { layout: found, ...position }: LogPosition & { layout: number } = JSON.parse(value.toString());
      return found === layout ? position : undefined;
    });
  }

  has(oid: Oid): boolean {
    return this.#get(idKey(kinds.object, oid), () => true) ?? false;
  }

  place(oid: Oid): Place | undefined {
    return this.#get(idKey(kinds.object, oid), readPlace);
  }

  block(id: Oid): BlockPlace | undefined {
    return this.#get(idKey(kinds.block, id), (value) => readBlock(id, value));
  }

  derived(key: string): string | undefined {
    return this.#get(textKey(kinds.derived, key), String);
  }

  /** The derived entries whose key begins with `prefix`, in the order of the keys' bytes. */
  async *derivedRange(prefix: string, options: RangeOptions = {}): AsyncGenerator<[string, string], void> {
    for await (const [key, value] of this.#range(textKey(kinds.derived, prefix), options)) {
      yield [key.toString('utf8', 1), value.toString()];
    }
  }

  async refs(): Promise<Map<string, RefState>> {
    const refs = new Map<string, RefState>();
    for await (const [key, value] of this.#range(Buffer.from(kinds.ref), {})) {
      const name = key.toString('utf8', 1);
      const members: Omit<RefState, 'name'> = JSON.parse(value.toString());
      refs.set(name, { name, ...members });
    }
    return refs;
  }

  /** The number of entries of each kind that the log's content decides. */
  async counts(): Promise<{ objects: number; blocks: number; derived: number }> {
    const counts = { objects: 0, blocks: 0, derived: 0 };
    for await (const _ of this.#range(Buffer.from(kinds.object), {})) counts.objects += 1;
    for await (const _ of this.#range(Buffer.from(kinds.block), {})) counts.blocks += 1;
    for await (const _ of this.#range(Buffer.from(kinds.derived), {})) counts.derived += 1;
    return counts;
  }

  /** Applies writes, in order, and how far they bring the log: all or nothing. */
  async apply(writes: readonly IndexedWrite[]): Promise<void> {
    const changes: Change[] = [];
    for (const write of writes) addChanges(changes, write);
    const position = writes.at(-1)?.position;
    if (position === undefined) return;
    changes.push({ type: 'put', key: positionKey, value: Buffer.from(JSON.stringify({ layout, ...position })) });
    await this.#database.batch(changes);
  }

  /** Empties the index and gives its space back. */
  async clear(): Promise<void> {
    await this.#database.clear();
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  #get<T>(key: Buffer, read: (value: Buffer) => T): T | undefined {
    try {
      const value = this.#database.getSync(key);
      return value === undefined ? undefined : read(value);
    } catch (error) {
      throw indexDamaged(error);
    }
  }

  async *#range(prefix: Buffer, options: RangeOptions): AsyncGenerator<[Buffer, Buffer], void> {
    const iterator = this.#database.iterator({ gte: prefix, lt: Buffer.concat([prefix, after]), ...options });
    try {
      // LevelDB reads ahead on another thread: a thousand entries at a time keep both busy.
      for (let some = await iterator.nextv(1000); some.length > 0; some = await iterator.nextv(1000)) yield* some;
    } catch (error) {
      throw indexDamaged(error);
    } finally {
      await iterator.close();
    }
  }
}

/** Greater than the rest of any key: it is an id with a prefix, or UTF-8, in which this byte does not occur. */
const after = Buffer.alloc(33, 0xff);

/** What the system says when it is not the index that is at fault. */
const systemReasons = /No space left|Disk quota|Permission denied|Read-only file system|Too many open files/;

/** What LevelDB threw as an error of ours: AERGO_INDEX_DAMAGED, or AERGO_STORE_IO where the system is at fault. */
export function indexDamaged(cause: unknown): AergoError {
  if (cause instanceof AergoError) return cause;
  const inner = cause instanceof Error ? cause.cause : undefined;
  if (inner === undefined && systemCode(cause) === 'LEVEL_DATABASE_NOT_OPEN') {
    return new AergoError('AERGO_INTERNAL', 'the store is closed', { cause });
  }
  const reason = inner instanceof Error ? inner.message : String(cause);
  if (systemReasons.test(reason)) {
    return new AergoError('AERGO_STORE_IO', `the system did not let the index be used: ${reason}`, { cause });
  }
  return new AergoError('AERGO_INDEX_DAMAGED', `the index cannot be read: ${reason}`, {
    hint: 'aergo fsck --rebuild     (makes it anew from the volumes)',
    cause,
  });
}

function addChanges(changes: Change[], { objects, blocks, derived, refs, position }: IndexedWrite): void {
  for (const [oid, place] of objects) {
    changes.push({ type: 'put', key: idKey(kinds.object, oid), value: placeValue(place) });
  }
  for (const block of blocks) {
    changes.push({ type: 'put', key: idKey(kinds.block, block.id), value: blockValue(position.volume, block) });
  }
  for (const { key, value } of derived) {
    changes.push({ type: 'put', key: textKey(kinds.derived, key), value: Buffer.from(value) });
  }
  for (const [name, state] of refs) {
    const key = textKey(kinds.ref, name);
    if (state === undefined) changes.push({ type: 'del', key });
    else changes.push({ type: 'put', key, value: Buffer.from(JSON.stringify({ ...state, name: undefined })) });
  }
}

function idKey(kind: string, oid: Oid): Buffer {
  const key = Buffer.allocUnsafe(33);
  key.write(kind, 'latin1');
  key.set(oidToBytes(oid), 1);
  return key;
}

function textKey(kind: string, text: string): Buffer {
  return Buffer.from(kind + text);
}

function readPlace(value: Buffer): Place {
  return { volume: value.readUInt32BE(0), offset: value.readUIntBE(4, 6), length: value.readUInt32BE(10) };
}

function readBlock(id: Oid, value: Buffer): BlockPlace {
  const extras: Oid[] = [];
  for (let at = 20; at < value.length; at += 32) extras.push(oidFromBytes(value.subarray(at, at + 32)));
  return {
    id,
    volume: value.readUInt32BE(0),
    from: value.readUIntBE(4, 6),
    to: value.readUIntBE(10, 6),
    count: value.readUInt32BE(16),
    extras,
  };
}

function placeValue(place: Place): Buffer {
  const value = Buffer.allocUnsafe(14);
  value.writeUInt32BE(place.volume, 0);
  value.writeUIntBE(place.offset, 4, 6);
  value.writeUInt32BE(place.length, 10);
  return value;
}

function blockValue(volume: number, { from, to, count, extras }: BlockRange): Buffer {
  const value = Buffer.allocUnsafe(20 + extras.length * 32);
  value.writeUInt32BE(volume, 0);
  value.writeUIntBE(from, 4, 6);
  value.writeUIntBE(to, 10, 6);
  value.writeUInt32BE(count, 16);
  let at = 20;
  for (const oid of extras) {
    value.set(oidToBytes(oid), at);
    at += 32;
  }
  return value;
}
