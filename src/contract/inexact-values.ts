/**
 * Values of which equal ones may look different, as 1.0 and 1.00: which expressions give such, judged by what they are made of.
 * It promises nothing of scales that meet in one expression (`coalesce(price, 0)`): types are known of columns only.
 */
import { type Fields, fieldsOf, nodeOf, nodesOf, stringsOf } from './syntax-tree.ts';

/** What is asked of whoever knows the columns; each gives the name of what is inexact, or undefined. */
export interface InexactNames {
  column(ref: unknown): string | undefined;
  /** Of a function of the contract. */
  call(name: string): string | undefined;
  query(select: Fields): string | undefined;
  /** Whether it is `numeric(p,s)`: whole numbers divide to whole ones. */
  isScaled(expression: unknown): boolean;
}

/** Functions whose result looks the same for equal arguments, or is no number of any scale. */
const exactCalls = new Set(
  `floor ceil ceiling sign trim_scale scale min_scale count to_char format concat concat_ws md5 length char_length extract
  jsonb_typeof jsonb_array_length row_number rank dense_rank ntile bool_and bool_or every`.split(/\s+/),
);
/** Those that divide: the scale of the quotient follows from the values. */
const dividing = /^(avg|stddev|stddev_pop|stddev_samp|variance|var_pop|var_samp)$/;
/** Operators that give a number, an interval or jsonb where they are given one; the others give text, or whether. */
const keeping = new Set(['+', '-', '*', '/', '%', '||', '->', '#>', '#-']);
const inexactTypes = new Set(['numeric', 'jsonb', 'interval']);

/** The name of what makes an expression's value inexact; undefined where nothing does. */
export function inexactIn(expression: unknown, names: InexactNames): string | undefined {
  const node = nodeOf(expression);
  const first = (...parts: readonly unknown[]): string | undefined => {
    for (const part of parts.flat()) {
      const found = inexactIn(part, names);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  if (node === undefined) return undefined;
  const { kind, fields } = node;
  if (kind === 'ColumnRef') return names.column(expression);
  if (kind === 'TypeCast') return inexactCast(fields, names);
  if (kind === 'FuncCall') return inexactCall(fields, names);
  if (kind === 'SubLink')
    return /^(EXPR|ARRAY)_SUBLINK$/.test(String(fields.subLinkType))
      ? names.query(fieldsOf(fieldsOf(fields.subselect).SelectStmt))
      : undefined;
  if (kind === 'A_Expr') {
    if (fields.kind === 'AEXPR_NULLIF') return first(fields.lexpr);
    const operator = stringsOf(fields.name).at(-1) ?? '';
    if (operator === '/' && [fields.lexpr, fields.rexpr].some((side) => names.isScaled(side))) return '(… / …)';
    return keeping.has(operator) ? first(fields.lexpr, fields.rexpr) : undefined;
  }
  if (kind === 'CaseExpr') return first(fields.defresult, fields.args);
  if (kind === 'CaseWhen') return first(fields.result);
  if (['CoalesceExpr', 'MinMaxExpr', 'RowExpr', 'A_ArrayExpr', 'A_Indirection'].includes(kind))
    return first(fields.args, fields.elements, fields.arg);
  return undefined;
}

/** A cast to a fixed scale, or to a type that has one look for a value, makes it exact. */
function inexactCast(fields: Fields, names: InexactNames): string | undefined {
  const typeName = fieldsOf(fields.typeName);
  const type = stringsOf(typeName.names).at(-1) ?? '';
  const isScaled = type === 'numeric' && typeName.typmods !== undefined;
  if (!inexactTypes.has(type) || isScaled) return undefined;
  return inexactIn(fields.arg, names);
}

function inexactCall(fields: Fields, names: InexactNames): string | undefined {
  const name = stringsOf(fields.funcname).at(-1) ?? '';
  const args = nodesOf(fields.args).map(({ kind, fields: arg }) => ({ [kind]: arg }));
  if (exactCalls.has(name)) return undefined;
  if (dividing.test(name)) return `${name}(…)`;
  // Rounded to a number of digits that is the same for all rows.
  if (/^(round|trunc)$/.test(name) && args.slice(1).every((arg) => nodeOf(arg)?.kind === 'A_Const')) return undefined;
  const own = names.call(name);
  if (own !== undefined) return own;
  for (const arg of args) {
    const found = inexactIn(arg, names);
    if (found !== undefined) return found;
  }
  return undefined;
}
