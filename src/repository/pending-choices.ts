/**
 * `.aergo/merge/choices.ndjson`: what people chose for the conflicts of a pending merge, as a log that grows by whole lines
 * and is synced. Of each conflict the last line counts, and only for the rows that it was made for; a torn line, which a
 * process that was killed leaves, is ignored. Appending takes no lock: nobody waits while somebody ponders. So the log is
 * one file for as long as its merge waits: whoever replaced it would lose what another appends meanwhile.
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

/**
 * The lines that take back what was chosen for other rows than these conflicts have. Each names the rows that it is about, as
 * a choice for what there is now may get in before it.
 */
export function lapsedChoices(conflicts: readonly Conflict[], text: string): string {
  const digests = new Map(conflicts.map((conflict) => [conflictId(conflict), conflictDigest(conflict)]));
  const lapsed = [...lastEntries(text)].filter(([id, { digest }]) => digests.get(id) !== digest);
  return lapsed
    .map(([, { digest, name, table }]) => `${canonicalJson({ digest, name, table, undo: true })}\n`)
    .join('');
}

/** How many conflicts have a choice, by the log alone. */
export const countChoices = (text: string): number => lastEntries(text).size;

/**
 * Appends to the log: in the file when it returns, on the disk when it resolves. Throws the system's errors.
 * @param path of a file that is there
 * @param isStill asked when the file is open: whether it is still the log of the merge that the lines are for
 * @returns false where it is not, and nothing was written
 */
export async function appendChoices(path: string, lines: string, isStill: () => boolean): Promise<boolean> {
  // Without O_CREAT: the file of a merge that is no more must not be made again.
  const log = openSync(path, constants.O_RDWR | constants.O_APPEND);
  try {
    if (!isStill()) return false;
    if (lines === '') return true;
    const bytes = Buffer.from(endsTorn(log) ? `\n${lines}` : lines);
    for (let done = 0; done < bytes.length; ) done += writeSync(log, bytes, done);
    await datasync(log);
    return true;
  } finally {
    closeSync(log);
  }
}

interface Entry {
  readonly table: string;
  readonly name: string;
  readonly digest: string;
  readonly way: Choice['way'];
  readonly row: string | null;
}

function lastEntries(text: string): Map<ConflictId, Entry> {
  const last = new Map<ConflictId, Entry>();
  for (const line of text.split('\n')) {
    const value = parsed(line);
    if (value === undefined) continue;
    const { way, row = null } = value;
    const [table, name, digest] = [String(value.table), String(value.name), String(value.digest)];
    const id = conflictId({ table, name });
    const isChoice = isWay(way) && (row === null || typeof row === 'string');
    if (isChoice) last.set(id, { table, name, digest, way, row });
    else if (value.digest === undefined || digest === last.get(id)?.digest) last.delete(id);
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
