/**
 * Aggregates and window functions whose result depends on the order of rows.
 */
import type { OrderPlace } from './order-rules.ts';
import { decidesRows, printOf } from './query-shape.ts';
import { type Fields, fieldsOf, nodesOf, numberOf, placeOf, textOf } from './syntax-tree.ts';

/** Aggregates that keep their rows' order. */
const ordered = new Set(
  `array_agg string_agg json_agg jsonb_agg json_agg_strict jsonb_agg_strict json_object_agg json_object_agg_strict
  json_object_agg_unique json_object_agg_unique_strict jsonb_object_agg jsonb_object_agg_strict jsonb_object_agg_unique
  jsonb_object_agg_unique_strict`.split(/\s+/),
);

/** Aggregates to which it is all one how a value looks. */
const counting = new Set(['count', 'bool_and', 'bool_or', 'every']);

/** Window functions that count rows one by one. */
const positional = new Set(['row_number', 'ntile', 'lag', 'lead', 'first_value', 'last_value', 'nth_value']);

/** FRAMEOPTION_ROWS in PostgreSQL's parse tree. */
const frameOfRows = 0x4;

/** Whether the rules know a function of PostgreSQL by its name alone: no other may have it. */
export function isKnownByName(name: string): boolean {
  return ordered.has(name) || positional.has(name) || decidesRows(name);
}

/** Checks an aggregate; any other function is let through. */
export function checkAggregate(name: string, fields: Fields, where: OrderPlace): void {
  const { query } = where;
  if (query === undefined) return;
  const args = nodesOf(fields.args).map(({ kind, fields: arg }) => ({ [kind]: arg }));
  const isMerged = fields.agg_distinct === true && !counting.has(name);
  if (isMerged || name === 'min' || name === 'max') checkExtreme(name, args, fields, where);
  if (!ordered.has(name) || query.scope.isEmpty) return;
  // Groups may be made in any order, and their rows with them.
  if (query.scope.isOrdered && query.select.groupClause === undefined) return;
  const sorts = nodesOf(fields.agg_order).map(({ fields: sort }) => sort.node);
  // A jsonb object sorts its members itself: only which of two equal ones comes last is open.
  const sortedAnyway = name.startsWith('jsonb_object_agg') ? args.slice(0, 1) : [];
  const given = [...sorts, ...sortedAnyway, ...groupsOf(query.select)];
  // In the order of the values themselves it does not matter which of two equal ones comes first.
  const isByValue = sorts.length > 0 && args.every((arg) => tells(given, arg, where));
  if (query.scope.tellsApart(given) || isByValue) return;
  const key = query.scope.suggestion() ?? 'what it gathers';
  refuse(
    where,
    fields,
    sorts.length === 0
      ? `${name} without ORDER BY gathers rows in an order that nothing fixes`
      : `the ORDER BY in ${name} does not tell all rows apart: equal ones come as they lie`,
    `${name}(… ORDER BY ${sorts.length === 0 ? '' : '…, '}${key})`,
  );
}

/** Whether two rows that agree on what is given agree on the value too. */
function tells(given: readonly unknown[], value: unknown, where: OrderPlace): boolean {
  const scope = where.query?.scope;
  if (scope?.determines(given, value) === true) return true;
  const text = printOf(value);
  return scope?.inexactColumn(value) === undefined && given.some((other) => printOf(other) === text);
}

function checkExtreme(name: string, args: readonly unknown[], fields: Fields, where: OrderPlace): void {
  for (const arg of args) {
    const column = where.query?.scope.inexactColumn(arg);
    if (column === undefined) continue;
    refuse(
      where,
      fields,
      `equal values of ${column} may look different, as 1.0 and 1.00: which one ${name} takes is not certain`,
      `${name}(${fields.agg_distinct === true ? 'DISTINCT ' : ''}${column}::numeric(15,2)), or that type for the column`,
    );
  }
}

/** Checks a window function, or an aggregate with OVER. */
export function checkWindow(name: string, fields: Fields, where: OrderPlace): void {
  const { query } = where;
  if (query === undefined || query.scope.isEmpty) return;
  const args = nodesOf(fields.args).map(({ kind, fields: arg }) => ({ [kind]: arg }));
  if (name === 'min' || name === 'max') checkExtreme(name, args, fields, where);
  const window = windowOf(fieldsOf(fields.over), query.select);
  const isByRows = (window.frame & frameOfRows) !== 0;
  if (!positional.has(name) && !ordered.has(name) && !isByRows) return;
  const given = [...window.partition, ...window.order];
  const groups = groupsOf(query.select);
  // With GROUP BY it is groups that are counted.
  const isTold =
    groups.length > 0
      ? groups.every((group) => given.some((other) => printOf(other) === printOf(group)))
      : query.scope.isOrdered || query.scope.tellsApart(given);
  if (isTold) return;
  const key = groups.length > 0 ? 'what GROUP BY names' : query.scope.suggestion();
  refuse(
    where,
    fields,
    window.order.length === 0
      ? `${name}() counts rows in an order that nothing fixes`
      : `the ORDER BY of ${name}() does not tell all rows apart: equal ones come as they lie`,
    `OVER (… ORDER BY ${window.order.length === 0 ? '' : '…, '}${key ?? 'columns that tell any two rows apart'})`,
  );
}

interface Window {
  readonly partition: readonly unknown[];
  readonly order: readonly unknown[];
  readonly frame: number;
}

/** A window, with what it takes over from a named one. */
function windowOf(over: Fields, select: Fields): Window {
  const partition = nodesOf(over.partitionClause).map(({ kind, fields }) => ({ [kind]: fields }));
  const order = nodesOf(over.orderClause).map(({ fields }) => fields.node);
  const frame = numberOf(over.frameOptions) ?? 0;
  const base = textOf(over.refname) ?? textOf(over.name);
  const named = nodesOf(select.windowClause).find(({ fields }) => textOf(fields.name) === base);
  if (base === undefined || named === undefined) return { partition, order, frame };
  const { partitionClause, orderClause, frameOptions } = named.fields;
  const own = windowOf({ partitionClause, orderClause, frameOptions }, select);
  return {
    partition: [...own.partition, ...partition],
    order: [...own.order, ...order],
    frame: over.refname === undefined ? own.frame : frame,
  };
}

/** What is the same for all rows that an aggregate takes together. */
function groupsOf(select: Fields): unknown[] {
  const groups = nodesOf(select.groupClause);
  if (groups.some(({ kind }) => kind === 'GroupingSet')) return [];
  return groups.map(({ kind, fields }) => ({ [kind]: fields }));
}

function refuse(where: OrderPlace, fields: Fields, message: string, instead: string): void {
  where.place.findings.refuse(where.place.locate(placeOf(fields, where.near)), message, instead);
}
