/**
 * What a call changed in the end, from the single changes that the triggers noted. Their order is not needed, and not
 * known (a cascade is noted before the change that caused it): for one row, the changes form a path from what was to what
 * is, so the state that is left once more than it is come to is the first, and the other way round the last.
 */
import type { RowShape } from '../state/row-shape.ts';
import { decodeRecord } from './copy-text.ts';

/** One row that a call changed: its lines (canonical JSON and LF) when the call began and now; null: no such row. */
export interface RowWrite {
  /** `bank.accounts` */
  readonly table: string;
  /** The row's name (format.md). */
  readonly name: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** A table as the capture knows it. */
export interface CapturedTable {
  readonly table: string;
  readonly shape: RowShape;
}

/** One change that a trigger noted: rows in record_out's form. */
export interface NotedChange {
  readonly table: CapturedTable;
  readonly before: string | null;
  readonly after: string | null;
}

/** How often each state of one row is left, less how often it is come to; null: the row is not there. */
type Balance = Map<string | null, number>;

/**
 * The net changes, sorted by table, then by name. A changed key is a delete and an insert; a row that ends as it began is
 * not among them.
 * @throws AergoError as `rowName`, for a key that cannot stand in a repository
 */
export function netChanges(noted: readonly NotedChange[]): RowWrite[] {
  const rows = new Map<string, Map<string, Balance>>();
  for (const { table, before, after } of noted) {
    let names = rows.get(table.table);
    if (names === undefined) {
      names = new Map();
      rows.set(table.table, names);
    }
    const left = before === null ? undefined : table.shape.row(decodeRecord(before));
    const reached = after === null ? undefined : table.shape.row(decodeRecord(after));
    if (left !== undefined && reached !== undefined && left.name === reached.name) {
      step(names, left.name, left.line, reached.line);
    } else {
      if (left !== undefined) step(names, left.name, left.line, null);
      if (reached !== undefined) step(names, reached.name, null, reached.line);
    }
  }
  const writes: RowWrite[] = [];
  for (const table of [...rows.keys()].sort()) {
    const names = rows.get(table) ?? new Map<string, Balance>();
    for (const name of [...names.keys()].sort()) {
      const write = ends(names.get(name) ?? new Map());
      if (write !== undefined) writes.push({ table, name, ...write });
    }
  }
  return writes;
}

function step(names: Map<string, Balance>, name: string, from: string | null, to: string | null): void {
  let balance = names.get(name);
  if (balance === undefined) {
    balance = new Map();
    names.set(name, balance);
  }
  balance.set(from, (balance.get(from) ?? 0) + 1);
  balance.set(to, (balance.get(to) ?? 0) - 1);
}

function ends(balance: Balance): { before: string | null; after: string | null } | undefined {
  let before: string | null | undefined;
  let after: string | null | undefined;
  for (const [line, count] of balance) {
    if (count > 0) before = line;
    if (count < 0) after = line;
  }
  return before === undefined || after === undefined ? undefined : { before, after };
}
