/**
 * What there is to do in a merge row by row, before anything runs: the state to begin with, the rows that one side alone
 * changed, and those that both did. A pure function of three states; its cost follows their differences.
 */
import type { Oid } from '../object/oid.ts';
import type { ObjectBuffer } from '../object/source.ts';
import { takeContracts } from '../state/state-update.ts';
import type { NodeCache } from '../state/table.ts';
import { differingTables, rowsChangedIn, type ThreeRows, type ThreeStates } from '../state/three-way.ts';
import { contractsOfTheirs, mergesRows } from './contracts.ts';
import type { PlannedLine } from './engine-rows.ts';

/** A row that both sides changed: differently or, where a resolver is asked, also to the same. */
export interface ConflictingRows extends Omit<ThreeRows, 'changedBy'> {
  readonly table: string;
}

export interface RowPlan {
  readonly states: ThreeStates;
  /**
   * The state to begin with, which holds every constraint: ours, but the contracts that only theirs changed are whole as
   * theirs has them, since constraints stay within a contract. Its trees are in the buffer.
   */
  readonly start: Oid;
  /** The contracts that `start` has from theirs. */
  readonly taken: ReadonlySet<string>;
  /** What one side alone changed and `start` does not have, in table and name order. */
  readonly oneSided: readonly PlannedLine[];
  /** In table and name order. */
  readonly conflicts: readonly ConflictingRows[];
}

/**
 * @param asked the contract whose resolver is asked. It is asked about every row that both sides changed, also to the same: of
 * two payments of 10 that leave the same balance each was made. Elsewhere what both have is taken.
 * @throws AergoError AERGO_MERGE_CONTRACT_DIFFERS, AERGO_MERGE_SCHEMA_DIFFERS
 */
export function planOfRows(buffer: ObjectBuffer, states: ThreeStates, cache: NodeCache, asked?: string): RowPlan {
  const taken = new Set(contractsOfTheirs(buffer, states));
  const start = taken.size === 0 ? states.ours : takeContracts(buffer, states.ours, states.theirs, taken);
  const oneSided: PlannedLine[] = [];
  const conflicts: ConflictingRows[] = [];
  for (const tables of differingTables(buffer, states, cache, asked)) {
    if (!mergesRows(tables)) continue;
    const { table } = tables;
    const contract = table.slice(0, table.indexOf('.'));
    const isTaken = taken.has(contract);
    const side = isTaken ? 'ours' : 'theirs';
    // What the side changed that `start` has not.
    for (const { changedBy, ...row } of rowsChangedIn(side, buffer, tables, cache, contract === asked)) {
      const { name, ours, theirs } = row;
      if (changedBy === 'both') conflicts.push({ table, ...row });
      else oneSided.push({ table, name, ...(isTaken ? { first: theirs, line: ours } : { first: ours, line: theirs }) });
    }
  }
  return { states, start, taken, oneSided, conflicts };
}
