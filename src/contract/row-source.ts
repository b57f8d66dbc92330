/**
 * What the gate knows of rows that a query reads: their columns, and which of these tell any two rows apart. It promises
 * nothing where it does not know: then an order counts as not total.
 */
import { type Fields, fieldsOf, nodeOf, nodesOf, numberOf, stringsOf, textOf } from './syntax-tree.ts';

/** Rows of a table, a view, a query or a function. */
export interface RowSource {
  /** In order; undefined where they are not known. */
  readonly columns: readonly string[] | undefined;
  /** Each a set of columns on which no two rows agree. An empty one: there is at most one row. */
  readonly keys: readonly (readonly string[])[];
  /** Keys of those rows that meet conditions, as a UNIQUE index with WHERE makes them. */
  readonly partialKeys: readonly PartialKey[];
  /** Columns that may be NULL: two rows may both be NULL in a UNIQUE column. */
  readonly nullable: ReadonlySet<string>;
  /** Columns whose equal values may look different, as 1.0 and 1.00. */
  readonly inexact: ReadonlySet<string>;
  /** The digits behind the point of columns that are `numeric(p,s)`. */
  readonly scales: ReadonlyMap<string, number>;
  /** Whether the rows come in an order that the query's text itself gives. */
  readonly isOrdered: boolean;
}

/** Columns on which no two rows agree of those that meet all conditions (`conditionsIn`). */
export interface PartialKey {
  readonly columns: readonly string[];
  readonly conditions: readonly string[];
}

/** Rows of which nothing is known. */
export const unknownRows: RowSource = {
  columns: undefined,
  keys: [],
  partialKeys: [],
  nullable: new Set(),
  inexact: new Set(),
  scales: new Map(),
  isOrdered: false,
};

/** The same rows, with other names for their first columns. */
export function renameColumns(source: RowSource, names: readonly string[]): RowSource {
  const { columns } = source;
  if (names.length === 0) return source;
  if (columns === undefined) return unknownRows;
  const now = (name: string): string => names[columns.indexOf(name)] ?? name;
  return {
    ...source,
    columns: columns.map(now),
    keys: source.keys.map((key) => key.map(now)),
    partialKeys: [],
    nullable: new Set([...source.nullable].map(now)),
    inexact: new Set([...source.inexact].map(now)),
    scales: new Map([...source.scales].map(([name, scale]) => [now(name), scale])),
  };
}

export interface TableSource extends RowSource {
  /** Columns on which a UNIQUE constraint or index rests, those that its generated columns are made of included. */
  readonly unique: ReadonlySet<string>;
  /** Whether an index is unique, of columns or of expressions. */
  readonly hasUniqueIndex: boolean;
}

const inexactTypes = new Set(['numeric', 'jsonb', 'interval']);

/** What domains of a contract rest on, by their names: a TypeName's members. */
export type DomainTypes = ReadonlyMap<string, Fields>;

/** Whether equal values of a type may look different. */
function isInexact(typeName: Fields, domains: DomainTypes): boolean {
  const type = stringsOf(typeName.names).at(-1) ?? '';
  const base = domains.get(type);
  if (base !== undefined) return isInexact(base, new Map());
  return inexactTypes.has(type) && !(type === 'numeric' && typeName.typmods !== undefined);
}

/** The digits behind the point that a type `numeric(p,s)` has; undefined for any other. */
export function scaleOfType(typeName: Fields, domains: DomainTypes = new Map()): number | undefined {
  const type = stringsOf(typeName.names).at(-1) ?? '';
  const base = domains.get(type);
  if (base !== undefined) return scaleOfType(base);
  if (type !== 'numeric' || typeName.typmods === undefined) return undefined;
  return numberOf(fieldsOf(nodesOf(typeName.typmods)[1]?.fields.ival).ival) ?? 0;
}

