/**
 * Reads a pack as it comes, entry by entry: frame, sizes, checksum. Deltas are given as they are; `unpack` resolves them.
 * Held at a time: one entry and one piece of the stream. Inflating stops at the size that the entry's header gives.
 * @see https://git-scm.com/docs/gitformat-pack
 */
import { createHash } from 'node:crypto';
import type { ObjectType } from '../object/object.ts';
import { type Oid, oidFromBytes } from '../object/oid.ts';
import type { ByteReader } from './byte-reader.ts';
import { inflateHeld, inflateStream } from './inflate.ts';
import { type PackLimits, packInvalid, packLimit } from './pack-fault.ts';
import type { Turns } from './turns.ts';

/** An entry, at `offset` bytes from the pack's beginning: an object, or a delta on the object at an offset or with an id. */
export type PackRecord =
  | { readonly offset: number; readonly type: ObjectType; readonly body: Uint8Array }
  | { readonly offset: number; readonly base: number | Oid; readonly delta: Uint8Array };

const header_bytes = 12;
const oid_bytes = 32;
const trailer_bytes = 32;
/** Type and size take at most 10 bytes, the base of a delta at most 32: with this many held, an entry's head is whole. */
const longestHead_bytes = 64;
/** Above it an object is inflated piece by piece: for the many small ones a stream of its own would cost more than they do. */
const atOnce_bytes = 64 * 1024;
/** What an entry counts as besides its bytes: to begin with zlib costs as much as some of them. */
const entry_bytes = 4096;
const types = new Map<number, ObjectType>([
  [1, 'commit'],
  [2, 'tree'],
  [3, 'blob'],
  [4, 'tag'],
]);
const offsetDelta = 6;
const namedDelta = 7;

/** The entries of a pack in their order. */
export class PackReader {
  readonly #reader: ByteReader;
  readonly #limits: PackLimits;
  readonly #turns: Turns;
  readonly #hash = createHash('sha256');
  #offset = 0;

  constructor(reader: ByteReader, limits: PackLimits, turns: Turns) {
    this.#reader = reader;
    this.#limits = limits;
    this.#turns = turns;
  }

  /** Bytes read so far. */
  get size_bytes(): number {
    return this.#offset;
  }

