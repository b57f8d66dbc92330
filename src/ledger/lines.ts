/**
 * Lists in a block (its transactions, its receipts): one canonical JSON object a line, in blobs of 256 lines.
 * Up to 256 lines are one blob, more are a tree of blobs named 00000000, 00000001, …; none is no entry at all.
 * Frozen: docs/format.md, vectors in fixtures/format/.
 */
import { AergoError } from '../errors.ts';
import { type ObjectBuffer, type ObjectSource, readBlob, readTree } from '../object/source.ts';
import { encodeTree, type TreeEntry } from '../object/tree.ts';

const linesPerBlob = 256;

const partName = (index: number): string => String(index).padStart(8, '0');

/** Puts the lines (without LF) and gives the tree entry, or `undefined` for none. */
export function putLines(buffer: ObjectBuffer, name: string, lines: readonly string[]): TreeEntry | undefined {
  if (lines.length === 0) return undefined;
  const putBlob = (part: readonly string[]) => buffer.put('blob', Buffer.from(`${part.join('\n')}\n`));
  if (lines.length <= linesPerBlob) return { mode: '100644', name, oid: putBlob(lines) };
  const parts: TreeEntry[] = [];
  for (let from = 0; from < lines.length; from += linesPerBlob) {
    parts.push({ mode: '100644', name: partName(parts.length), oid: putBlob(lines.slice(from, from + linesPerBlob)) });
  }
  return { mode: '40000', name, oid: buffer.put('tree', encodeTree(parts)) };
}

/** The lines behind an entry, without their LF; none where there is no entry. Throws `AERGO_BLOCK_INVALID`. */
export function readLines(source: ObjectSource, entry: TreeEntry | undefined): string[] {
  if (entry === undefined) return [];
  if (entry.mode === '100644') return splitLines(source, entry);
  return readTree(source, entry.oid).flatMap((part) => splitLines(source, part));
}

function splitLines(source: ObjectSource, entry: TreeEntry): string[] {
  const text = Buffer.from(readBlob(source, entry.oid)).toString('utf8');
  if (!text.endsWith('\n')) {
    throw new AergoError('AERGO_BLOCK_INVALID', `${entry.name} of a block does not end in a line feed`, {
      details: { object: entry.oid },
    });
  }
  return text.slice(0, -1).split('\n');
}
