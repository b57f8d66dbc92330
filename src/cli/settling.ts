/** What the words and flags of `aergo resolve` mean: which conflicts, and what becomes of them. */
import { AergoError } from '../errors.ts';
import type { Resolution, Step } from '../merge/resolution.ts';
import { checkedTake, type Take } from '../merge/resolution-choice.ts';
import type { PendingConflict } from './face.ts';

/** What the flags say; one of them, or `set` and `null` together. */
export interface SettlingFlags {
  readonly take?: Take | undefined;
  /** `column=value` */
  readonly set?: readonly string[] | undefined;
  /** Columns to be NULL. */
  readonly null?: readonly string[] | undefined;
  readonly delete?: boolean;
  readonly undo?: boolean;
}

/**
 * The conflicts that TABLE [KEY…] names; all without a table.
 * @throws AergoError AERGO_CONFLICT_UNKNOWN
 */
export function selected(resolution: Resolution<PendingConflict>, words: readonly string[]): number[] {
  const [table, ...key] = words;
  if (table === undefined) return resolution.matching('');
  const ofTable = resolution.indexesOf(table);
  if (ofTable.length === 0) {
    const tables = [...new Set(resolution.conflicts.map((conflict) => conflict.table))];
    throw unknown(`no row of ${table} is in conflict`, { table, candidates: tables });
  }
  if (key.length === 0) return ofTable;
  const found = ofTable.filter((index) => isKey(resolution.conflict(index).key, key));
  if (found.length > 0) return found;
  const candidates = ofTable.slice(0, 1000).map((index) => resolution.conflict(index).key.join(' '));
  throw unknown(`the row ${key.join(' ')} of ${table} is not in conflict`, { typed: key.join(' '), candidates });
}

const isKey = (key: readonly string[], words: readonly string[]): boolean =>
  key.length === words.length && key.every((text, at) => text === words[at]);

const unknown = (message: string, details: Record<string, unknown>): AergoError =>
  new AergoError('AERGO_CONFLICT_UNKNOWN', message, { hint: 'aergo resolve --list', details });

/** Whether the flags settle something; else the conflicts are to be shown. */
export const settles = ({ take, set, null: nulls, delete: gone, undo }: SettlingFlags): boolean =>
  take !== undefined || set !== undefined || nulls !== undefined || gone === true || undo === true;

/**
 * Settles the conflicts that the words name.
 * @throws AergoError AERGO_USAGE, AERGO_CONFLICT_UNKNOWN, AERGO_CHOICE_INVALID, AERGO_COLUMN_UNKNOWN
 */
export function settle(resolution: Resolution<PendingConflict>, words: readonly string[], flags: SettlingFlags): Step {
  if (words.length === 0)
    throw usage('--take, --set, --null, --delete and --undo need the TABLE', 'TABLE [KEY…] --take ours');
  const indexes = selected(resolution, words);
  if (flags.undo) return resolution.clear(indexes);
  const [index = 0] = indexes;
  const isOneRow = words.length > 1;
  if (flags.take !== undefined) {
    if (isOneRow) checkedTake(resolution.table(index), resolution.conflict(index), flags.take);
    return resolution.take(indexes, flags.take);
  }
  if (flags.delete) return resolution.remove(indexes);
  if (!isOneRow) throw usage('--set and --null need the KEY of one row', 'TABLE KEY… --set COLUMN=VALUE');
  return resolution.edit(index, new Map([...(flags.set ?? []).map(assignment), ...(flags.null ?? []).map(nulled)]));
}

function assignment(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw usage(`--set ${JSON.stringify(text)} is not COLUMN=VALUE`, 'TABLE KEY… --set COLUMN=VALUE');
  return [text.slice(0, at), text.slice(at + 1)];
}

const nulled = (column: string): [string, null] => [column, null];

const usage = (message: string, hint: string): AergoError =>
  new AergoError('AERGO_USAGE', message, { hint: `aergo resolve ${hint}` });
