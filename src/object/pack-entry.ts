/**
 * Git's pack entries and the frame of a pack. An entry is how an object lies in a volume and in a pack alike, so serving a
 * clone copies bytes. Only whole objects: deltas are refused here.
 * @see https://git-scm.com/docs/gitformat-pack
 */
import { createHash, type Hash } from 'node:crypto';
import { deflateSync, inflateSync } from 'node:zlib';
import { AergoError } from '../errors.ts';
import { adler32 } from './adler32.ts';
import type { GitObject, ObjectType } from './object.ts';

/** Bytes in an object at most: what a volume can hold. */
const maxObjectBytes = 2 ** 30;

/** Bodies shorter than this are stored, not deflated: what deflate saves there is not worth its 10 µs. */
const deflateChunk_bytes = 4096;
const storedBelow = 128;

const typeNumbers: Record<ObjectType, number> = { commit: 1, tree: 2, blob: 3, tag: 4 };
const typeNames = new Map<number, ObjectType>([
  [1, 'commit'],
  [2, 'tree'],
  [3, 'blob'],
  [4, 'tag'],
]);

function invalid(what: string, cause?: unknown): AergoError {
  return new AergoError('AERGO_OBJECT_INVALID', `a pack entry is invalid: ${what}`, { cause });
}

/** Type and size: four bits of the size beside the type, then seven a byte, the lowest first. At most five bytes. */
function encodeHeader(type: ObjectType, size: number): number[] {
  const bytes = [(typeNumbers[type] << 4) | (size & 15)];
  for (let left = size >>> 4, at = 0; left > 0; left >>>= 7, at += 1) {
    bytes[at] = (bytes[at] ?? 0) | 0x80;
    bytes.push(left & 0x7f);
  }
  return bytes;
}

// A zlib stream of one stored block: its header, final-block bit, length and its complement; then data and Adler-32.
const storedOverhead = 11;
const storedHeaderLength = 7;

function encodeStored(header: number[], body: Uint8Array): Uint8Array {
  const entry = Buffer.allocUnsafe(header.length + storedOverhead + body.length);
  entry.set(header);
  let to = header.length;
  entry.set([0x78, 0x01, 0x01], to);
  entry.writeUInt16LE(body.length, to + 3);
  entry.writeUInt16LE(body.length ^ 0xffff, to + 5);
  to += storedHeaderLength;
  entry.set(body, to);
  entry.writeUInt32BE(adler32(body), to + body.length);
  return entry;
}

/**
 * An object as a pack entry: type and size, then its body as a zlib stream (stored under 128 bytes, else level 1).
 * @throws AergoError AERGO_OBJECT_INVALID when it is over `maxObjectBytes`
 */
export function encodePackEntry(type: ObjectType, body: Uint8Array): Uint8Array {
  if (body.length > maxObjectBytes) throw invalid(`its object is over ${maxObjectBytes} bytes`);
  const header = encodeHeader(type, body.length);
  if (body.length < storedBelow) return encodeStored(header, body);
  // The default chunk of 16 KiB would be allocated for each object: a page deflates to a fraction of it.
  return Buffer.concat([Uint8Array.from(header), deflateSync(body, { level: 1, chunkSize: deflateChunk_bytes })]);
}

function decodeHeader(entry: Uint8Array): { type: ObjectType; size: number; length: number } {
  let byte = entry[0];
  if (byte === undefined) throw invalid('it is empty');
  const type = typeNames.get((byte >> 4) & 7);
  if (type === undefined) throw invalid(`its type ${(byte >> 4) & 7} is no whole object`);
  let size = byte & 15;
  let length = 1;
  for (let scale = 16; byte >= 0x80; scale *= 128, length += 1) {
    byte = entry[length];
    if (byte === undefined) throw invalid('it is cut short');
    if (byte === 0 || length > 4) throw invalid('its size is written with more bytes than it needs');
    size += (byte & 0x7f) * scale;
    if (size > maxObjectBytes) throw invalid(`its size is over ${maxObjectBytes} bytes`);
  }
  return { type, size, length };
}

/** The body when the stream is one stored block written as we write it, else null: any zlib stream is valid. */
function decodeStored(stream: Buffer, size: number): Uint8Array | null {
  if (stream.length !== size + storedOverhead || size >= storedBelow) return null;
  if (stream[0] !== 0x78 || stream[1] !== 0x01 || stream[2] !== 0x01) return null;
  if (stream.readUInt16LE(3) !== size || stream.readUInt16LE(5) !== (size ^ 0xffff)) return null;
  const body = Uint8Array.from(stream.subarray(storedHeaderLength, storedHeaderLength + size));
  return stream.readUInt32BE(storedHeaderLength + size) === adler32(body) ? body : null;
}

// With `info`, Node gives the engine beside the output; its types leave that out.
interface Inflated {
  readonly buffer: Uint8Array;
  readonly engine: { readonly bytesWritten: number };
}

function isInflated(result: unknown): result is Inflated {
  return typeof result === 'object' && result !== null && 'engine' in result && 'buffer' in result;
}

function inflate(stream: Buffer, size: number): Uint8Array {
  let result: unknown;
  try {
    // One byte more than the header says, so that a longer stream is an error and not cut, and never inflated further.
    const options = { info: true, maxOutputLength: size + 1, chunkSize: Math.max(64, Math.min(size + 1, 65_536)) };
    result = inflateSync(stream, options);
  } catch (error) {
    throw invalid('its data does not inflate to the size in its header', error);
  }
  if (!isInflated(result)) throw new AergoError('AERGO_INTERNAL', 'this Node does not say where a zlib stream ends');
  if (result.buffer.length !== size) throw invalid('its data does not inflate to the size in its header');
  if (result.engine.bytesWritten !== stream.length) throw invalid('there are bytes after its end');
  return result.buffer;
}

/**
 * The object in a pack entry, which must be exactly these bytes. Inflates no further than the size in the header. The id
 * is not checked: the caller knows which one it wants.
 * @throws AergoError AERGO_OBJECT_INVALID for a delta, a size that is not the data's, bytes after the end
 */
export function decodePackEntry(entry: Uint8Array): GitObject {
  const { type, size, length } = decodeHeader(entry);
  const stream = Buffer.from(entry.buffer, entry.byteOffset + length, entry.length - length);
  return { type, body: decodeStored(stream, size) ?? inflate(stream, size) };
}

/**
 * The twelve bytes that a pack starts with.
 * @param count its number of entries, below 2³²
 */
export function encodePackHeader(count: number): Uint8Array {
  if (!Number.isInteger(count) || count < 0 || count >= 2 ** 32) throw invalid(`a pack cannot hold ${count} entries`);
  const header = Buffer.from('PACK\0\0\0\x02\0\0\0\0', 'latin1');
  header.writeUInt32BE(count, 8);
  return header;
}

/** The SHA-256 that a pack of a SHA-256 repository ends with, over header and entries as they are written. */
export class PackTrailer {
  readonly #hash: Hash = createHash('sha256');

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  /** The 32 bytes of the trailer; nothing can be added afterwards. */
  digest(): Uint8Array {
    return this.#hash.digest();
  }
}
