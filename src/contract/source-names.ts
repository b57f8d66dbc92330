/**
 * What a source's tables, views and functions are to the queries in it, wherever they are defined: their columns and keys.
 */
import type { ParsedContract } from './parsed-contract.ts';
import { parseStatements } from './parser.ts';
import { rowsOfQuery } from './query-rows.ts';
import { isTooDeep } from './query-shape.ts';
import {
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
  const tables = new Map<string, TableSource>();
  for (const fields of named(nodes, 'CreateStmt')) {
    const name = relationName(fields);
    const indexes = named(nodes, 'IndexStmt').filter((index) => relationName(index) === name);
    tables.set(name, tableSource(fields, indexes));
  }
  const functions = new Map<string, RowSource>();
  for (const fields of named(nodes, 'CreateFunctionStmt'))
    functions.set(stringsOf(fields.funcname).at(-1) ?? '', ownFunctionSource(fields, tables));
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

/** The tables of a contract in force, as they were defined. */
function definitionsOf(contract: ParsedContract | undefined): unknown[] {
  return (contract?.tables ?? []).flatMap(({ name, schema }) =>
    [`CREATE TABLE ${name} (${schema.elements.join(', ')})`, ...schema.indexes].flatMap((text) =>
      parseStatements(text).map(({ tree }) => tree),
    ),
  );
}
