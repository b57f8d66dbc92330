/**
 * Foreign keys after rows were set from outside: what is named and is not there, looked up from both ends by keys that the
 * changes touched, never by reading a table (but for rows that name a removed one where no index finds them). Runs in the
 * engine's worker.
 */

import { nameOfKey } from '../state/name.ts';
import type { ChangedRow, TableChanges } from './changed-rows.ts';
import { encodeArray } from './copy-text.ts';
import type { Materialiser } from './materialiser.ts';
import { quoteName, quoteQualified } from './names.ts';
import type { ForeignKey } from './row-keys.ts';
import { columnType } from './row-sql.ts';
import type { RowViolation } from './row-violation.ts';

/** What is named and is not there: the texts of the naming or the named columns, and the changed rows that they are of. */
export interface BrokenKey {
  readonly end: 'child' | 'parent';
  readonly values: readonly (string | null)[];
  readonly rows: readonly ChangedRow[];
}

/** Values of some columns, each once, with the changed rows that have them. */
type Touched = Map<string, { readonly values: readonly (string | null)[]; readonly rows: ChangedRow[] }>;

/** The values that fail a foreign key, in the order of the changes. */
export function brokenKeys(materialiser: Materialiser, key: ForeignKey, changes: readonly TableChanges[]): BrokenKey[] {
  const of = (table: string): readonly ChangedRow[] => changes.find((one) => one.table === table)?.rows ?? [];
  const named = touched(of(key.child), 'after', key.columns);
  const removed = touched(of(key.parent), 'before', key.referenced);
  const broken: BrokenKey[] = [];
  const whole: Touched = new Map();
  for (const [text, one] of named) {
    const nulls = one.values.filter((value) => value === null).length;
    if (nulls === 0) whole.set(text, one);
    else if (key.isFull && nulls < one.values.length) broken.push({ end: 'child', ...one });
  }
  for (const one of lookUp(materialiser, key, 'child', whole)) broken.push({ end: 'child', ...one });
  for (const [text, { values }] of removed) if (values.includes(null)) removed.delete(text);
  for (const one of lookUp(materialiser, key, 'parent', removed)) broken.push({ end: 'parent', ...one });
  return broken;
}

/** What the rows have in these columns on one side, where the other side has something else. */
function touched(rows: readonly ChangedRow[], side: 'before' | 'after', columns: readonly string[]): Touched {
  const other = side === 'before' ? 'after' : 'before';
  const found: Touched = new Map();
  for (const row of rows) {
    const { [side]: has, [other]: had } = row;
    if (has === undefined || (had !== undefined && columns.every((column) => has[column] === had[column]))) continue;
    const values = columns.map((column) => has[column] ?? null);
    const text = JSON.stringify(values);
    const known = found.get(text);
    if (known === undefined) found.set(text, { values, rows: [row] });
    else known.rows.push(row);
  }
  return found;
}

/** Keeps what the texts of one end of the key say and no parent has; for a removed parent only where a row names it. */
function lookUp(
  materialiser: Materialiser,
  key: ForeignKey,
  end: 'child' | 'parent',
  candidates: Touched,
): { values: readonly (string | null)[]; rows: ChangedRow[] }[] {
  const all = [...candidates.values()];
  if (all.length === 0) return [];
  const { arrays, names, texts } = given(materialiser, key, end, all);
  const isThere = `EXISTS (SELECT FROM ${quoteQualified(key.parent)} p WHERE ${equal('p', key.referenced, names)})`;
  const isNamed = `EXISTS (SELECT FROM ${quoteQualified(key.child)} c WHERE ${equal('c', key.columns, names)})`;
  const failing = end === 'child' ? `NOT ${isThere}` : `NOT ${isThere} AND ${isNamed}`;
  const { rows } = looking(materialiser, end === 'child' || key.isIndexed, () =>
    materialiser.session.query(`SELECT r.at FROM ${arrays} WHERE ${failing} ORDER BY r.at`, texts),
  );
  return rows.flatMap(([at]) => all[Number(at) - 1] ?? []);
}

