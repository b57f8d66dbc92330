/**
 * What a source's tables, views and functions are to the queries in it, wherever they are defined: their columns and keys.
 */
import type { ParsedContract } from './parsed-contract.ts';
import { parseStatements } from './parser.ts';
import { rowsOfQuery } from './query-rows.ts';
import { isTooDeep } from './query-shape.ts';
import {
  type DomainTypes,
  ownFunctionSource,
  type RowSource,
  renameColumns,
  type TableSource,
  tableSource,
  unknownRows,
} from './row-source.ts';
import { type Fields, fieldsOf, type Node, nodeOf, stringsOf, textOf } from './syntax-tree.ts';

export interface SourceNames {
  /** Tables and views, by name. */
  readonly relations: ReadonlyMap<string, RowSource>;
  readonly tables: ReadonlyMap<string, TableSource>;
  /** What the contract's own functions give as rows. */
  readonly functions: ReadonlyMap<string, RowSource>;
}

/** No names at all. */
export const noNames: SourceNames = { relations: new Map(), tables: new Map(), functions: new Map() };

/**
 * Reads the definitions in a source.
 * @param trees the source's statements
 * @param before the contract in force, whose tables a migration may name too
 */
export function namesOf(trees: readonly unknown[], before?: ParsedContract): SourceNames {
  const nodes = [...definitionsOf(before), ...trees].flatMap((tree) => nodeOf(tree) ?? []);
  const domains: DomainTypes = new Map(
    named(nodes, 'CreateDomainStmt').map((fields) => [
      stringsOf(fields.domainname).at(-1) ?? '',
      fieldsOf(fields.typeName),
    ]),
  );
  const indexes = Map.groupBy(named(nodes, 'IndexStmt'), relationName);
  const tables = new Map<string, TableSource>();
  for (const fields of named(nodes, 'CreateStmt')) {
    const name = relationName(fields);
    tables.set(name, tableSource(fields, indexes.get(name) ?? [], domains));
  }
  const functions = new Map<string, RowSource>();
  for (const fields of named(nodes, 'CreateFunctionStmt'))
    functions.set(stringsOf(fields.funcname).at(-1) ?? '', ownFunctionSource(fields, tables, domains));
  const relations = new Map<string, RowSource>(tables);
  for (const fields of named(nodes, 'ViewStmt')) {
    const rows = isTooDeep(fields.query) ? unknownRows : rowsOfQuery(fieldsOf(fields.query), { relations, functions });
    relations.set(textOf(fieldsOf(fields.view).relname) ?? '', renameColumns(rows, stringsOf(fields.aliases)));
  }
  return { relations, tables, functions };
}

function named(nodes: readonly Node[], kind: string): Fields[] {
  return nodes.filter((node) => node.kind === kind).map((node) => node.fields);
}

function relationName(fields: Fields): string {
  return textOf(fieldsOf(fields.relation).relname) ?? '';
}

/** The tables and domains of a contract in force, as they were defined. */
function definitionsOf(contract: ParsedContract | undefined): unknown[] {
  const tables = (contract?.tables ?? []).flatMap(({ name, schema }) => [
    `CREATE TABLE ${name} (${schema.elements.join(', ')})`,
    ...schema.indexes,
  ]);
  const domains = (contract?.domains ?? []).map(({ name, type }) => `CREATE DOMAIN ${name} AS ${type}`);
  return parseStatements([...domains, ...tables].join('\n;\n')).map(({ tree }) => tree);
}
