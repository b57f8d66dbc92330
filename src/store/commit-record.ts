/**
 * The body of a commit needle: what one durable write did. FROZEN with format 1; vectors in
 * fixtures/format/store-1.json, test in test/store/format.test.ts, description in docs/format-on-disk.md.
 *
 * Invariants:
 * - Canonical JSON (RFC 8785) with exactly the members below; optional ones are absent, never null.
 * - `sequence` is the last one's + 1 (the first is 1); `previous` is where the last commit needle begins, null in the first.
 * - `from` to `to` holds exactly this write's objects, and this commit needle begins at `to`, in the same volume.
 * - A block's range lies within; ranges of blocks do not overlap; `count` needles lie in it. An object that a block
 *   puts and that has its place elsewhere is in `extras`.
 */
import { canonicalJson, type JsonObject, type JsonValue, parseCanonicalJson } from '../crypto/canonical-json.ts';
import { AergoError } from '../errors.ts';
import { isOid, type Oid } from '../object/oid.ts';
import { recordNeedle } from './needle.ts';
import { type RefUpdate, readMergeLogic } from './refs.ts';
import { formatVersion } from './refs-file.ts';

/** The operation behind a write: `time` in ms since 1970, the command line, the ref that HEAD names after it. */
export interface Operation {
  readonly time: number;
  readonly command: string;
  readonly head: string;
}

/** Where a needle begins. */
export interface NeedlePlace {
  readonly volume: number;
  readonly offset: number;
}

/** Where the new objects of a block lie in its volume, and those it needs besides. */
export interface BlockRange {
  readonly id: Oid;
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly extras: readonly Oid[];
}

export interface CommitRecord {
  readonly sequence: number;
  readonly previous: NeedlePlace | null;
  readonly from: number;
  readonly to: number;
  readonly refs: readonly RefUpdate[];
  readonly blocks: readonly BlockRange[];
  readonly operation: Operation;
}

/** The body of a volume's first needle: which volume this is, and what the log had come to before it. */
export interface VolumeRecord {
  readonly format: number;
  readonly volume: number;
  readonly sequence: number;
  readonly previous: NeedlePlace | null;
}

/**
 * The body of a commit needle, with the members above and no others.
 * @throws AergoError AERGO_INTERNAL when what was given could not be read back
 */
export function encodeCommitRecord(record: CommitRecord): Buffer {
  const { sequence, previous, from, to, refs, blocks, operation } = record;
  const { time, command, head } = operation;
  const json: JsonObject = {
    sequence,
    previous: previous && { ...previous },
    from,
    to,
    refs: refs.map(refToJson),
    blocks: blocks.map(({ id, from, to, count, extras }) => ({ id, from, to, count, extras })),
    operation: { time, command, head },
  };
  const body = Buffer.from(canonicalJson(json));
  if (decodeCommitRecord(body) !== undefined) return body;
  throw new AergoError('AERGO_INTERNAL', 'a write was given values that a commit record cannot hold');
}

function refToJson({ name, old, new: next, start, height, logic }: RefUpdate): JsonObject {
  return {
    name,
    old,
    new: next,
    ...(start === undefined ? {} : { start }),
    ...(height === undefined ? {} : { height }),
    ...(logic === undefined ? {} : { logic: { ...logic } }),
  };
}

/** The first needle of a volume. */
export function volumeNeedle(volume: number, sequence: number, previous: NeedlePlace | null): Buffer {
  const record: JsonObject = { format: formatVersion, volume, sequence, previous: previous && { ...previous } };
  return recordNeedle('volume', Buffer.from(canonicalJson(record))).bytes;
}

/** Reads a commit needle's body; undefined when it is not one. The caller knows the place, and makes the error. */
export function decodeCommitRecord(body: Uint8Array): CommitRecord | undefined {
  const json = parse(body);
  if (json === undefined || !hasExactly(json, ['blocks', 'from', 'operation', 'previous', 'refs', 'sequence', 'to'])) {
    return undefined;
  }
  const previous = readPlace(json.previous);
  const refs = readAll(json.refs, readRef);
  const blocks = readAll(json.blocks, readBlock);
  const operation = readOperation(json.operation);
  const { sequence, from, to } = json;
  if (!isCount(sequence) || !isCount(from) || !isCount(to)) return undefined;
  if (previous === undefined || refs === undefined || blocks === undefined || operation === undefined) return undefined;
  return { sequence, previous, from, to, refs, blocks, operation };
}

