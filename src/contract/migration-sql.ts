/**
 * SQL that migrates one contract inside the engine: its tables go back to the contract's role while the migration's
 * statements run on them, then their rows are brought into the tables of the new source. Part of the engine id.
 */

import type { ColumnSchema } from '../state/schema.ts';
import { asideOf, openDeploymentSql } from './contract-sql.ts';
import { countWritesSql } from './counted-writes.ts';
import { codeSchemaOf, quoteName, roleOf } from './names.ts';
import { isPublic, type ParsedContract } from './parsed-contract.ts';
import { isBuiltIn } from './type-rules.ts';

/** Runs before the migration's statements: the contract's role owns everything again, nothing is captured. */
export function openMigrationSql(name: string, contract: ParsedContract): string {
  const schema = quoteName(name);
  const role = roleOf(name);
  const owned = (kind: string, names: readonly { readonly name: string }[]): string[] =>
    names.map((one) => `ALTER ${kind} ${schema}.${quoteName(one.name)} OWNER TO ${role};`);
  return [
    // Functions come back from where they were put aside from what other contracts call.
    ...contract.functions.filter(isPublic).map((one) => `DROP FUNCTION IF EXISTS ${schema}.${quoteName(one.name)};`),
    ...contract.functions.map(
      (one) => `ALTER FUNCTION ${codeSchemaOf(name)}.${quoteName(one.name)} SET SCHEMA ${schema};`,
    ),
    ...contract.tables.flatMap((table) => [
      `DROP TRIGGER "aergo$capture" ON ${schema}.${quoteName(table.name)};`,
      countWritesSql(name, table.name),
    ]),
    `SELECT set_config('aergo.written', '0 0 0', true);`,
    ...owned('TABLE', contract.tables),
    ...contract.views.map((view) => `ALTER VIEW ${schema}.${quoteName(view)} OWNER TO ${role};`),
    ...owned('TYPE', contract.types),
    ...owned('DOMAIN', contract.domains),
    ...owned('FUNCTION', contract.functions),
    openDeploymentSql(name),
  ].join('\n');
}

/** The ordinary tables of a schema with their columns: table, column, type as PostgreSQL writes it, the type's schema. */
export const columnsSql = `SELECT c.relname, a.attname, CASE WHEN n.nspname = 'pg_catalog' THEN format_type(a.atttypid, a.atttypmod) ELSE t.typname END, n.nspname
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE c.relnamespace = $1::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY c.relname COLLATE "C", a.attnum`;

/** Brings the rows of a migrated table, which stands aside, into the table of the new source, with all its constraints. */
export function bringOverSql(name: string, table: string, columns: readonly ColumnSchema[]): readonly string[] {
  const target = `${quoteName(name)}.${quoteName(table)}`;
  const names = columns.map((column) => quoteName(column.name)).join(', ');
  // Through text: an enum or a domain of the one is another type than that of the other.
  const values = columns.map((column) =>
    isBuiltIn(column.type)
      ? quoteName(column.name)
      : `${quoteName(column.name)}::text::${quoteName(name)}.${quoteName(column.type)}`,
  );
  return [
    `ALTER TABLE ${target} DISABLE TRIGGER "aergo$capture"`,
    `INSERT INTO ${target} (${names}) SELECT ${values.join(', ')} FROM ${asideOf(name)}.${quoteName(table)}`,
    `ALTER TABLE ${target} ENABLE TRIGGER "aergo$capture"`,
  ];
}

/** A sample of what is above: what the engine id takes in. */
export function migrationTemplate(): string {
  const contract: ParsedContract = {
    tables: [{ name: 't', schema: { columns: [{ name: 'k', type: 'text' }], key: ['k'], elements: [], indexes: [] } }],
    functions: [{ name: 'f', arguments: [], returns: 'text' }],
    types: [{ name: 'e', labels: [] }],
    domains: [{ name: 'd', type: 'text' }],
    views: ['v'],
    statements: [],
  };
  const columns = [
    { name: 'k', type: 'text' },
    { name: 'c', type: 'e' },
  ];
  return [openMigrationSql('c', contract), columnsSql, ...bringOverSql('c', 't', columns)].join('\n');
}
