/**
 * What the text of a query tells of its rows, without knowing the tables: whether it has aggregates, makes several rows of one,
 * or is nested too deeply to be looked at.
 */
import type { QueryNames } from './query-scope.ts';
import { givesRows } from './row-source.ts';
import { type Fields, isFields, type Node, nodeOf, stringsOf } from './syntax-tree.ts';

/** Queries in queries, at most: what is looked at grows with the square of it. */
const deepestQuery = 64;

/** Whether queries stand in queries deeper than anybody writes. */
export function isTooDeep(tree: unknown, depth = 0): boolean {
  if (Array.isArray(tree)) return tree.some((item) => isTooDeep(item, depth));
  if (!isFields(tree)) return false;
  const below = 'SelectStmt' in tree ? depth + 1 : depth;
  return below > deepestQuery || Object.values(tree).some((value) => isTooDeep(value, below));
}

/** Aggregates: a query with one and without GROUP BY has one row. */
const aggregates = new Set(
  `count sum avg min max bool_and bool_or every bit_and bit_or bit_xor array_agg string_agg json_agg jsonb_agg json_agg_strict
  jsonb_agg_strict json_object_agg jsonb_object_agg json_object_agg_strict jsonb_object_agg_strict json_object_agg_unique
  jsonb_object_agg_unique jsonb_object_agg_unique_strict stddev stddev_pop stddev_samp variance var_pop var_samp any_value`.split(
    /\s+/,
  ),
);

/** Whether it is PostgreSQL's function of that name that tells how many rows there are: one of many, or many of one. */
export function decidesRows(name: string): boolean {
  return aggregates.has(name) || givesRows(name);
}

/** Whether an expression holds an aggregate of its own query. */
function aggregatesIn(tree: unknown): boolean {
  return someNode(tree, ({ kind, fields }) => {
    if (kind !== 'FuncCall' || fields.over !== undefined) return false;
    const isMarked = ['agg_star', 'agg_distinct', 'agg_order', 'agg_filter'].some((mark) => fields[mark] !== undefined);
    return isMarked || aggregates.has(stringsOf(fields.funcname).at(-1) ?? '');
  });
}

/** Whether a select list makes several rows of one. */
export function multiplies(tree: unknown, names: QueryNames): boolean {
  return someNode(tree, ({ kind, fields }) => {
    const name = stringsOf(fields.funcname).at(-1) ?? '';
    return kind === 'FuncCall' && (givesRows(name) || names.functions.has(name));
  });
}

/** Whether an expression's value follows from the columns that it names. */
export function isOfOneRow(expression: unknown, names: QueryNames): boolean {
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

export function isSetOperation(select: Fields): boolean {
  return select.larg !== undefined;
}

export function isAggregated(select: Fields): boolean {
  return select.groupClause === undefined && (select.havingClause !== undefined || aggregatesIn(select.targetList));
}

/** Whether DISTINCT stands without ON. */
export function isPlainDistinct(select: Fields): boolean {
  return Array.isArray(select.distinctClause) && nodeOf(select.distinctClause[0]) === undefined;
}

/** A tree as text, without places: equal for what is written alike. */
export function printOf(tree: unknown): string {
  const isPlace = /^(location|list_start|list_end|rexpr_list_start|rexpr_list_end)$/;
  return JSON.stringify(tree, (name, value: unknown) => (isPlace.test(name) ? undefined : value)) ?? '';
}