/** Reads the body of a volume's first needle; undefined when it is not one. */
export function decodeVolumeRecord(body: Uint8Array): VolumeRecord | undefined {
  const json = parse(body);
  if (json === undefined || !hasExactly(json, ['format', 'previous', 'sequence', 'volume'])) return undefined;
  const previous = readPlace(json.previous);
  const { format, volume, sequence } = json;
  if (!isCount(format) || !isCount(volume) || !isCount(sequence) || previous === undefined) return undefined;
  return { format, volume, sequence, previous };
}

function parse(body: Uint8Array): JsonObject | undefined {
  try {
    return asObject(parseCanonicalJson(body));
  } catch {
    return undefined; // the caller names the place in the volume, which is not known here
  }
}

function asObject(value: JsonValue | undefined): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !isArray(value) ? value : undefined;
}

function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function hasExactly(json: JsonObject, members: readonly string[], optional: readonly string[] = []): boolean {
  const names = Object.keys(json);
  return (
    members.every((name) => names.includes(name)) && names.every((n) => members.includes(n) || optional.includes(n))
  );
}

function isCount(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isId(value: JsonValue | undefined): value is Oid {
  return typeof value === 'string' && isOid(value);
}

function readAll<T>(value: JsonValue | undefined, read: (value: JsonValue) => T | undefined): T[] | undefined {
  if (value === undefined || value === null || !isArray(value)) return undefined;
  const all: T[] = [];
  for (const item of value) {
    const one = read(item);
    if (one === undefined) return undefined;
    all.push(one);
  }
  return all;
}

function readPlace(value: JsonValue | undefined): NeedlePlace | null | undefined {
  if (value === null) return null;
  const json = asObject(value);
  if (json === undefined || !hasExactly(json, ['offset', 'volume'])) return undefined;
  const { volume, offset } = json;
  return isCount(volume) && isCount(offset) ? { volume, offset } : undefined;
}

function readRef(value: JsonValue): RefUpdate | undefined {
  const json = asObject(value);
  if (json === undefined || !hasExactly(json, ['name', 'new', 'old'], ['height', 'logic', 'start'])) return undefined;
  const { name, old, new: next, height, start } = json;
  const logic = json.logic === undefined ? undefined : readMergeLogic(json.logic);
  if (typeof name !== 'string' || (old !== null && !isId(old)) || (next !== null && !isId(next))) return undefined;
  if (height !== undefined && !isCount(height)) return undefined;
  if (start !== undefined && typeof start !== 'string') return undefined;
  if (json.logic !== undefined && logic === undefined) return undefined;
  return {
    name,
    old,
    new: next,
    ...(start === undefined ? {} : { start }),
    ...(height === undefined ? {} : { height }),
    ...(logic === undefined ? {} : { logic }),
  };
}

function readBlock(value: JsonValue): BlockRange | undefined {
  const json = asObject(value);
  if (json === undefined || !hasExactly(json, ['count', 'extras', 'from', 'id', 'to'])) return undefined;
  const { id, from, to, count } = json;
  const extras = readAll(json.extras, (extra) => (isId(extra) ? extra : undefined));
  if (!isId(id) || !isCount(from) || !isCount(to) || !isCount(count) || extras === undefined) return undefined;
  return { id, from, to, count, extras };
}

function readOperation(value: JsonValue | undefined): Operation | undefined {
  const json = asObject(value);
  if (json === undefined || !hasExactly(json, ['command', 'head', 'time'])) return undefined;
  const { time, command, head } = json;
  if (!isCount(time) || typeof command !== 'string' || typeof head !== 'string') return undefined;
  return { time, command, head };
}
