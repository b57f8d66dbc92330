/**
 * What people chose for the conflicts of a merge, as `resolve` transactions of its block: written from rows, and read back
 * strictly. Every conflict that is left to people is chosen exactly once, and nothing else.
 */
import type { Engine } from '../contract/engine.ts';
import { canonicalJson } from '../crypto/canonical-json.ts';
import { AergoError, shellWord } from '../errors.ts';
import type { BlockId } from '../ledger/block.ts';
import type { Choice, ResolveTransaction, SignedTransaction } from '../ledger/transaction.ts';
import { nameOfKey } from '../state/name.ts';
import { decodeRow } from '../state/row.ts';
import { rowShape } from '../state/row-shape.ts';
import type { TableSchema } from '../state/schema.ts';
import { type Conflict, type ConflictId, conflictId } from './conflict.ts';

/** The row to have, as a line that may leave computed columns out; null: none. */
export interface ChosenRow {
  readonly row: string | null;
}

/** The choices of one transaction take at most this much, so that the whole stays under 1 MiB. */
const choicesLimit_bytes = 1_000_000;

/**
 * The choices for conflicts, each row as PostgreSQL writes it, in pieces that fit a transaction each. Linear.
 * @param engine in the block of the merge
 * @throws AergoError AERGO_CHOICE_INVALID for a row that cannot stand in its table, or has another key
 */
export async function choicesInPieces(
  engine: Engine,
  conflicts: readonly Conflict[],
  chosen: ReadonlyMap<ConflictId, ChosenRow>,
): Promise<Choice[][]> {
  const rows = conflicts.map((conflict) => chosen.get(conflictId(conflict))?.row ?? null);
  const given = conflicts.flatMap(({ table }, at) => {
    const line = rows[at] ?? null;
    return line === null ? [] : [{ table, values: decodeRow(line) }];
  });
  const fits = (await engine.fitRows(given)).values();
  const pieces: Choice[][] = [];
  let room = 0;
  for (const [at, { table, key, name }] of conflicts.entries()) {
    const fit = rows[at] === null ? undefined : fits.next().value;
    if (fit?.fault !== undefined) throw unfit(table, key, fit.fault.message, undoing(table, key));
    if (fit !== undefined && fit.name !== name) throw unfit(table, key, 'it has another key', undoing(table, key));
    const choice: Choice = { key: [...key], row: fit === undefined ? null : { ...decodeRow(fit.line) }, table };
    const length = Buffer.byteLength(canonicalJson(choice)) + 1;
    if (length > room) {
      pieces.push([]);
      room = choicesLimit_bytes;
    }
    pieces.at(-1)?.push(choice);
    room -= length;
  }
  return pieces;
}

const unfit = (table: string, key: readonly string[], what: string, hint?: string): AergoError =>
  invalid(`the row chosen for ${table} ${key.join(' ')} does not fit: ${what}`, { table, key }, hint);

/** What its author can do while the merge waits. */
const undoing = (table: string, key: readonly string[]): string =>
  `${['aergo resolve', table, ...key.map(shellWord)].join(' ')} --undo`;

function invalid(message: string, details: Record<string, unknown>, hint?: string): AergoError {
  return new AergoError('AERGO_CHOICE_INVALID', message, { details, ...(hint === undefined ? {} : { hint }) });
}

/** The merge that choices are for. */
export interface ChosenFor {
  readonly target: BlockId;
  readonly source: BlockId;
  /** `branch:start` of the target. */
  readonly bound: string;
  readonly left: readonly Conflict[];
  readonly schema: (table: string) => TableSchema | undefined;
}

/**
 * The lines that transactions choose, one for every conflict that is left to people.
 * @throws AergoError AERGO_CHOICE_INVALID where they are for another merge, or choose what is not to be chosen, twice, or not
 * at all; whether their authors may merge is the directory's to say
 */
export function chosenLines(
  merge: ChosenFor,
  transactions: readonly SignedTransaction[],
): Map<ConflictId, string | null> {
  const open = new Map(merge.left.map((conflict) => [conflictId(conflict), conflict]));
  const chosen = new Map<ConflictId, string | null>();
  for (const { id, transaction } of transactions) {
    if (transaction.kind !== 'resolve') {
      throw invalid(`transaction ${id.slice(0, 7)} is a ${transaction.kind}, which no such merge holds`, { id });
    }
    checkPlace(merge, transaction);
    for (const { table, key, row } of transaction.choices) {
      const schema = merge.schema(table);
      const name = schema === undefined ? '' : nameOfKey(schema, key);
      const conflict = conflictId({ table, name });
      if (schema === undefined || !open.has(conflict)) {
        const what = chosen.has(conflict) ? 'is chosen twice' : 'is no conflict that is left to people';
        throw invalid(`${table} ${key.join(' ')} ${what}`, { table, key });
      }
      open.delete(conflict);
      chosen.set(conflict, row === null ? null : lineOf(schema, row, { table, key, name }));
    }
  }
  const [unsettled] = open.values();
  if (unsettled !== undefined) {
    const { table, key } = unsettled;
    throw invalid(`nobody chose what becomes of ${table} ${key.join(' ')}`, { table, key });
  }
  return chosen;
}

function checkPlace({ target, source, bound }: ChosenFor, transaction: ResolveTransaction): void {
  const { ours, theirs, branch } = transaction;
  if (ours !== target || theirs !== source || branch !== bound) {
    throw invalid('choices that were made for another merge', { ours, theirs, branch });
  }
}

function lineOf(
  schema: TableSchema,
  row: NonNullable<Choice['row']>,
  { table, key, name }: { table: string; key: readonly string[]; name: string },
): string {
  try {
    const shape = rowShape(schema);
    const line = shape.encode(row);
    if (shape.nameOfLine(line) === name) return line;
  } catch (error) {
    if (!(error instanceof AergoError)) throw error;
    throw unfit(table, key, error.message);
  }
  throw unfit(table, key, 'it has another key');
}
