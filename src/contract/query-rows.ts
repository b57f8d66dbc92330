/**
 * What the rows of a query are: their columns and keys, whether there is only one, and whether an ORDER BY puts them in one
 * order and no other.
 */
import { type QueryNames, QueryScope, renameColumns } from './query-scope.ts';
import { givesRows, type RowSource, unknownRows } from './row-source.ts';
import {
  type Fields,
  fieldsOf,
  isFields,
  type Node,
  nodeOf,
  nodesOf,
  numberOf,
  stringsOf,
  textOf,
} from './syntax-tree.ts';

/** Queries in queries, at most: what is looked at grows with the square of it. */
const deepestQuery = 64;

/** Whether queries stand in queries deeper than anybody writes. */
export function isTooDeep(tree: unknown, depth = 0): boolean {
  if (Array.isArray(tree)) return tree.some((item) => isTooDeep(item, depth));
  if (!isFields(tree)) return false;
  const below = 'SelectStmt' in tree ? depth + 1 : depth;
  return below > deepestQuery || Object.values(tree).some((value) => isTooDeep(value, below));
}

/** A column of a query's result. */
interface Output {
  readonly name: string;
  readonly expression: unknown;
}

/** Aggregates: a query with one and without GROUP BY has one row. */
const aggregates = new Set(
  `count sum avg min max bool_and bool_or every bit_and bit_or bit_xor array_agg string_agg json_agg jsonb_agg json_agg_strict
  jsonb_agg_strict json_object_agg jsonb_object_agg json_object_agg_strict jsonb_object_agg_strict json_object_agg_unique
  jsonb_object_agg_unique jsonb_object_agg_unique_strict stddev stddev_pop stddev_samp variance var_pop var_samp any_value`.split(
    /\s+/,
  ),
);

/** Whether an expression holds an aggregate of its own query. */
function aggregatesIn(tree: unknown): boolean {
  return someNode(tree, ({ kind, fields }) => {
    if (kind !== 'FuncCall' || fields.over !== undefined) return false;
    const isMarked = ['agg_star', 'agg_distinct', 'agg_order', 'agg_filter'].some((mark) => fields[mark] !== undefined);
    return isMarked || aggregates.has(stringsOf(fields.funcname).at(-1) ?? '');
  });
}

/** Whether a select list makes several rows of one. */
function multiplies(tree: unknown, names: QueryNames): boolean {
  return someNode(tree, ({ kind, fields }) => {
    const name = stringsOf(fields.funcname).at(-1) ?? '';
    return kind === 'FuncCall' && (givesRows(name) || names.functions.has(name));
  });
}

/** Whether an expression's value follows from the columns that it names. */
function isOfOneRow(expression: unknown, names: QueryNames): boolean {
  const isWindow = someNode(expression, ({ fields }) => fields.over !== undefined);
  return !isWindow && !aggregatesIn(expression) && !multiplies(expression, names);
}

/** Looks at every node of a query but not into its subqueries. */
function someNode(tree: unknown, test: (node: Node) => boolean): boolean {
  if (Array.isArray(tree)) return tree.some((item) => someNode(item, test));
  if (!isFields(tree)) return false;
  const node = nodeOf(tree);
  if (node === undefined) return Object.values(tree).some((value) => someNode(value, test));
  if (node.kind === 'SelectStmt') return false;
  return test(node) || Object.values(node.fields).some((value) => someNode(value, test));
}

/** Queries in queries are asked for again at each level: what was found is kept, as long as their tree is. */
function remembered<Found>(
  find: (statement: Fields, names: QueryNames) => Found,
): (statement: Fields, names: QueryNames) => Found {
  const known = new WeakMap<Fields, WeakMap<QueryNames, { readonly found: Found }>>();
  return (statement, names) => {
    const byNames = known.get(statement) ?? new WeakMap<QueryNames, { readonly found: Found }>();
    known.set(statement, byNames);
    const entry = byNames.get(names) ?? { found: find(statement, names) };
    byNames.set(names, entry);
    return entry.found;
  };
}

/** The rows that a SELECT without set operations ranges over, before GROUP BY. */
export const scopeOf = remembered((select, names) =>
  new QueryScope(names, rowsOfQuery).addFrom(nodesOf(select.fromClause)).addCondition(select.whereClause),
);

