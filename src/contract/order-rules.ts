/**
 * Where a result would depend on the order in which PostgreSQL comes upon rows, an order must be asked for, and one that
 * tells all rows apart: two machines may hold the same rows in different places. This file walks queries; what changes rows
 * is in change-rules.ts, aggregates are in aggregate-rules.ts.
 */
import { checkAggregate, checkWindow } from './aggregate-rules.ts';
import { type CallMode, perRow } from './call-record.ts';
import { checkChange, checkChangesOnce, isChange } from './change-rules.ts';
import { type ExpressionPlace, mayBeOwn } from './expression-rules.ts';
import {
  changeScopeOf,
  comparedBy,
  isInTotalOrder,
  mergedInexactly,
  orderSuggestion,
  scopeOf,
  withQueries,
} from './query-rows.ts';
import type { QueryNames, QueryScope } from './query-scope.ts';
import { isPlainDistinct, isTooDeep } from './query-shape.ts';
import { type Fields, fieldsOf, isFields, type Node, nodeOf, nodesOf, placeOf, stringsOf } from './syntax-tree.ts';

/** Where a part of a statement stands. */
export interface OrderPlace {
  readonly place: ExpressionPlace;
  readonly names: QueryNames;
  readonly mode: CallMode;
  /** The query around, for aggregates and window functions. */
  readonly query?: { readonly select: Fields; readonly scope: QueryScope };
  /** The parser's place, for a node that does not say its own. */
  readonly near: number;
  readonly walk: OrderWalk;
}

/** What the rules for changes and aggregates use to go on. */
export interface OrderWalk {
  /** Checks whatever stands at a place: a statement, an expression, or a list of them. */
  part(tree: unknown, where: OrderPlace): void;
  /** Checks a statement's WITH queries; gives what names mean behind them. */
  behindWith(statement: Fields, outside: OrderPlace): OrderPlace;
}

/**
 * Checks a whole statement or expression.
 * @param near the parser's place, where a node does not say its own
 * @param mode how it is evaluated
 */
export function checkOrder(tree: unknown, place: ExpressionPlace, near = 0, mode: CallMode = 'once'): void {
  if (isTooDeep(tree))
    place.findings.refuse(place.locate(near), 'queries are nested too deeply', 'WITH queries, or a view');
  else checkPart(tree, { place, names: place.names, mode, near, walk: { part: checkPart, behindWith } });
}

/** Checks a statement whose rows are taken one after the other, or whose first is. @param what as a message's subject */
export function checkRowOrder(tree: unknown, place: ExpressionPlace, what: string, near = 0): void {
  const node = nodeOf(tree);
  if (node === undefined || isTooDeep(tree)) return;
  const instead = rowOrderFault(node, place.names);
  if (instead === undefined) return;
  const at = place.locate(firstPlace(node.fields) ?? near);
  place.findings.refuse(at, `${what} takes rows in an order that nothing fixes`, instead);
}

/** What to write so that the rows of a statement come in one order; undefined when they do. */
function rowOrderFault({ kind, fields }: Node, names: QueryNames): string | undefined {
  const inner = withQueries(fields, names);
  const select = kind === 'SelectStmt' ? fields : fieldsOf(fieldsOf(fields.selectStmt).SelectStmt);
  if (kind === 'SelectStmt' || kind === 'InsertStmt') {
    const isOrdered = (kind === 'InsertStmt' && fields.selectStmt === undefined) || isInTotalOrder(select, inner);
    return isOrdered ? undefined : orderSuggestion(select, inner);
  }
  if (kind === 'ReturnStmt' || (kind !== 'MergeStmt' && changeScopeOf(fields, inner).isSingle)) return undefined;
  return 'SELECT … ORDER BY, and the change for each of its rows';
}

function checkPart(tree: unknown, where: OrderPlace): void {
  if (Array.isArray(tree)) {
    for (const item of tree) checkPart(item, where);
    return;
  }
  if (!isFields(tree)) return;
  const node = nodeOf(tree);
  if (node === undefined) for (const value of Object.values(tree)) checkPart(value, where);
  else if (node.kind === 'SelectStmt') checkQuery(node.fields, where);
  else if (isChange(node.kind)) checkChange(node, where);
  else if (node.kind === 'SubLink') checkSubquery(node.fields, where);
  else if (node.kind === 'FuncCall') checkFunction(node.fields, where);
  else for (const value of Object.values(node.fields)) checkPart(value, where);
}

function behindWith(statement: Fields, outside: OrderPlace): OrderPlace {
  const where = { ...outside, names: withQueries(statement, outside.names) };
  for (const { fields } of nodesOf(fieldsOf(statement.withClause).ctes)) {
    // A change is made once; a query is only run as far as its rows are asked for.
    const isQuery = nodeOf(fields.ctequery)?.kind === 'SelectStmt';
    checkPart(fields.ctequery, isQuery ? { ...where, mode: perRow(where.mode) } : where);
  }
  return where;
}

function checkQuery(select: Fields, outside: OrderPlace, isExistence = false): void {
  const where = behindWith(select, outside);
  checkChangesOnce(select, where);
  if (select.larg !== undefined) {
    checkQuery(fieldsOf(select.larg), where);
    checkQuery(fieldsOf(select.rarg), where);
    for (const column of mergedInexactly(select, where.names))
      refuseInexact(column, firstPlace(select) ?? where.near, where);
  } else if (select.valuesLists !== undefined) checkPart(select.valuesLists, where);
  else checkPlainQuery(select, where);
  if (!isExistence) checkLimit(select, where);
}

