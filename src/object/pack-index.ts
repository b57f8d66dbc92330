/**
 * Git's pack index, version 2, in its SHA-256 form: where in a pack each object lies. The same entries give the same bytes as
 * `git index-pack` writes for the pack.
 * @see https://git-scm.com/docs/gitformat-pack
 */
import { hash } from 'node:crypto';
import { AergoError } from '../errors.ts';
import type { Oid } from './oid.ts';

/** An object in a pack. */
export interface PackIndexEntry {
  readonly oid: Oid;
  /** CRC-32 of the entry as it stands in the pack. */
  readonly crc: number;
  /** Bytes from the pack's beginning to the entry's. */
  readonly offset: number;
}

const signature = 0xff744f63; // "\377tOc"
const version = 2;
const fanout_entries = 256;
/** From here on an offset stands in the table of 64-bit offsets, and its place there in the other, with this bit set. */
const largeOffset = 2 ** 31;

/**
 * The whole index.
 * @param entries of every object of the pack, in any order, each once; below 2³¹
 * @param packTrailer the 32 bytes that the pack ends with
 * @throws AergoError AERGO_OBJECT_INVALID when an object is there twice, which Git does not take
 */
export function encodePackIndex(entries: readonly PackIndexEntry[], packTrailer: Uint8Array): Uint8Array {
  const sorted = [...entries].sort((a, b) => (a.oid < b.oid ? -1 : 1));
  const large = sorted.filter(({ offset }) => offset >= largeOffset).length;
  const body = Buffer.alloc(8 + fanout_entries * 4 + sorted.length * (32 + 4 + 4) + large * 8 + packTrailer.length);
  body.writeUInt32BE(signature, 0);
  body.writeUInt32BE(version, 4);
  const ids = writeFanout(body, 8, sorted);
  const crcs = ids + sorted.length * 32;
  const offsets = crcs + sorted.length * 4;
  const largeOffsets = offsets + sorted.length * 4;
  let largeAt = 0;
  for (const [at, { oid, crc, offset }] of sorted.entries()) {
    if (oid === sorted[at - 1]?.oid) throw new AergoError('AERGO_OBJECT_INVALID', `a pack has object ${oid} twice`);
    body.write(oid, ids + at * 32, 'hex');
    body.writeUInt32BE(crc, crcs + at * 4);
    if (offset < largeOffset) {
      body.writeUInt32BE(offset, offsets + at * 4);
    } else {
      body.writeUInt32BE(largeOffset + largeAt, offsets + at * 4);
      body.writeBigUInt64BE(BigInt(offset), largeOffsets + largeAt * 8);
      largeAt += 1;
    }
  }
  body.set(packTrailer, largeOffsets + large * 8);
  return Buffer.concat([body, hash('sha256', body, 'buffer')]);
}

/** For each first byte how many ids begin with it or a lower one; gives where the table ends. */
function writeFanout(body: Buffer, from: number, sorted: readonly PackIndexEntry[]): number {
  let count = 0;
  for (let byte = 0; byte < fanout_entries; byte += 1) {
    while (count < sorted.length && Number.parseInt(sorted[count]?.oid.slice(0, 2) ?? '', 16) <= byte) count += 1;
    body.writeUInt32BE(count, from + byte * 4);
  }
  return from + fanout_entries * 4;
}
