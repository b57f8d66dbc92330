/**
 * The columns of a query's result, and what is known of rows that consist of them.
 */
import type { QueryScope } from './query-scope.ts';
import { printOf } from './query-shape.ts';
import { type RowSource, unknownRows } from './row-source.ts';
import { fieldsOf, isFields, type Node, nodeOf, nodesOf, numberOf, stringsOf, textOf } from './syntax-tree.ts';

/** A column of a query's result. */
export interface Output {
  readonly name: string;
  readonly expression: unknown;
}

function isAmong(expression: unknown, others: readonly unknown[]): boolean {
  const text = printOf(expression);
  return others.some((other) => printOf(other) === text);
}

export function isOutput(value: unknown): value is Output {
  return isFields(value) && 'expression' in value;
}

/**
 * What rows are grouped by where GROUP BY says so: a number means an output, and so does a bare name, but where a column that
 * the query ranges over has that name too. undefined where that cannot be told.
 */
export function groupExpression(group: Node, outputs: readonly Output[] | undefined, scope: QueryScope): unknown {
  const expression = { [group.kind]: group.fields };
  const output = outputOf(expression, outputs);
  if (group.kind === 'A_Const') return output?.expression;
  const isColumn = scope.hasColumn(expression);
  if (output === undefined || isColumn === true || isAmong(expression, [output.expression])) return expression;
  return isColumn === false ? output.expression : undefined;
}

/** The output that ORDER BY means with a number or a bare name. */
export function outputOf(expression: unknown, outputs: readonly Output[] | undefined): Output | undefined {
  const node = nodeOf(expression);
  if (node?.kind === 'A_Const' && node.fields.ival !== undefined)
    return outputs?.[(numberOf(fieldsOf(node.fields.ival).ival) ?? 0) - 1];
  const names = node?.kind === 'ColumnRef' ? stringsOf(node.fields.fields) : [];
  return names.length === 1 ? outputs?.find((output) => output.name === names[0]) : undefined;
}

/** The columns of a select list; undefined where a `*` cannot be resolved. */
export function targetsOf(list: unknown, scope: QueryScope): readonly Output[] | undefined {
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

/**
 * One row a group: what it is grouped by is a key, and one row at most is NULL there.
 * @param groups the expressions; undefined for what is not known
 */
export function groupedRows(
  rows: RowSource,
  groups: readonly unknown[],
  outputs: readonly Output[] | undefined,
  scope: QueryScope,
): RowSource {
  const key = groups.map((group) => {
    const isGroup = ({ expression }: Output): boolean =>
      isAmong(group, [expression]) ||
      (nodeOf(group)?.kind === 'ColumnRef' &&
        nodeOf(expression)?.kind === 'ColumnRef' &&
        scope.determines([expression], group));
    return group === undefined ? undefined : outputs?.find(isGroup)?.name;
  });
  const known = key.filter((name) => name !== undefined);
  if (known.length < key.length) return { ...rows, keys: [] };
  return { ...rows, keys: [known], nullable: new Set([...rows.nullable].filter((name) => !known.includes(name))) };
}

/** `row_number()` is a key, together with what its window is partitioned by. */
export function numberedKey({ name, expression }: Output, outputs: readonly Output[] | undefined): string[][] {
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
export function rowsOfOutputs(outputs: readonly Output[] | undefined, scope: QueryScope): RowSource {
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
    scales: new Map(
      outputs.flatMap(({ name, expression }) => {
        const scale = scope.scale(expression);
        return scale === undefined ? [] : [[name, scale] as const];
      }),
    ),
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
