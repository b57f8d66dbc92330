/** The conditions on rows that an author signed: versions that rows must have, and a block as which the written ones must be. */
import { AergoError } from '../errors.ts';
import { nameOfKey } from '../state/name.ts';
import { rowVersion } from '../state/row.ts';
import type { State } from '../state/state.ts';
import { expectationFailed, type Refusal, snapshotConflict } from './refusal.ts';
import type { Expectation } from './transaction.ts';
import type { WorkingState } from './working-state.ts';

/** Rows about to be written, as they are before; null: no such row. */
export type RowsBefore = Iterable<{ readonly table: string; readonly name: string; readonly line: string | null }>;

/** The first row that is not at the version the author signed on. */
export function refusedByExpectation(
  state: WorkingState,
  expect: readonly Expectation[] | undefined,
): Refusal | undefined {
  for (const { table, key, version } of expect ?? []) {
    const schema = state.schema(table);
    const name = schema === undefined ? '' : nameOrNothing(() => nameOfKey(schema, key));
    const line = schema === undefined || name === '' ? null : state.row(table, name);
    const found = line === null ? null : rowVersion(line);
    if (found !== version) return expectationFailed([table, name === '' ? key.join(' ') : name], version, found);
  }
  return undefined;
}

/** The first row about to be written that is not as it was at the base. */
export function refusedBySnapshot(base: State, before: RowsBefore): Refusal | undefined {
  for (const { table, name, line } of before) {
    if ((base.readRow(table, name) ?? null) !== line) return snapshotConflict([table, name]);
  }
  return undefined;
}

/** An expectation of a key that the table's schema cannot have is an expectation of no row. */
function nameOrNothing(name: () => string): string {
  try {
    return name();
  } catch (error) {
    if (error instanceof AergoError) return '';
    throw error;
  }
}
