/**
 * The needle: the record that volumes are sequences of. FROZEN with format 1; vectors in fixtures/format/store-1.json,
 * test in test/store/format.test.ts, description in docs/format-on-disk.md.
 *
 * Invariants:
 * - 48 bytes of header, then the body: magic "AFS1" (4) · CRC-32 of all that follows it (4) · kind (1) · zero (3) ·
 *   length of the body (4) · id (32) · body. Integers are big-endian.
 * - kind 1 opens a volume, and only there; kind 2 is an object, its body the object's Git pack entry; kind 3 ends a
 *   write. The id of an object is its Git id, of the other kinds the SHA-256 of the body.
 * - Nothing stands between two needles, before the first or after the last.
 */
import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { type Oid, oidFromBytes, oidToBytes } from '../object/oid.ts';

export const needleHeader_bytes = 48;
/** A longer body is never written and never believed. */
export const needleBodyLimit_bytes = 2 ** 30;

const magic = 0x41465331; // "AFS1"
const kindNumbers = { volume: 1, object: 2, commit: 3 } as const;

export type NeedleKind = keyof typeof kindNumbers;

/** A whole needle. `offset` and `end` are its place in its volume; `body` is a view of what was read. */
export interface Needle {
  readonly kind: NeedleKind;
  readonly id: Oid;
  readonly body: Buffer;
  readonly offset: number;
  readonly end: number;
}

/** What stands at `offset` instead of a needle; `fault` continues the sentence "volume … at byte …: ". */
export interface NeedleFault {
  readonly fault: string;
  readonly offset: number;
  readonly id?: Oid;
}

export function isFault(read: Needle | NeedleFault): read is NeedleFault {
  return 'fault' in read;
}

/** Writes a needle into `target` at `at` and returns where the next one begins. */
export function encodeNeedle(target: Buffer, at: number, kind: NeedleKind, id: Oid, body: Uint8Array): number {
  const end = at + needleHeader_bytes + body.length;
  target.writeUInt32BE(magic, at);
  target.writeUInt32BE(kindNumbers[kind] * 2 ** 24, at + 8);
  target.writeUInt32BE(body.length, at + 12);
  target.set(oidToBytes(id), at + 16);
  target.set(body, at + needleHeader_bytes);
  target.writeUInt32BE(crc32(target.subarray(at + 8, end)), at + 4);
  return end;
}

/** A needle that holds a record of the log: its id is the SHA-256 of its body. */
export function recordNeedle(kind: 'volume' | 'commit', body: Uint8Array): { id: Oid; bytes: Buffer } {
  const id = oidFromBytes(hash('sha256', body, 'buffer'));
  const bytes = Buffer.allocUnsafe(needleHeader_bytes + body.length);
  encodeNeedle(bytes, 0, kind, id, body);
  return { id, bytes };
}

/**
 * The length of the body of the needle that begins at `at`, or undefined where no needle begins. `bytes` must have a
 * whole header there. Only the CRC tells whether the length is true.
 */
export function needleBodyLength(bytes: Buffer, at: number): number | undefined {
  if (bytes.readUInt32BE(at) !== magic) return undefined;
  const length = bytes.readUInt32BE(at + 12);
  return length > needleBodyLimit_bytes ? undefined : length;
}

/** Reads the needle at `at` of `bytes`, which is at `offset` of its volume: magic, CRC and form are checked. */
export function decodeNeedle(bytes: Buffer, at: number, offset: number): Needle | NeedleFault {
  if (bytes.length - at < needleHeader_bytes) return { fault: 'it is cut off', offset };
  if (bytes.readUInt32BE(at) !== magic) return { fault: 'no needle begins here', offset };
  const id = oidFromBytes(bytes.subarray(at + 16, at + needleHeader_bytes));
  const length = bytes.readUInt32BE(at + 12);
  const end = at + needleHeader_bytes + length;
  if (length > needleBodyLimit_bytes || end > bytes.length) {
    return { fault: 'it runs beyond the end', offset, id };
  }
  if (crc32(bytes.subarray(at + 8, end)) !== bytes.readUInt32BE(at + 4)) {
    return { fault: 'the checksum does not fit', offset, id };
  }
  const kind = kindOf(bytes.readUInt32BE(at + 8));
  if (kind === undefined) return { fault: 'its kind is unknown', offset, id };
  const body = bytes.subarray(at + needleHeader_bytes, end);
  return { kind, id, body, offset, end: offset + needleHeader_bytes + length };
}

function kindOf(word: number): NeedleKind | undefined {
  if (word === kindNumbers.object * 2 ** 24) return 'object';
  if (word === kindNumbers.commit * 2 ** 24) return 'commit';
  return word === kindNumbers.volume * 2 ** 24 ? 'volume' : undefined;
}

/** The first offset at or after `from` where the magic stands, or -1: for finding one's feet behind damage. */
export function nextMagic(bytes: Buffer, from: number): number {
  return bytes.indexOf('AFS1', from, 'latin1');
}
