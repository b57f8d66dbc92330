/**
 * Git trees, strict both ways: what is decoded encodes to the same bytes, and what breaks a rule is never decoded.
 * Frozen with format 1 (vectors: fixtures/format/objects.json).
 *
 * Hot: a table of a million rows has tens of thousands of tree entries, so entries are checked by bytes.
 */
import { isUtf8 } from 'node:buffer';
import { AergoError } from '../errors.ts';
import { maxNameBytes, nameFault } from './name.ts';
import { isOid, type Oid } from './oid.ts';

/** `100644` file, `40000` directory, `100755` executable file, `120000` symbolic link: no other mode exists. */
export type TreeMode = '100644' | '40000' | '100755' | '120000';

/** One entry. The name is one path component: no slash, and no disguise of `.git` or `.gitmodules`. */
export interface TreeEntry {
  readonly mode: TreeMode;
  readonly name: string;
  readonly oid: Oid;
}

const nullOid = '0'.repeat(64);
const modes: readonly TreeMode[] = ['100644', '40000', '100755', '120000'];
const modeBytes = new Map(modes.map((mode) => [mode, Buffer.from(`${mode} `)]));

function invalid(what: string): AergoError {
  return new AergoError('AERGO_OBJECT_INVALID', `a tree is invalid: ${what}`);
}

function shown(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
}

/**
 * Git's order of tree entries: by the bytes of the name, where a directory's name counts as if it ended in a slash.
 * @returns negative, zero or positive, as a comparator of `sort`
 */
export function compareEntries(a: TreeEntry, b: TreeEntry): number {
  const left = a.mode === '40000' ? `${a.name}/` : a.name;
  const right = b.mode === '40000' ? `${b.name}/` : b.name;
  if (left === right) return 0;
  const length = Math.min(left.length, right.length);
  let at = 0;
  while (at < length && left.charCodeAt(at) === right.charCodeAt(at)) at += 1;
  if (at === length) return left.length - right.length;
  const unitLeft = left.charCodeAt(at);
  const unitRight = right.charCodeAt(at);
  // UTF-16 puts surrogates (code points from U+10000) below U+E000; the order of UTF-8 bytes is that of code points.
  const surrogateLeft = (unitLeft & 0xf800) === 0xd800;
  const surrogateRight = (unitRight & 0xf800) === 0xd800;
  if (surrogateLeft !== surrogateRight) return surrogateLeft ? 1 : -1;
  return unitLeft - unitRight;
}

function checkOrder(entries: readonly TreeEntry[]): void {
  let directories = 0;
  for (let at = 0; at < entries.length; at += 1) {
    const entry = entries[at];
    if (entry === undefined) continue;
    if (entry.mode === '40000') directories += 1;
    const before = entries[at - 1];
    if (before === undefined) continue;
    const order = compareEntries(before, entry);
    if (order > 0) throw invalid(`entry ${shown(entry.name)} is out of order`);
    if (order === 0 || before.name === entry.name) throw invalid(`entry ${shown(entry.name)} is there twice`);
  }
  if (directories === 0 || directories === entries.length) return;
  // A file and a directory of one name need not stand next to each other: `a`, `a.b`, `a/`.
  const files = new Set<string>();
  for (const entry of entries) {
    if (entry.mode !== '40000') files.add(entry.name);
    else if (files.has(entry.name)) throw invalid(`entry ${shown(entry.name)} is there twice`);
  }
}

function checkName(name: string): void {
  const fault = name === '' ? 'is empty' : nameFault(name);
  if (fault !== null) throw invalid(`the name ${shown(name)} ${fault}`);
}

/**
 * The body of a tree. Sorts the entries (the order given does not matter) and checks every name.
 * @throws AergoError AERGO_OBJECT_INVALID for a bad name, mode or id, or a name that is there twice
 */
export function encodeTree(entries: readonly TreeEntry[]): Uint8Array {
  const sorted = [...entries].sort(compareEntries);
  checkOrder(sorted);
  let size = 0;
  const lengths: number[] = [];
  for (const { mode, name, oid } of sorted) {
    checkName(name);
    const length = Buffer.byteLength(name);
    if (length > maxNameBytes) throw invalid(`the name ${shown(name)} is longer than ${maxNameBytes} bytes`);
    if (length !== name.length && !name.isWellFormed()) throw invalid(`the name ${shown(name)} has a lone surrogate`);
    if (!isOid(oid) || oid === nullOid) throw invalid(`entry ${shown(name)} has no id`);
    lengths.push(length);
    size += mode.length + 1 + length + 1 + 32;
  }
  const body = Buffer.allocUnsafe(size);
  let to = 0;
  for (const [index, { mode, name, oid }] of sorted.entries()) {
    const prefix = modeBytes.get(mode);
    if (prefix === undefined) throw invalid(`entry ${shown(name)} has the mode ${shown(mode)}`);
    body.set(prefix, to);
    to += prefix.length;
    to += body.write(name, to, lengths[index] ?? 0, 'utf8');
    body[to] = 0;
    to += 1;
    to += body.write(oid, to, 32, 'hex');
  }
  return body;
}

function modeAt(body: Buffer, at: number): TreeMode {
  // The space is part of what is compared, so that a longer number never passes for a mode.
  for (const [mode, bytes] of modeBytes) {
    if (body[at] === bytes[0] && body[at + bytes.length - 1] === 0x20) {
      if (body.compare(bytes, 0, bytes.length, at, at + bytes.length) === 0) return mode;
    }
  }
  throw invalid(`byte ${at} starts no mode that the format knows`);
}

function nameAt(body: Buffer, start: number, end: number): string {
  if (end === start) throw invalid(`the name at byte ${start} is empty`);
  if (end - start > maxNameBytes) throw invalid(`the name at byte ${start} is longer than ${maxNameBytes} bytes`);
  let all = 0;
  for (let at = start; at < end; at += 1) all |= body[at] ?? 0;
  if (all < 0x80) return body.toString('latin1', start, end);
  if (!isUtf8(body.subarray(start, end))) throw invalid(`the name at byte ${start} is not UTF-8`);
  return body.toString('utf8', start, end);
}

/**
 * The entries of a tree's body, in Git's order. `encodeTree` of the result gives the same bytes.
 * @throws AergoError AERGO_OBJECT_INVALID for whatever the format refuses: unsorted or double entries, a bad mode, a name
 * that is empty, not UTF-8, too long or a disguise of `.git` or `.gitmodules`, the null id, an entry cut short
 */
export function decodeTree(bytes: Uint8Array): TreeEntry[] {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const entries: TreeEntry[] = [];
  let at = 0;
  while (at < body.length) {
    const mode = modeAt(body, at);
    const start = at + mode.length + 1;
    const end = body.indexOf(0, start);
    if (end < 0 || end + 33 > body.length) throw invalid(`the entry at byte ${at} is cut short`);
    const name = nameAt(body, start, end);
    checkName(name);
    // 32 bytes in hexadecimal are an id by construction.
    const oid = body.toString('hex', end + 1, end + 33) as Oid;
    if (oid === nullOid) throw invalid(`entry ${shown(name)} has the null id`);
    entries.push({ mode, name, oid });
    at = end + 33;
  }
  checkOrder(entries);
  return entries;
}