/** The rows that an UPDATE, DELETE or MERGE ranges over: its table first. */
export function changeScopeOf(fields: Fields, names: QueryNames): QueryScope {
  const others = [...nodesOf(fields.fromClause), ...nodesOf(fields.usingClause), ...nodesOf([fields.sourceRelation])];
  return new QueryScope(names, rowsOfQuery)
    .addTable(fieldsOf(fields.relation))
    .addFrom(others)
    .addCondition(fields.whereClause ?? fields.joinCondition);
}

/** Whether a query gives at most one row. */
export function isSingleRow(select: Fields, names: QueryNames): boolean {
  const limit = nodeOf(select.limitCount);
  const isCut = limit?.kind === 'A_Const' && numberOf(fieldsOf(limit.fields.ival).ival) === 1;
  return (isCut && select.limitOption !== 'LIMIT_OPTION_WITH_TIES') || hasOneRow(select, names);
}

/** The same before LIMIT, which needs an order to cut. */
function hasOneRow(select: Fields, names: QueryNames): boolean {
  if (isSetOperation(select)) return false;
  if (select.valuesLists !== undefined) return nodesOf(select.valuesLists).length < 2;
  if (multiplies(select.targetList, names)) return false;
  if (isAggregated(select)) return true;
  const scope = scopeOf(select, names);
  return scope.isEmpty || scope.isSingle;
}

function isSetOperation(select: Fields): boolean {
  return select.larg !== undefined;
}

function isAggregated(select: Fields): boolean {
  return select.groupClause === undefined && (select.havingClause !== undefined || aggregatesIn(select.targetList));
}

/**
 * Whether the query's rows come in one order and no other: its ORDER BY tells all of them apart, or there is at most one, or
 * they come from VALUES or one built-in function alone.
 * @param outside what names mean around the query
 */
export function isInTotalOrder(select: Fields, outside: QueryNames): boolean {
  const names = withQueries(select, outside);
  if (hasOneRow(select, names) || select.valuesLists !== undefined) return true;
  const outputs = outputsOf(select, names);
  const sorts = nodesOf(select.sortClause).map(({ fields }) => outputOf(fields.node, outputs) ?? fields.node);
  if (isSetOperation(select)) return outputs?.every((output) => sorts.includes(output)) === true;
  const scope = scopeOf(select, names);
  const sorted = sorts.map((sort) => (isOutput(sort) ? sort.expression : sort));
  const written = new Set(sorted.map(printOf));
  const isSorted = (expression: unknown): boolean =>
    written.has(printOf(expression)) || (isOfOneRow(expression, names) && scope.determines(sorted, expression));
  const coversOutputs = outputs?.every(
    ({ expression }) =>
      isSorted(expression) && (scope.inexactColumn(expression) === undefined || scope.determines(sorted, expression)),
  );
  if (coversOutputs === true) return true;
  if (select.groupClause !== undefined) {
    const groups = nodesOf(select.groupClause);
    if (groups.some(({ kind }) => kind === 'GroupingSet')) return false;
    return groups.every((group) => isSorted(groupExpression(group, outputs)));
  }
  if (isPlainDistinct(select)) return false;
  if (multiplies(select.targetList, names)) return scope.isEmpty;
  return scope.isOrdered || scope.tellsApart(sorted);
}

/** What to put behind ORDER BY so that the order is total. */
export function orderSuggestion(select: Fields, outside: QueryNames): string {
  const names = withQueries(select, outside);
  if (isSetOperation(select) || isPlainDistinct(select) || select.groupClause !== undefined) {
    const all = outputsOf(select, names)?.map((_, at) => String(at + 1));
    return `ORDER BY ${all?.join(', ') ?? 'every column of the result'}`;
  }
  const written = nodesOf(select.sortClause).length > 0 ? '…, ' : '';
  return `ORDER BY ${written}${scopeOf(select, names).suggestion() ?? 'columns that tell any two rows apart'}`;
}

/** Whether DISTINCT stands without ON. */
export function isPlainDistinct(select: Fields): boolean {
  return Array.isArray(select.distinctClause) && nodeOf(select.distinctClause[0]) === undefined;
}

function isAmong(expression: unknown, others: readonly unknown[]): boolean {
  const text = printOf(expression);
  return others.some((other) => printOf(other) === text);
}

function isOutput(value: unknown): value is Output {
  return isFields(value) && 'expression' in value;
}

