/**
 * Foreign keys and unique constraints of tables as the catalogue has them: by columns and expressions, ready to be looked
 * up in. Runs in the engine's worker.
 */
import { encodeArray } from './copy-text.ts';
import type { Materialiser } from './materialiser.ts';
import { quoteQualified } from './names.ts';
import type { Session } from './session.ts';

/** A foreign key: rows of `child` name rows of `parent`. Both are of one contract. */
export interface ForeignKey {
  readonly name: string;
  readonly child: string;
  readonly columns: readonly string[];
  readonly parent: string;
  /** The columns of the parent that are named, in the order of `columns`. */
  readonly referenced: readonly string[];
  /** MATCH FULL: either all of `columns` are NULL or none is. */
  readonly isFull: boolean;
  /** Whether an index helps to find the rows that name a parent; without one the whole table is read, once. */
  readonly isIndexed: boolean;
}

/** A unique index, of a constraint or by itself. */
export interface UniqueKey {
  readonly name: string;
  readonly table: string;
  /** SQL of what is unique, over the table's columns. */
  readonly expressions: readonly string[];
  /** SQL of the condition of a partial index. */
  readonly condition: string | undefined;
  readonly nullsAreEqual: boolean;
  readonly isConstraint: boolean;
}

const columnsOf = (key: string, relation: string): string =>
  `(SELECT string_agg(a.attname, ',' ORDER BY k.at) FROM unnest(${key}) WITH ORDINALITY AS k (number, at)
JOIN pg_attribute a ON a.attrelid = ${relation} AND a.attnum = k.number)`;

const foreignKeysSql = `SELECT c.conname, cn.nspname || '.' || cr.relname, ${columnsOf('c.conkey', 'c.conrelid')},
pn.nspname || '.' || pr.relname, ${columnsOf('c.confkey', 'c.confrelid')}, c.confmatchtype,
EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indpred IS NULL AND i.indkey[0] = ANY (c.conkey))
FROM pg_constraint c
JOIN pg_class cr ON cr.oid = c.conrelid JOIN pg_namespace cn ON cn.oid = cr.relnamespace
JOIN pg_class pr ON pr.oid = c.confrelid JOIN pg_namespace pn ON pn.oid = pr.relnamespace
WHERE c.contype = 'f' AND cn.nspname = ANY ($1::text[])
ORDER BY c.conname COLLATE "C", 2, 4`;

/** What the catalogue says of the contracts that are installed, until others are. */
const known = new WeakMap<ReturnType<Materialiser['contracts']>, readonly ForeignKey[]>();

/** The foreign keys from and to some tables. */
export function foreignKeys(materialiser: Materialiser, tables: readonly string[]): ForeignKey[] {
  const contracts = materialiser.contracts();
  let keys = known.get(contracts);
  if (keys === undefined) {
    keys = readForeignKeys(materialiser.session, [...contracts.keys()]);
    known.set(contracts, keys);
  }
  return keys.filter(({ child, parent }) => tables.includes(child) || tables.includes(parent));
}

function readForeignKeys(session: Session, contracts: readonly string[]): ForeignKey[] {
  const { rows } = session.query(foreignKeysSql, [encodeArray(contracts)]);
  return rows.map(([name, child, columns, parent, referenced, match, indexed]) => ({
    name: name ?? '',
    child: child ?? '',
    columns: (columns ?? '').split(','),
    parent: parent ?? '',
    referenced: (referenced ?? '').split(','),
    isFull: match === 'f',
    isIndexed: indexed === 't',
  }));
}

const uniqueKeysSql = `SELECT r.relname, pg_get_expr(i.indpred, i.indrelid), i.indnullsnotdistinct,
EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.conrelid = i.indrelid AND c.contype IN ('p', 'u')),
k.at, pg_get_indexdef(i.indexrelid, k.at, false)
FROM pg_index i JOIN pg_class r ON r.oid = i.indexrelid, generate_series(1, i.indnkeyatts) AS k (at)
WHERE i.indisunique AND i.indrelid = $1::regclass
ORDER BY r.relname COLLATE "C", k.at`;

/** The unique indexes of a table, that of its primary key included. */
export function uniqueKeys(session: Session, table: string): UniqueKey[] {
  const found = new Map<string, UniqueKey & { expressions: string[] }>();
  for (const [name, condition, nullsAreEqual, constraint, , expression] of session.query(uniqueKeysSql, [
    quoteQualified(table),
  ]).rows) {
    const key = found.get(name ?? '') ?? {
      name: name ?? '',
      table,
      expressions: [],
      condition: condition ?? undefined,
      nullsAreEqual: nullsAreEqual === 't',
      isConstraint: constraint === 't',
    };
    key.expressions.push(expression ?? '');
    found.set(key.name, key);
  }
  return [...found.values()];
}