  /**
   * Reads the header.
   * @returns how many entries the pack says that it has
   * @throws AergoError AERGO_PACK_INVALID for something that is no pack of version 2; AERGO_PACK_LIMIT for too many entries
   */
  async count(): Promise<number> {
    if (!(await this.#reader.ensure(header_bytes))) throw packInvalid('the pack ends inside its header');
    const header = this.#take(header_bytes);
    if (header.toString('latin1', 0, 4) !== 'PACK') throw packInvalid('it does not begin as a pack');
    const version = header.readUInt32BE(4);
    if (version !== 2) throw packInvalid(`it is a pack of version ${version}, not 2`);
    const count = header.readUInt32BE(8);
    const { objects } = this.#limits;
    if (count > objects) throw packLimit(`the pack has ${count} objects, over the limit of ${objects}`, { objects });
    return count;
  }

  /**
   * Reads the next entry. Its bytes are the caller's.
   * @throws AergoError AERGO_PACK_INVALID for an unknown type, a base outside the pack, data that do not inflate to exactly
   * the size in the header, an end before the entry's; AERGO_PACK_LIMIT
   */
  async next(): Promise<PackRecord> {
    const offset = this.#offset;
    await this.#reader.ensure(longestHead_bytes);
    const { number, size } = this.#head();
    const { object_bytes } = this.#limits;
    if (size > object_bytes) {
      throw packLimit(`an object has ${size} bytes, over the limit of ${object_bytes}`, { object_bytes });
    }
    const type = types.get(number);
    if (type !== undefined) return { offset, type, body: await this.#inflated(size) };
    if (number === offsetDelta) {
      const base = offset - this.#distance();
      if (base < header_bytes) throw packInvalid('the base of a delta lies before the pack');
      return { offset, base, delta: await this.#inflated(size) };
    }
    if (number !== namedDelta) throw packInvalid(`an entry has the type ${number}, which does not exist`);
    if (this.#reader.held.length < oid_bytes) throw packInvalid('the pack ends inside an entry');
    return { offset, base: oidFromBytes(this.#take(oid_bytes)), delta: await this.#inflated(size) };
  }

  /**
   * Reads the trailer, after which nothing may come.
   * @throws AergoError AERGO_PACK_INVALID for a checksum that does not fit, also when there are more entries than counted
   */
  async end(): Promise<void> {
    const expected = this.#hash.digest();
    if (!(await this.#reader.ensure(trailer_bytes))) throw packInvalid('the pack ends before its checksum');
    if (!this.#reader.take(trailer_bytes).equals(expected)) {
      throw packInvalid('the checksum of the pack does not fit, or it has another number of entries than it says');
    }
    this.#offset += trailer_bytes;
    if (!(await this.#reader.atEnd())) throw packInvalid('there are bytes after the end of the pack');
  }

  /** Takes held bytes, which count for checksum and limit. */
  #take(length: number): Buffer {
    const taken = this.#reader.take(length);
    this.#hash.update(taken);
    this.#offset += length;
    const { pack_bytes } = this.#limits;
    if (this.#offset > pack_bytes) throw packLimit(`the pack is over the limit of ${pack_bytes} bytes`, { pack_bytes });
    return taken;
  }

  #byte(): number {
    if (this.#reader.held.length === 0) throw packInvalid('the pack ends inside an entry');
    return this.#take(1)[0] ?? 0;
  }

  /** Type and size: four bits of the size beside the type, then seven a byte, the lowest first. */
  #head(): { number: number; size: number } {
    let byte = this.#byte();
    const number = (byte >> 4) & 7;
    let size = byte & 15;
    for (let scale = 16; byte >= 0x80; scale *= 128) {
      if (scale > 2 ** 46) throw packInvalid('the size of an entry does not end');
      byte = this.#byte();
      size += (byte & 0x7f) * scale;
    }
    return { number, size };
  }

  /** How far before a delta its base lies: seven bits a byte, the highest first, and every continued byte counts one more. */
  #distance(): number {
    let byte = this.#byte();
    let distance = byte & 0x7f;
    while (byte >= 0x80) {
      if (distance > 2 ** 45) throw packInvalid('the distance to the base of a delta does not end');
      byte = this.#byte();
      distance = (distance + 1) * 128 + (byte & 0x7f);
    }
    if (distance === 0) throw packInvalid('a delta is its own base');
    return distance;
  }

  /** The data of the zlib stream that comes now; what is short is inflated at once, the rest beside the event loop. */
  async #inflated(size: number): Promise<Uint8Array> {
    if (size > atOnce_bytes) {
      return inflateStream(this.#reader, size, mostDeflated(size), (length) => void this.#take(length));
    }
    if (this.#turns.isOver(entry_bytes + size)) await this.#turns.pass();
    for (;;) {
      const { held } = this.#reader;
      const found = inflateHeld(held, size);
      if (found !== undefined) {
        this.#take(found.length);
        return found.body;
      }
      if (held.length > mostDeflated(size))
        throw packInvalid('the data of an entry take far more bytes than they give');
      // Where the stream ends only zlib knows: what is held is doubled until it finds the end.
      if (
        !(await this.#reader.ensure(held.length * 2 + longestHead_bytes)) &&
        this.#reader.held.length === held.length
      ) {
        throw packInvalid('the pack ends inside an entry');
      }
    }
  }
}

/** Deflate never takes much more than it is given; a longer stream is made of empty blocks, to keep the reader busy. */
const mostDeflated = (size: number): number => size + Math.ceil(size / 1000) + 1024;