/** A CREATE TABLE's rows. @param indexes the CREATE INDEX statements on it */
export function tableSource(create: Fields, indexes: readonly Fields[], domains: DomainTypes): TableSource {
  const columns: string[] = [];
  const keys: string[][] = [];
  const inexact = new Set<string>();
  const scales = new Map<string, number>();
  const notNull = new Set<string>();
  const generated = new Map<string, readonly string[]>();
  const constrain = (contype: string, names: string[]): void => {
    if (contype === 'CONSTR_PRIMARY') keys.unshift(names);
    if (contype === 'CONSTR_UNIQUE') keys.push(names);
    if (contype === 'CONSTR_PRIMARY' || contype === 'CONSTR_NOTNULL') for (const name of names) notNull.add(name);
  };
  for (const { kind, fields } of nodesOf(create.tableElts)) {
    if (kind === 'Constraint') constrain(textOf(fields.contype) ?? '', stringsOf(fields.keys));
    if (kind !== 'ColumnDef') continue;
    const name = textOf(fields.colname) ?? '';
    columns.push(name);
    for (const { fields: constraint } of nodesOf(fields.constraints))
      if (constraint.contype === 'CONSTR_GENERATED') generated.set(name, columnsIn(constraint.raw_expr));
    if (isInexact(fieldsOf(fields.typeName), domains)) inexact.add(name);
    const scale = scaleOfType(fieldsOf(fields.typeName), domains);
    if (scale !== undefined) scales.set(name, scale);
    for (const { fields: constraint } of nodesOf(fields.constraints))
      constrain(textOf(constraint.contype) ?? '', [name]);
  }
  const partialKeys: PartialKey[] = [];
  const unique = new Set(keys.flat());
  for (const index of indexes) {
    if (index.unique !== true) continue;
    for (const name of columnsIn([index.indexParams, index.whereClause])) unique.add(name);
    const elements = nodesOf(index.indexParams).map(({ fields }) => textOf(fields.name));
    const names = elements.filter((name) => name !== undefined);
    if (names.length < elements.length) continue;
    if (index.whereClause === undefined) keys.push(names);
    else partialKeys.push({ columns: names, conditions: conditionsIn(index.whereClause) });
  }
  for (const name of [...unique]) for (const source of generated.get(name) ?? []) unique.add(source);
  const nullable = new Set(columns.filter((name) => !notNull.has(name)));
  const hasUniqueIndex = indexes.some((index) => index.unique === true);
  return { columns, keys, partialKeys, nullable, inexact, scales, isOrdered: false, unique, hasUniqueIndex };
}

/** The conditions that a WHERE joins by AND, as texts: equal for what is written alike, with or without a table's name. */
export function conditionsIn(tree: unknown): string[] {
  const node = nodeOf(tree);
  if (node === undefined) return [];
  if (node.kind === 'BoolExpr' && node.fields.boolop === 'AND_EXPR')
    return nodesOf(node.fields.args).flatMap(({ kind, fields }) => conditionsIn({ [kind]: fields }));
  const text = JSON.stringify(tree, (name, value: unknown) => {
    const isColumn = name === 'ColumnRef' && value !== null && typeof value === 'object';
    if (isColumn) return stringsOf(fieldsOf(value).fields).at(-1);
    return name === 'location' ? undefined : value;
  });
  return [text];
}

/** Every column named in a tree, by its last name, and an index's own. */
function columnsIn(tree: unknown): string[] {
  if (Array.isArray(tree)) return tree.flatMap(columnsIn);
  const node = nodeOf(tree);
  if (node === undefined) return [];
  if (node.kind === 'ColumnRef') return stringsOf(node.fields.fields).slice(-1);
  const own = node.kind === 'IndexElem' ? [textOf(node.fields.name) ?? ''] : [];
  return [...own, ...Object.values(node.fields).flatMap(columnsIn)];
}

/** Built-in functions that give rows: the names of their columns where these are not the alias; [] where the call says. */
const rowFunctions: ReadonlyMap<string, readonly string[] | undefined> = new Map([
  ['generate_series', undefined],
  ['generate_subscripts', undefined],
  ['unnest', undefined],
  ['jsonb_array_elements', ['value']],
  ['jsonb_array_elements_text', ['value']],
  ['jsonb_object_keys', undefined],
  ['jsonb_each', ['key', 'value']],
  ['jsonb_each_text', ['key', 'value']],
  ['jsonb_path_query', undefined],
  ['jsonb_to_recordset', []],
  ['jsonb_populate_recordset', []],
  ['regexp_split_to_table', undefined],
  ['regexp_matches', undefined],
  ['string_to_table', undefined],
]);

