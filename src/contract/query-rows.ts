/**
 * What the rows of a query are: their columns and keys, whether there is only one, and whether an ORDER BY puts them in one
 * order and no other.
 */
import {
  groupExpression,
  groupedRows,
  isOutput,
  numberedKey,
  type Output,
  outputOf,
  rowsOfOutputs,
  targetsOf,
} from './query-outputs.ts';
import { type QueryNames, QueryScope } from './query-scope.ts';
import { isAggregated, isOfOneRow, isPlainDistinct, isSetOperation, multiplies, printOf } from './query-shape.ts';
import { type RowSource, renameColumns, unknownRows } from './row-source.ts';
import { type Fields, fieldsOf, type Node, nodeOf, nodesOf, numberOf, stringsOf, textOf } from './syntax-tree.ts';

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
    const groups = groupedBy(select, names);
    return groups.every((group) => group !== undefined && isSorted(group));
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

/** What GROUP BY takes rows together by, or DISTINCT ON; undefined among them for what is not known. */
function groupedBy(select: Fields, names: QueryNames): unknown[] {
  const outputs = outputsOf(select, names);
  const scope = scopeOf(select, names);
  if (select.groupClause === undefined)
    return nodesOf(select.distinctClause).map(
      ({ kind, fields }) => outputOf({ [kind]: fields }, outputs)?.expression ?? { [kind]: fields },
    );
  return nodesOf(select.groupClause).map((group) =>
    group.kind === 'GroupingSet' ? undefined : groupExpression(group, outputs, scope),
  );
}

/** What is held against each other to find rows that are equal, for DISTINCT or GROUP BY. */
export function comparedBy(select: Fields, names: QueryNames): readonly unknown[] {
  const outputs = outputsOf(select, names);
  if (isPlainDistinct(select))
    return outputs?.map(({ expression }) => expression) ?? nodesOf(select.targetList).map(({ fields }) => fields.val);
  return groupsIn(select.groupClause).flatMap((group) => {
    const expression = { [group.kind]: group.fields };
    return [
      expression,
      groupExpression(group, outputs, scopeOf(select, names)) ?? outputOf(expression, outputs)?.expression,
    ];
  });
}

/** The expressions of GROUP BY, those in ROLLUP, CUBE and GROUPING SETS too. */
function groupsIn(list: unknown): Node[] {
  return nodesOf(list).flatMap((group) => (group.kind === 'GroupingSet' ? groupsIn(group.fields.content) : [group]));
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

/** Columns of a set operation, as its first query names them, whose equal values may look different in one of its queries. */
function inexactInBoth(select: Fields, names: QueryNames): Set<string> {
  const [left, right] = [select.larg, select.rarg].map((side) => rowsOfQuery(fieldsOf(side), names));
  const inexact = (left?.columns ?? []).filter((name, at) => {
    const other = right?.columns?.[at];
    if (other === undefined) return left?.inexact.has(name) === true;
    // 1.00 and 1.000, or 1, are equal too.
    if (left?.scales.get(name) !== right?.scales.get(other)) return true;
    return left?.inexact.has(name) === true || right?.inexact.has(other) === true;
  });
  return new Set(inexact);
}

/** Which equal values of a set operation stand for all, where they may look different: the columns' names. */
export function mergedInexactly(select: Fields, names: QueryNames): readonly string[] {
  const mergesRows = select.op !== 'SETOP_UNION' || select.all !== true;
  return mergesRows ? [...inexactInBoth(select, names)] : [];
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
  const isSingle = isSingleRow(select, names);
  if (isSetOperation(select)) {
    const { scales } = rowsOfQuery(fieldsOf(select.larg), names);
    const merged = { ...plain, inexact: inexactInBoth(select, names), scales };
    return isSingle ? { ...merged, keys: [[]] } : merged;
  }
  if (select.valuesLists !== undefined) return isSingle ? { ...plain, keys: [[]] } : { ...plain, isOrdered: true };
  const scope = scopeOf(select, names);
  const rows = rowsOfOutputs(outputs, scope);
  // One row here may be one for each of a query around.
  if (isSingle) return { ...plain, keys: [[]], inexact: rows.inexact, scales: rows.scales };
  const isDistinctOn = select.distinctClause !== undefined && !isPlainDistinct(select);
  if (select.groupClause !== undefined || isDistinctOn)
    return groupedRows(rows, groupedBy(select, names), outputs, scope);
  if (multiplies(select.targetList, names)) return { ...rows, keys: [] };
  const numbered = (outputs ?? []).flatMap((output) => numberedKey(output, outputs));
  // A window takes rows that are NULL in what it is partitioned by together, as one part.
  const nullable = new Set([...rows.nullable].filter((name) => !numbered.some((key) => key.includes(name))));
  return { ...rows, keys: [...rows.keys, ...numbered], nullable };
});