/** The violations of a foreign key, each with all the rows that name what is not there. */
export function referenceViolations(
  materialiser: Materialiser,
  key: ForeignKey,
  broken: readonly BrokenKey[],
): RowViolation[] {
  const found = new Map<string, RowViolation>();
  const note = (one: BrokenKey, children: readonly string[]): void => {
    const rows = new Map<string, readonly [string, string]>();
    for (const name of children) rows.set(`${key.child} ${name}`, [key.child, name]);
    if (one.end === 'parent') for (const { name } of one.rows) rows.set(`${key.parent} ${name}`, [key.parent, name]);
    // The same value may be written otherwise at the other end; the rows that have it are the same.
    const known = found.get(children[0] ?? '');
    for (const row of known?.rows ?? []) rows.set(row.join(' '), row);
    found.set(children[0] ?? '', {
      kind: 'foreign-key',
      table: key.child,
      constraint: key.name,
      rows: [...rows.keys()].sort().map((text) => rows.get(text) ?? ['', '']),
      missing: known?.missing ?? { table: key.parent, columns: key.referenced, values: one.values },
    });
  };
  for (const end of ['child', 'parent'] as const) {
    const some = broken.filter((one) => one.end === end && !one.values.includes(null));
    const children = childrenOf(materialiser, key, end, some);
    for (const [at, one] of some.entries()) note(one, children[at] ?? []);
  }
  // Of MATCH FULL: half of a key is each row's own fault.
  for (const one of broken) if (one.values.includes(null)) for (const { name } of one.rows) note(one, [name]);
  return [...found.values()];
}

/** The names of the rows that have each of the values, sorted. */
function childrenOf(
  materialiser: Materialiser,
  key: ForeignKey,
  end: 'child' | 'parent',
  values: readonly Pick<BrokenKey, 'values'>[],
): string[][] {
  const found = values.map((): string[] => []);
  if (values.length === 0) return found;
  const { arrays, names, texts } = given(materialiser, key, end, values);
  const schema = materialiser.schema(key.child);
  const columns = schema.key.map((column) => `format('%s', c.${quoteName(column)})`).join(', ');
  const { rows } = looking(materialiser, key.isIndexed, () =>
    materialiser.session.query(
      `SELECT r.at, ${columns} FROM ${arrays} JOIN ${quoteQualified(key.child)} c ON ${equal('c', key.columns, names)}`,
      texts,
    ),
  );
  for (const [at, ...texts] of rows)
    found[Number(at) - 1]?.push(
      nameOfKey(
        schema,
        texts.map((text) => text ?? ''),
      ),
    );
  return found.map((children) => children.sort());
}

/** Values as a relation `r` of SQL with their place, from 1, in `at`; `names` are its columns, brought to their types. */
function given(
  materialiser: Materialiser,
  key: ForeignKey,
  end: 'child' | 'parent',
  all: readonly Pick<BrokenKey, 'values'>[],
): { arrays: string; names: string[]; texts: string[] } {
  const table = end === 'child' ? key.child : key.parent;
  const columns = end === 'child' ? key.columns : key.referenced;
  const schema = materialiser.schema(table);
  return {
    arrays: `unnest(${columns.map((_, at) => `$${at + 1}::text[]`).join(', ')}) WITH ORDINALITY AS r (${columns.map((_, at) => `v${at}`).join(', ')}, at)`,
    names: columns.map((column, at) => `r.v${at}::${columnType(table, schema, column)}`),
    texts: columns.map((_, column) => encodeArray(all.map(({ values }) => values[column] ?? null))),
  };
}

function equal(alias: string, columns: readonly string[], values: readonly string[]): string {
  return columns.map((column, at) => `${alias}.${quoteName(column)} = ${values[at]}`).join(' AND ');
}

/** Runs a look-up; by indexes only, where there are such: nobody analyses the tables, so the planner cannot know better. */
export function looking<Result>(materialiser: Materialiser, byIndex: boolean, look: () => Result): Result {
  const { session } = materialiser;
  session.execute('SAVEPOINT look');
  if (byIndex)
    session.execute(
      'SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off',
    );
  const result = look();
  session.execute('ROLLBACK TO SAVEPOINT look; RELEASE SAVEPOINT look');
  return result;
}