/** Those that give a value only once: their first column is a key. */
const distinctFunctions = new Set([
  'generate_series',
  'generate_subscripts',
  'jsonb_object_keys',
  'jsonb_each',
  'jsonb_each_text',
]);

/** Whether a built-in function gives rows, in an order that follows from its arguments. */
export function givesRows(name: string): boolean {
  return rowFunctions.has(name);
}

/** The rows of a RangeFunction. @param own what the contract's own functions give */
export function functionSource(range: Fields, own: ReadonlyMap<string, RowSource>): RowSource {
  const calls = nodesOf(range.functions).map(({ fields }) => nodesOf(fields.items)[0]);
  const [call] = calls;
  if (calls.length !== 1 || call?.kind !== 'FuncCall') return unknownRows;
  const name = stringsOf(call.fields.funcname).at(-1) ?? '';
  const alias = fieldsOf(range.alias);
  const source = own.get(name);
  const defined = nodesOf(range.coldeflist).map(({ fields }) => textOf(fields.colname) ?? '');
  // unnest of several arrays gives a column for each.
  const width = name === 'unnest' ? nodesOf(call.fields.args).length : 1;
  const natural =
    defined.length > 0
      ? defined
      : source !== undefined
        ? source.columns?.map((column) => (column === ownName ? (textOf(alias.aliasname) ?? name) : column))
        : columnsOfCall(name, textOf(alias.aliasname), width);
  if (natural === undefined) return unknownRows;
  const renamed = stringsOf(alias.colnames);
  const all = range.ordinality === true ? [...natural, 'ordinality'] : natural;
  const columns = all.map((column, at) => renamed[at] ?? column);
  const keys = [
    ...(range.ordinality === true ? [columns.slice(-1)] : []),
    ...(source === undefined && distinctFunctions.has(name) ? [columns.slice(0, 1)] : []),
  ];
  return {
    columns,
    keys,
    partialKeys: [],
    nullable: new Set(columns.filter((column) => !keys.some((key) => key.includes(column)))),
    inexact: source?.inexact ?? new Set(isExact(name) ? [] : columns),
    scales: source?.scales ?? new Map(),
    isOrdered: source === undefined && givesRows(name),
  };
}

/** Whether equal values look the same in the rows that the function gives: those of jsonb may be numbers of any scale. */
function isExact(name: string): boolean {
  return !name.startsWith('jsonb_') || /_text$|_keys$/.test(name);
}

function columnsOfCall(name: string, alias: string | undefined, width: number): readonly string[] | undefined {
  const names = rowFunctions.get(name);
  if (names !== undefined) return names.length === 0 ? undefined : names;
  return width === 1 ? [alias ?? name] : Array.from({ length: width }, (_, at) => `${name}${at + 1}`);
}

/** Stands for the column of a function that gives plain values: it is named as the function, or its alias. */
const ownName = '';

/** What a function of the contract gives as rows, by its CREATE FUNCTION. */
export function ownFunctionSource(
  create: Fields,
  tables: ReadonlyMap<string, RowSource>,
  domains: DomainTypes,
): RowSource {
  const given = nodesOf(create.parameters).flatMap(({ fields }) =>
    ['FUNC_PARAM_TABLE', 'FUNC_PARAM_OUT', 'FUNC_PARAM_INOUT'].includes(textOf(fields.mode) ?? '') ? [fields] : [],
  );
  if (given.length > 0) {
    const columns = given.map((fields) => textOf(fields.name) ?? '');
    const exact = tableSource({ tableElts: given.map(columnOf) }, [], domains);
    return { ...unknownRows, columns, nullable: new Set(columns), inexact: exact.inexact, scales: exact.scales };
  }
  const type = stringsOf(fieldsOf(create.returnType).names).at(-1) ?? '';
  const table = tables.get(type);
  if (table === undefined && type !== 'record')
    return tableSource({ tableElts: [columnOf({ name: ownName, argType: create.returnType })] }, [], domains);
  // A row type has its table's columns, but two rows of the result may be the same one.
  return table === undefined ? unknownRows : { ...table, keys: [], partialKeys: [], nullable: new Set(table.columns) };
}

function columnOf(parameter: Fields): unknown {
  return { ColumnDef: { colname: parameter.name, typeName: parameter.argType } };
}
