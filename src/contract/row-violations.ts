/**
 * The complete list of what keeps rows from being set: each row by itself, then what is unique, then foreign keys. Only for
 * changes that failed: slower, and the same on every machine. Runs in the engine's worker; the caller takes everything back.
 */
import { nameOfKey } from '../state/name.ts';
import { type ChangedRow, notNormal, removeRows, type TableChanges } from './changed-rows.ts';
import type { Materialiser } from './materialiser.ts';
import { quoteName, quoteQualified } from './names.ts';
import { closeFitted, fitRows, fitted, insertEach } from './row-fit.ts';
import { foreignKeys, type UniqueKey, uniqueKeys } from './row-keys.ts';
import { brokenKeys, looking, referenceViolations } from './row-references.ts';
import { insertable } from './row-sql.ts';
import type { RowFault, RowViolation } from './row-violation.ts';

/**
 * Lists the violations, sorted by table, kind, constraint and rows. A row that cannot stand by itself counts as not there.
 * @throws AergoError AERGO_IMPORT_NOT_NORMAL
 */
export function listViolations(materialiser: Materialiser, changes: readonly TableChanges[]): RowViolation[] {
  const violations: RowViolation[] = [];
  // Now: a unique key that is dropped takes the foreign keys to it with it.
  const keys = foreignKeys(
    materialiser,
    changes.map(({ table }) => table),
  );
  for (const table of changes) removeRows(materialiser, table);
  const fitting: TableChanges[] = [];
  for (const table of changes) {
    const { faults, rows } = judge(materialiser, table);
    violations.push(...faults);
    const unique = uniqueKeys(materialiser.session, table.table);
    const doubled = unique.map((key) => ({ key, found: uniqueViolations(materialiser, table, key) }));
    closeFitted(materialiser);
    for (const { key, found } of doubled) {
      violations.push(...found);
      // So that the rows can be put in, and what they name be looked up.
      if (found.length > 0) drop(materialiser, key);
    }
    fitting.push({ ...table, rows });
  }
  const inserted = fitting.map((table) => {
    const { faults, rows } = insert(materialiser, table);
    violations.push(...faults);
    return { ...table, rows };
  });
  for (const key of keys)
    violations.push(...referenceViolations(materialiser, key, brokenKeys(materialiser, key, inserted)));
  return violations
    .map((violation) => ({ violation, text: orderOf(violation) }))
    .sort(byText)
    .map(({ violation }) => violation);
}

const orderOf = ({ table, kind, constraint, rows }: RowViolation): string =>
  [table, kind, constraint, ...rows.map((row) => row.join(' '))].join('\n');

const byText = (a: { text: string }, b: { text: string }): number => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0);

interface Fitting {
  readonly faults: readonly RowViolation[];
  /** Those that have a fault as if they were deleted. */
  readonly rows: readonly ChangedRow[];
}

/** Leaves the rows that fit in the table `fitted`. */
function judge(materialiser: Materialiser, { table, rows }: TableChanges): Fitting {
  const added = rows.filter((row) => row.after !== undefined);
  const fits = fitRows(
    materialiser,
    table,
    added.map((row) => row.after ?? {}),
  );
  const faults = new Map<ChangedRow, RowViolation>();
  for (const [at, row] of added.entries()) {
    const found = fits[at];
    if (found?.fault !== undefined) faults.set(row, violationOf(table, row, found.fault));
    else if (found?.line !== row.line) throw notNormal(table, row.line ?? '', found?.line ?? '');
  }
  return {
    faults: [...faults.values()],
    rows: rows.map((row) => (faults.has(row) ? { ...row, line: null, after: undefined } : row)),
  };
}

/** Puts the rows in: what fails now is too large for an index. */
function insert(materialiser: Materialiser, { table, schema, rows }: TableChanges): Fitting {
  const added = rows.filter((row) => row.after !== undefined);
  const columns = insertable(schema);
  const texts = added.map(({ after }) => columns.map((column) => after?.[column] ?? null));
  const fits = materialiser.trusted(() => insertEach(materialiser, { table, into: quoteQualified(table) }, texts));
  const faults = new Map<ChangedRow, RowViolation>();
  for (const [at, row] of added.entries()) {
    const fault = fits[at]?.fault;
    if (fault !== undefined) faults.set(row, violationOf(table, row, fault));
  }
  return {
    faults: [...faults.values()],
    rows: rows.map((row) => (faults.has(row) ? { ...row, line: null, after: undefined } : row)),
  };
}

const violationOf = (table: string, { name }: ChangedRow, { kind, constraint = '' }: RowFault): RowViolation => ({
  kind,
  table,
  constraint,
  rows: [[table, name]],
});

function drop(materialiser: Materialiser, { table, name, isConstraint }: UniqueKey): void {
  const [contract = ''] = table.split('.');
  materialiser.session.execute(
    isConstraint
      ? `ALTER TABLE ${quoteQualified(table)} DROP CONSTRAINT ${quoteName(name)} CASCADE`
      : `DROP INDEX ${quoteName(contract)}.${quoteName(name)}`,
  );
}

/** The groups of rows that a unique index cannot have together: of those in `fitted`, and of those with them and in the table. */
function uniqueViolations(materialiser: Materialiser, { table, schema }: TableChanges, key: UniqueKey): RowViolation[] {
  const parts = key.expressions.map((_, at) => `x${at}`);
  const names = schema.key.map((_, at) => `k${at}`);
  const condition = [
    ...(key.condition === undefined ? [] : [`(${key.condition})`]),
    ...(key.nullsAreEqual ? [] : key.expressions.map((expression) => `(${expression}) IS NOT NULL`)),
  ];
  const columns = [
    ...key.expressions.map((expression, at) => `(${expression}) AS x${at}`),
    ...schema.key.map((column, at) => `format('%s', ${quoteName(column)}) AS k${at}`),
  ].join(', ');
  const from = (relation: string): string =>
    `SELECT ${columns} FROM ${relation}${condition.length === 0 ? '' : ` WHERE ${condition.join(' AND ')}`}`;
  const same = parts.map((part) =>
    key.nullsAreEqual
      ? `(there.${part} = here.${part} OR (there.${part} IS NULL AND here.${part} IS NULL))`
      : `there.${part} = here.${part}`,
  );
  const list = parts.join(', ');
  const sql = `WITH come AS MATERIALIZED (${from(fitted)}), here AS (SELECT DISTINCT ${list} FROM come), together AS (
SELECT ${list}, ${names.join(', ')} FROM come
UNION ALL SELECT ${[...parts, ...names].map((name) => `there.${name}`).join(', ')} FROM here JOIN (${from(quoteQualified(table))}) there ON ${same.join(' AND ')})
SELECT number, ${names.join(', ')} FROM (
SELECT *, dense_rank() OVER (ORDER BY ${list}) AS number, count(*) OVER (PARTITION BY ${list}) AS size FROM together) grouped
WHERE size > 1`;
  const groups = new Map<string, string[]>();
  for (const [number, ...texts] of looking(materialiser, true, () => materialiser.session.execute(sql)).rows) {
    const group = groups.get(number ?? '') ?? [];
    group.push(
      nameOfKey(
        schema,
        texts.map((text) => text ?? ''),
      ),
    );
    groups.set(number ?? '', group);
  }
  return [...groups.values()].map((group) => ({
    kind: 'unique',
    table,
    constraint: key.name,
    rows: group.sort().map((name) => [table, name] as const),
  }));
}
