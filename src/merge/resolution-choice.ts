/**
 * How a person settles one conflict: with a row as one side has it, both changes together, values given by hand, or no row.
 * A choice is a value; what it was made for is told by a digest, so that it is kept only for that very conflict. Pure.
 */
import { hash } from 'node:crypto';
import { canonicalJson } from '../crypto/canonical-json.ts';
import { AergoError } from '../errors.ts';
import { decodeRow, encodeRow } from '../state/row.ts';
import type { Conflict, ConflictSide } from './conflict.ts';
import { bothChanges } from './resolution-both.ts';
import { type ConflictTable, columnValue } from './resolution-columns.ts';

/** What can be taken without giving a value. */
export type Take = ConflictSide | 'both';
export const takes = ['ours', 'theirs', 'base', 'both'] as const satisfies readonly Take[];

export interface Choice {
  readonly way: Take | 'edit' | 'delete';
  /** The line of the row to have; null: no row. Computed columns may be left out of it. */
  readonly row: string | null;
}

/** The first 32 hex digits of SHA-256 over the three rows. Equal only when the same choices are open. */
export function conflictDigest({ base, ours, theirs }: Conflict): string {
  return hash('sha256', canonicalJson([base, ours, theirs]), 'hex').slice(0, 32);
}

/** What a take gives; undefined where it means nothing: both changes of rows that do not go together. */
export function takeOf(table: ConflictTable, conflict: Conflict, take: Take): Choice | undefined {
  if (take !== 'both') return { way: take, row: conflict[take] };
  const row = bothChanges(table, conflict);
  return row === undefined ? undefined : { way: 'both', row };
}

/** Throws AERGO_CHOICE_INVALID where the take means nothing. */
export function checkedTake(table: ConflictTable, conflict: Conflict, take: Take): Choice {
  const choice = takeOf(table, conflict, take);
  if (choice !== undefined) return choice;
  throw new AergoError(
    'AERGO_CHOICE_INVALID',
    `both changes of ${table.table} ${conflict.key.join(' ')} do not go together`,
    { hint: 'take ours, theirs or base, or give the values with --set COLUMN=VALUE', details: { key: conflict.key } },
  );
}

/**
 * The row with values given by hand, starting from what was chosen so far, else from ours, theirs or the base.
 * @throws AergoError AERGO_COLUMN_UNKNOWN, AERGO_CHOICE_INVALID as `columnValue`
 */
export function editOf(
  table: ConflictTable,
  { base, ours, theirs }: Conflict,
  chosen: Choice | undefined,
  values: ReadonlyMap<string, string | null>,
): Choice {
  const from = chosen?.row ?? ours ?? theirs ?? base;
  const row = from === null ? undefined : decodeRow(from);
  const given = new Map([...values].map(([name, value]) => [name, columnValue(table, name, value)]));
  const columns = table.columns.filter((column) => column.generated === undefined);
  const entries = columns.map(({ name }) => [name, given.has(name) ? given.get(name) : row?.[name]] as const);
  return { way: 'edit', row: encodeRow(Object.fromEntries(entries.map(([name, value]) => [name, value ?? null]))) };
}
