/**
 * `.aergo/merge/conflicts.ndjson`: the conflicts of a pending merge. The tables on the first line, then a conflict a line; a
 * failed constraint has a line of its own before the first conflict that it makes, and those say which by its number. Written
 * and read line by line: neither the conflicts nor the rows of one constraint are ever in one string.
 */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import type { RowWriter } from '../ledger/writers.ts';
import type { Conflict, ConstraintConflict, FailedConstraint, RowConflict } from '../merge/conflict.ts';
import type { ConflictTable } from '../merge/resolution-columns.ts';

/** Who changed a row on one side, with what people read of it. */
export interface SideWriter extends RowWriter {
  readonly height: number;
  /** The author's name as a member. */
  readonly name?: string;
}

interface Writers {
  readonly writers: { readonly ours?: SideWriter; readonly theirs?: SideWriter };
}

/** A conflict that is people's to settle, and who stands behind its two sides where that can be told. */
export type PendingConflict = Conflict & Writers;

export interface PendingConflicts {
  readonly tables: readonly ConflictTable[];
  readonly conflicts: readonly PendingConflict[];
}

/** Characters that are written, and bytes that are read, at once. */
const chunkSize = 65_536;

/** The lines of the file, some together; `noteDigest` gets their SHA-256, in hex, after the last. */
export function* conflictChunks(
  conflicts: PendingConflicts,
  noteDigest: (digest: string) => void,
): Generator<string, void> {
  const digest = createHash('sha256');
  let chunk = '';
  for (const value of lineValues(conflicts)) {
    chunk += `${JSON.stringify(value)}\n`;
    if (chunk.length < chunkSize) continue;
    digest.update(chunk);
    yield chunk;
    chunk = '';
  }
  digest.update(chunk);
  yield chunk;
  noteDigest(digest.digest('hex'));
}

function* lineValues({ tables, conflicts }: PendingConflicts): Generator<object> {
  yield tables;
  const numbers = new Map<FailedConstraint, number>();
  for (const conflict of conflicts) {
    if (conflict.kind === 'row') {
      yield conflict;
      continue;
    }
    const { failed } = conflict;
    let number = numbers.get(failed);
    if (number === undefined) {
      number = numbers.size;
      numbers.set(failed, number);
      yield { kind: 'failed', ...failed };
    }
    yield { ...conflict, failed: number };
  }
}

type LineValue =
  | (RowConflict & Writers)
  | (Omit<ConstraintConflict, 'failed'> & Writers & { readonly failed: number })
  | (FailedConstraint & { readonly kind: 'failed' });

/**
 * What the file holds; undefined where it has another digest. Throws the system's errors.
 * @param digest as `conflictChunks` gave it
 */
export function readConflicts(path: string, digest: string): PendingConflicts | undefined {
  // Replaced by rename only: what is open stays what was checked.
  const file = openSync(path, 'r');
  try {
    const found = createHash('sha256');
    for (const chunk of chunksOf(file)) found.update(chunk);
    return found.digest('hex') === digest ? conflictsOf(linesOf(file)) : undefined;
  } finally {
    closeSync(file);
  }
}

function conflictsOf(lines: Generator<string>): PendingConflicts {
  const first = lines.next();
  const tables = first.done ? [] : JSON.parse(first.value);
  const failed: FailedConstraint[] = [];
  const conflicts: PendingConflict[] = [];
  for (const line of lines) {
    const value: LineValue = JSON.parse(line);
    if (value.kind === 'failed') failed.push({ constraint: value.constraint, count: value.count, rows: value.rows });
    else if (value.kind === 'row') conflicts.push(value);
    else conflicts.push({ ...value, failed: failed[value.failed] as FailedConstraint });
  }
  return { tables, conflicts };
}

function* chunksOf(file: number): Generator<Buffer> {
  for (let position = 0; ; ) {
    const chunk = Buffer.allocUnsafe(chunkSize);
    const size = readSync(file, chunk, 0, chunk.length, position);
    if (size === 0) return;
    position += size;
    yield chunk.subarray(0, size);
  }
}

/** The lines without their LF; the file ends with one. */
function* linesOf(file: number): Generator<string> {
  let begun: Buffer[] = [];
  for (const chunk of chunksOf(file)) {
    let start = 0;
    for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', start)) {
      yield Buffer.concat([...begun, chunk.subarray(start, end)]).toString();
      begun = [];
      start = end + 1;
    }
    if (start < chunk.length) begun.push(chunk.subarray(start));
  }
}