function groupExpression(group: Node, outputs: readonly Output[] | undefined): unknown {
  const expression = { [group.kind]: group.fields };
  return group.kind === 'A_Const' ? (outputOf(expression, outputs)?.expression ?? expression) : expression;
}

/** The output that ORDER BY means with a number or a bare name. */
function outputOf(expression: unknown, outputs: readonly Output[] | undefined): Output | undefined {
  const node = nodeOf(expression);
  if (node?.kind === 'A_Const' && node.fields.ival !== undefined)
    return outputs?.[(numberOf(fieldsOf(node.fields.ival).ival) ?? 0) - 1];
  const names = node?.kind === 'ColumnRef' ? stringsOf(node.fields.fields) : [];
  return names.length === 1 ? outputs?.find((output) => output.name === names[0]) : undefined;
}

/** The columns of a query's result; undefined where a `*` cannot be resolved. */
function outputsOf(select: Fields, names: QueryNames): readonly Output[] | undefined {
  if (isSetOperation(select)) {
    const left = fieldsOf(select.larg);
    return outputsOf(left, withQueries(left, names));
  }
  if (select.valuesLists !== undefined) {
    const [first] = nodesOf(select.valuesLists);
    return nodesOf(first?.fields.items).map(({ kind, fields }, at) => ({
      name: `column${at + 1}`,
      expression: { [kind]: fields },
    }));
  }
  return targetsOf(select.targetList, scopeOf(select, names));
}

function targetsOf(list: unknown, scope: QueryScope): readonly Output[] | undefined {
  const outputs: Output[] = [];
  for (const { fields } of nodesOf(list)) {
    const node = nodeOf(fields.val);
    const isStar = node?.kind === 'ColumnRef' && nodesOf(node.fields.fields).at(-1)?.kind === 'A_Star';
    if (isStar) {
      const columns = scope.columns(stringsOf(node.fields.fields)[0]);
      if (columns === undefined) return undefined;
      outputs.push(...columns);
    } else outputs.push({ name: textOf(fields.name) ?? nameOf(node), expression: fields.val });
  }
  return outputs;
}

function nameOf(node: Node | undefined): string {
  if (node?.kind === 'ColumnRef') return stringsOf(node.fields.fields).at(-1) ?? '';
  if (node?.kind === 'FuncCall') return stringsOf(node.fields.funcname).at(-1) ?? '';
  if (node?.kind === 'TypeCast') return nameOf(nodeOf(node.fields.arg));
  return '?column?';
}

/** What names mean inside a statement: its WITH queries before all others. */
export const withQueries = remembered((statement, names): QueryNames => {
  const clause = fieldsOf(statement.withClause);
  const queries = nodesOf(clause.ctes);
  if (queries.length === 0) return names;
  const relations = new Map(names.relations);
  const inner = { ...names, relations };
  for (const { fields } of queries) {
    const renamed = stringsOf(fields.aliascolnames);
    const name = textOf(fields.ctename) ?? '';
    if (clause.recursive === true)
      relations.set(name, renamed.length > 0 ? { ...unknownRows, columns: renamed } : unknownRows);
    const rows = renameColumns(rowsOfStatement(nodeOf(fields.ctequery), inner), renamed);
    const isExtended = fields.search_clause !== undefined || fields.cycle_clause !== undefined;
    relations.set(name, isExtended ? unknownRows : rows);
  }
  return inner;
});

function rowsOfStatement(node: Node | undefined, names: QueryNames): RowSource {
  if (node === undefined) return unknownRows;
  if (node.kind === 'SelectStmt') return rowsOfQuery(node.fields, names);
  // RETURNING gives columns of the table that was changed; of an INSERT, one row for each.
  const scope = changeScopeOf(node.fields, withQueries(node.fields, names));
  return rowsOfOutputs(targetsOf(fieldsOf(node.fields.returningClause).exprs, scope), scope);
}

/** The rows of a query, as another that has it in FROM sees them. */
export function rowsOfQuery(statement: Fields, outside: QueryNames): RowSource {
  return rowsOfSelect('SelectStmt' in statement ? fieldsOf(statement.SelectStmt) : statement, outside);
}

