/**
 * `.aergo/merge/choices.ndjson`: what people chose for the conflicts of a pending merge, as a log that grows by whole lines
 * and is synced. Of each conflict the last line counts, and only for the rows that it was made for; a torn line, which a
 * process that was killed leaves, is ignored. Appending takes no lock: nobody waits while somebody ponders.
 */
import { closeSync, constants, fdatasync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { canonicalJson } from '../crypto/canonical-json.ts';
import { type Conflict, type ConflictId, conflictId } from '../merge/conflict.ts';
import type { ChangedChoice } from '../merge/resolution.ts';
import { type Choice, conflictDigest } from '../merge/resolution-choice.ts';

const datasync = promisify(fdatasync);
const lf = 0x0a;

/** The lines that say these changes. */
export const linesOfChoices = (changes: readonly ChangedChoice[]): string => changes.map(lineOf).join('');

/** Rows of a side are found again in the conflict; only what is on no side is written out. */
function lineOf({ conflict, choice }: ChangedChoice): string {
  const { table, name } = conflict;
  if (choice === undefined) return `${canonicalJson({ name, table, undo: true })}\n`;
  const { way, row } = choice;
  const written = way === 'both' || way === 'edit' ? { row } : {};
  return `${canonicalJson({ digest: conflictDigest(conflict), name, table, way, ...written })}\n`;
}

/** What is chosen for these very conflicts; a choice that was made for other rows does not count. */
export function choicesFor(conflicts: readonly Conflict[], text: string): Map<ConflictId, Choice> {
  const last = lastEntries(text);
  const chosen = new Map<ConflictId, Choice>();
  for (const conflict of conflicts) {
    const id = conflictId(conflict);
    const entry = last.get(id);
    if (entry !== undefined && entry.digest === conflictDigest(conflict)) chosen.set(id, choiceOf(conflict, entry));
  }
  return chosen;
}

/** How many conflicts have a choice, by the log alone. */
export const countChoices = (text: string): number => lastEntries(text).size;

/**
 * Appends to the log: in the file when it returns, on the disk when it resolves. Throws the system's errors.
 * @param path of a file that is there
 */
export async function appendChoices(path: string, changes: readonly ChangedChoice[]): Promise<void> {
  // Without O_CREAT: the file of a merge that is no more must not be made again.
  const log = openSync(path, constants.O_RDWR | constants.O_APPEND);
  try {
    const lines = linesOfChoices(changes);
    const bytes = Buffer.from(endsTorn(log) ? `\n${lines}` : lines);
    for (let done = 0; done < bytes.length; ) done += writeSync(log, bytes, done);
    await datasync(log);
  } finally {
    closeSync(log);
  }
}

interface Entry {
  readonly digest: unknown;
  readonly way: Choice['way'];
  readonly row: string | null;
}

function lastEntries(text: string): Map<string, Entry> {
  const last = new Map<string, Entry>();
  for (const line of text.split('\n')) {
    const value = parsed(line);
    if (value === undefined) continue;
    const id = `${String(value.table)} ${String(value.name)}`;
    const { digest, way, row = null } = value;
    if (isWay(way) && (row === null || typeof row === 'string')) last.set(id, { digest, way, row });
    else last.delete(id);
  }
  return last;
}

const choiceOf = (conflict: Conflict, { way, row }: Entry): Choice =>
  way === 'ours' || way === 'theirs' || way === 'base' ? { way, row: conflict[way] } : { way, row };

const ways: ReadonlySet<unknown> = new Set<Choice['way']>(['ours', 'theirs', 'base', 'both', 'edit', 'delete']);
const isWay = (value: unknown): value is Choice['way'] => ways.has(value);

function parsed(line: string): Record<string, unknown> | undefined {
  if (line === '') return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined; // torn: whoever chose was never told that it was written down, and is asked again
  }
}

/** Whether the file ends within a line: the process that wrote it was killed. */
function endsTorn(descriptor: number): boolean {
  const { size } = fstatSync(descriptor);
  const last = Buffer.alloc(1);
  return size > 0 && readSync(descriptor, last, 0, 1, size - 1) === 1 && last[0] !== lf;
}
