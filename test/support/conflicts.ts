/** Conflicts for tests, as a merge would give them: a bank's accounts, with any values on the three sides. */
import type { Conflict, RowConflict } from '../../src/merge/conflict.ts';
import type { ConflictTable } from '../../src/merge/resolution-columns.ts';
import { nameOfKey } from '../../src/state/name.ts';
import { encodeRow } from '../../src/state/row.ts';

type Values = Readonly<Record<string, string | null>> | null;

/** `bank.accounts`: a key, a number, a text, an array, an enum and a computed column. */
export const accounts: ConflictTable = {
  table: 'bank.accounts',
  columns: [
    { name: 'owner', type: 'text', notNull: true },
    { name: 'balance', type: 'numeric', modifier: '15,2', notNull: true },
    { name: 'note', type: 'text' },
    { name: 'tags', type: 'jsonb' },
    { name: 'state', type: 'standing' },
    { name: 'shown', type: 'text', generated: true },
  ],
  key: ['owner'],
  own: { types: [{ name: 'standing', labels: ['open', 'frozen'] }], domains: [] },
};

const schema = { columns: accounts.columns, key: accounts.key, elements: [], indexes: [] };

/** A row of accounts with these columns; the others have their usual values. */
export const account = (owner: string, values: Values): string | null =>
  values === null
    ? null
    : encodeRow({ owner, balance: '0.00', note: null, tags: '[]', state: 'open', shown: `(${owner})`, ...values });

/** A conflict of one account; a side that is null has no such row. */
export function accountConflict(owner: string, base: Values, ours: Values, theirs: Values): RowConflict {
  const sides = { base: account(owner, base), ours: account(owner, ours), theirs: account(owner, theirs) };
  return { kind: 'row', table: accounts.table, name: nameOfKey(schema, [owner]), key: [owner], ...sides };
}

/** So many conflicts, each account's balance changed on both sides. */
export function manyConflicts(count: number): Conflict[] {
  return Array.from({ length: count }, (_, at) =>
    accountConflict(
      `acc${String(at).padStart(7, '0')}`,
      { balance: '100.00' },
      { balance: `${101 + at}.00` },
      { balance: `${201 + at}.50` },
    ),
  );
}