const rowsOfSelect = remembered((select, outside): RowSource => {
  const names = withQueries(select, outside);
  const outputs = outputsOf(select, names);
  const columns = outputs?.map((output) => output.name);
  const plain: RowSource = { ...unknownRows, columns, nullable: new Set(columns) };
  if (isSingleRow(select, names)) return { ...plain, keys: [[]] };
  if (isSetOperation(select)) return plain;
  if (select.valuesLists !== undefined) return { ...plain, isOrdered: true };
  const rows = rowsOfOutputs(outputs, scopeOf(select, names));
  if (select.groupClause !== undefined) return groupedRows(rows, nodesOf(select.groupClause), outputs);
  if (select.distinctClause !== undefined && !isPlainDistinct(select))
    return groupedRows(rows, nodesOf(select.distinctClause), outputs);
  if (multiplies(select.targetList, names)) return { ...rows, keys: [] };
  const numbered = (outputs ?? []).flatMap((output) => numberedKey(output, outputs));
  // A window takes rows that are NULL in what it is partitioned by together, as one part.
  const nullable = new Set([...rows.nullable].filter((name) => !numbered.some((key) => key.includes(name))));
  return { ...rows, keys: [...rows.keys, ...numbered], nullable };
});

/** One row a group: what it is grouped by is a key, and one row at most is NULL there. */
function groupedRows(rows: RowSource, groups: readonly Node[], outputs: readonly Output[] | undefined): RowSource {
  const key = groups.map((group) => {
    const expression = groupExpression(group, outputs);
    const name = group.kind === 'ColumnRef' ? stringsOf(group.fields.fields).join('.') : undefined;
    return outputs?.find((output) => isAmong(expression, [output.expression]) || output.name === name)?.name;
  });
  const known = key.filter((name) => name !== undefined);
  if (known.length < key.length || groups.some(({ kind }) => kind === 'GroupingSet')) return { ...rows, keys: [] };
  return { ...rows, keys: [known], nullable: new Set([...rows.nullable].filter((name) => !known.includes(name))) };
}

/** `row_number()` is a key, together with what its window is partitioned by. */
function numberedKey({ name, expression }: Output, outputs: readonly Output[] | undefined): string[][] {
  const node = nodeOf(expression);
  const over = fieldsOf(node?.fields.over);
  if (stringsOf(node?.fields.funcname).at(-1) !== 'row_number' || over.name !== undefined || over.refname !== undefined)
    return [];
  const parts = nodesOf(over.partitionClause).map(
    ({ kind, fields }) => outputs?.find((output) => isAmong(output.expression, [{ [kind]: fields }]))?.name,
  );
  const known = parts.filter((part) => part !== undefined);
  return known.length === parts.length ? [[...known, name]] : [];
}

/** Keys are those of what stands behind, as far as their columns are in the result. */
function rowsOfOutputs(outputs: readonly Output[] | undefined, scope: QueryScope): RowSource {
  if (outputs === undefined) return unknownRows;
  const keys = scope.keys().flatMap((key) => {
    const names = key.flatMap(
      (column) => outputs.find((output) => isSame(output.expression, column, scope))?.name ?? [],
    );
    return names.length === key.length ? [names] : [];
  });
  const inexact = outputs.filter(({ expression }) => scope.inexactColumn(expression) !== undefined);
  const names = outputs.map((output) => output.name);
  return {
    columns: names,
    keys,
    partialKeys: [],
    // A key's columns are not NULL, or the row that has NULL there is the only one.
    nullable: new Set(names.filter((name) => !keys.some((key) => key.includes(name)))),
    inexact: new Set(inexact.map((output) => output.name)),
    isOrdered: false,
  };
}

/** Whether an output is this very column. */
function isSame(expression: unknown, column: unknown, scope: QueryScope): boolean {
  const node = nodeOf(expression);
  if (node?.kind !== 'ColumnRef') return false;
  const names = stringsOf(node.fields.fields);
  const own = stringsOf(nodeOf(column)?.fields.fields);
  if (names.length === 0 || names.at(-1) !== own.at(-1)) return false;
  return names.length > 1 ? names.join('.') === own.join('.') : scope.determines([expression], column);
}

/** A tree as text, without places: equal for what is written alike. */
export function printOf(tree: unknown): string {
  const isPlace = /^(location|list_start|list_end|rexpr_list_start|rexpr_list_end)$/;
  return JSON.stringify(tree, (name, value: unknown) => (isPlace.test(name) ? undefined : value)) ?? '';
}
