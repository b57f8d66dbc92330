/**
 * Git's index file, version 2, in its SHA-256 form: which files are checked out, with what the file system says of them, so
 * that `git status` need not read them.
 * @see https://git-scm.com/docs/gitformat-index
 */
import { hash } from 'node:crypto';
import { type Oid, oidToBytes } from './oid.ts';

/** A file of the work tree as the file system describes it. Git keeps the low 32 bits of each number. */
export interface CheckedOutFile {
  /** From the top of the work tree, with `/`; well-formed and without NUL. */
  readonly path: string;
  readonly oid: Oid;
  readonly changed_ns: bigint;
  readonly modified_ns: bigint;
  readonly device: bigint;
  readonly inode: bigint;
  readonly user: bigint;
  readonly group: bigint;
  readonly size: bigint;
}

const version = 2;
/** `100644`: what this format checks out are plain files. */
const mode = 0o100644;
const fixed_bytes = 40 + 32 + 2;
/** The longest path whose length stands in the entry; Git measures longer ones itself. */
const longestNoted = 0xfff;

/** The whole index file; the files may come in any order. */
export function encodeGitIndex(files: readonly CheckedOutFile[]): Uint8Array {
  const header = Buffer.from('DIRC\0\0\0\0\0\0\0\0', 'latin1');
  header.writeUInt32BE(version, 4);
  header.writeUInt32BE(files.length, 8);
  const named = files.map((file) => ({ file, path: Buffer.from(file.path) }));
  named.sort((a, b) => Buffer.compare(a.path, b.path));
  const body = Buffer.concat([header, ...named.map(({ file, path }) => encodeEntry(file, path))]);
  return Buffer.concat([body, hash('sha256', body, 'buffer')]);
}

function encodeEntry(file: CheckedOutFile, path: Buffer): Buffer {
  // One to eight NULs follow, so that the next entry begins at a multiple of eight.
  const entry = Buffer.alloc((Math.floor((fixed_bytes + path.length) / 8) + 1) * 8);
  let at = 0;
  for (const number of [...timestamp(file.changed_ns), ...timestamp(file.modified_ns), file.device, file.inode]) {
    at = entry.writeUInt32BE(low32(number), at);
  }
  at = entry.writeUInt32BE(mode, at);
  for (const number of [file.user, file.group, file.size]) at = entry.writeUInt32BE(low32(number), at);
  entry.set(oidToBytes(file.oid), at);
  entry.writeUInt16BE(Math.min(path.length, longestNoted), at + 32);
  entry.set(path, fixed_bytes);
  return entry;
}

const timestamp = (time_ns: bigint): [seconds: bigint, nanoseconds: bigint] => [
  time_ns / 1_000_000_000n,
  time_ns % 1_000_000_000n,
];

const low32 = (number: bigint): number => Number(BigInt.asUintN(32, number));