function checkPlainQuery(select: Fields, where: OrderPlace): void {
  const from = nodesOf(select.fromClause);
  if (from.length > 0) where.place.calls.noteRead();
  for (const item of from) checkFrom(item, where, from.length > 1);
  const scope = scopeOf(select, where.names);
  const isOnce = scope.isEmpty || scope.isSingle;
  const within: OrderPlace = { ...where, mode: isOnce ? where.mode : perRow(where.mode), query: { select, scope } };
  checkPart([select.distinctClause, select.targetList, select.groupClause], within);
  // What a key is compared with is worked out for each row that is looked at.
  checkPart(select.whereClause, scope.isEmpty ? within : { ...within, mode: perRow(within.mode) });
  checkPart([select.havingClause, select.windowClause, select.sortClause], within);
  checkDistinct(select, scope, where);
}

function checkDistinct(select: Fields, scope: QueryScope, where: OrderPlace): void {
  const at = firstPlace(select) ?? where.near;
  const isOn = select.distinctClause !== undefined && !isPlainDistinct(select);
  if (isOn && !isInTotalOrder(select, where.names)) {
    refuse(
      where,
      at,
      'DISTINCT ON keeps the first row of an order that does not tell all rows apart',
      orderSuggestion(select, where.names),
    );
  }
  for (const expression of comparedBy(select, where.names)) {
    const column = scope.inexactColumn(expression);
    if (column === undefined) continue;
    refuseInexact(column, placeOf(nodeOf(expression)?.fields ?? {}, at), where);
  }
}

function refuseInexact(column: string, at: number, where: OrderPlace): void {
  refuse(
    where,
    at,
    `equal values of ${column} may look different, as 1.0 and 1.00: which one stands for all is not certain`,
    `${column}::numeric(15,2), or that type for the column`,
  );
}

function checkFrom(item: Node, where: OrderPlace, isJoined: boolean): void {
  const { kind, fields } = item;
  const beside: OrderPlace = { ...where, mode: perRow(where.mode) };
  if (kind === 'RangeSubselect') checkPart(fields.subquery, isJoined || fields.lateral === true ? beside : where);
  else if (kind === 'RangeFunction') {
    const called = nodesOf(fields.functions).flatMap(({ fields: list }) => nodesOf(list.items));
    const own = called.find((call) => where.names.functions.has(stringsOf(call.fields.funcname).at(-1) ?? ''));
    if (fields.ordinality === true && own !== undefined)
      refuse(
        where,
        placeOf(own.fields, where.near),
        'WITH ORDINALITY counts rows in an order that nothing fixes',
        'row_number() OVER (ORDER BY …)',
      );
    checkPart(fields.functions, isJoined ? beside : where);
  } else if (kind === 'JoinExpr') {
    for (const side of nodesOf([fields.larg, fields.rarg])) checkFrom(side, where, true);
    checkPart(fields.quals, beside);
  }
}

function checkLimit(select: Fields, where: OrderPlace): void {
  const limit = restriction(select.limitCount);
  const offset = restriction(select.limitOffset);
  checkPart([select.limitCount, select.limitOffset], where);
  if (limit === undefined && offset === undefined) return;
  const withTies = select.limitOption === 'LIMIT_OPTION_WITH_TIES' && offset === undefined;
  if (withTies || isInTotalOrder(select, where.names)) return;
  const word = limit === undefined ? 'OFFSET' : 'LIMIT';
  refuse(
    where,
    placeOf((limit ?? offset)?.fields ?? {}, firstPlace([limit?.fields, offset?.fields]) ?? where.near),
    select.sortClause === undefined
      ? `${word} without ORDER BY takes other rows on another machine`
      : `${word} cuts an order that does not tell all rows apart: equal ones come as they lie`,
    orderSuggestion(select, where.names),
  );
}

/** A LIMIT or OFFSET that takes something away. */
function restriction(value: unknown): Node | undefined {
  const node = nodeOf(value);
  return node?.fields.isnull === true ? undefined : node;
}

function checkSubquery(fields: Fields, where: OrderPlace): void {
  checkPart(fields.testexpr, where);
  const select = fieldsOf(fieldsOf(fields.subselect).SelectStmt);
  checkQuery(select, where, fields.subLinkType === 'EXISTS_SUBLINK' && select.limitOffset === undefined);
  if (fields.subLinkType === 'ARRAY_SUBLINK' && !isInTotalOrder(select, where.names))
    refuse(
      where,
      placeOf(fields, where.near),
      'ARRAY(SELECT …) keeps rows in an order that nothing fixes',
      orderSuggestion(select, where.names),
    );
}

function checkFunction(fields: Fields, where: OrderPlace): void {
  const names = stringsOf(fields.funcname);
  const name = names.at(-1) ?? '';
  const schema = names.length > 1 ? names[0] : undefined;
  const { place } = where;
  if (mayBeOwn(fields, place) || (schema !== undefined && schema !== 'pg_catalog' && schema !== 'aergo'))
    place.calls.noteCall(names.join('.'), where.mode, place.locate(placeOf(fields, where.near)));
  if (fields.over !== undefined) checkWindow(name, fields, where);
  else checkAggregate(name, fields, where);
  for (const value of Object.values(fields)) checkPart(value, where);
}

function refuse(where: OrderPlace, at: number, message: string, instead: string): void {
  where.place.findings.refuse(where.place.locate(at), message, instead);
}

/** Where the first thing stands that a tree tells the place of. */
function firstPlace(tree: unknown): number | undefined {
  if (Array.isArray(tree)) return least(tree.map(firstPlace));
  if (!isFields(tree)) return undefined;
  const own = typeof tree.location === 'number' && tree.location >= 0 ? tree.location : undefined;
  return least([own, ...Object.values(tree).map(firstPlace)]);
}

function least(places: readonly (number | undefined)[]): number | undefined {
  const known = places.filter((place) => place !== undefined);
  return known.length === 0 ? undefined : known.reduce((a, b) => Math.min(a, b));
}
