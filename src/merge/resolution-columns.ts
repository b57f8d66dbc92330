/**
 * Columns as a person who settles a conflict meets them: whether a text fits one exactly, and how PostgreSQL would write
 * it. Nothing is rounded, cut or guessed. Pure; no engine is asked, which checks everything again when the merge is sealed.
 */
import { misfit, type OwnTypes } from '../contract/arguments.ts';
import { AergoError } from '../errors.ts';
import type { ColumnSchema } from '../state/schema.ts';

/** What has to be known of a table to settle its conflicts: its columns, and the types that its contract defines. */
export interface ConflictTable {
  /** `contract.table` */
  readonly table: string;
  readonly columns: readonly ColumnSchema[];
  readonly key: readonly string[];
  readonly own: OwnTypes;
}

/** A column's type as it is declared: `numeric(15,2)`, or the name of an enum or domain. */
export const columnType = ({ type, modifier }: ColumnSchema): string =>
  modifier === undefined ? type : `${type}(${modifier})`;

/** The type that a column rests on: a domain's own type, any other as it is. */
export function restingType({ own }: ConflictTable, column: ColumnSchema): string {
  const declared = columnType(column);
  return own.domains.find(({ name }) => name === declared)?.type ?? declared;
}

/** Whether a person may give the column's value: neither the key's, which names the row, nor a computed one. */
export const isEditable = ({ key }: ConflictTable, column: ColumnSchema): boolean =>
  column.generated === undefined && !key.includes(column.name);

/**
 * A value for a column, as PostgreSQL would write it.
 * @throws AergoError AERGO_COLUMN_UNKNOWN; AERGO_CHOICE_INVALID when it does not fit the column exactly, or the column is
 * of the key or computed
 */
export function columnValue(table: ConflictTable, name: string, value: string | null): string | null {
  const column = table.columns.find((candidate) => candidate.name === name);
  if (column === undefined) {
    throw new AergoError('AERGO_COLUMN_UNKNOWN', `${table.table} has no column ${JSON.stringify(name)}`, {
      details: { column: name, candidates: table.columns.map((candidate) => candidate.name) },
    });
  }
  const declared = `${name} ${columnType(column)}`;
  if (!isEditable(table, column)) {
    throw invalid(
      column.generated === undefined ? `${declared} is of the key, which names the row` : `${declared} is computed`,
      { column: name },
    );
  }
  if (value === null) {
    if (column.notNull) throw invalid(`${declared} cannot be NULL`, { column: name });
    return null;
  }
  const fault = misfit(value, columnType(column), table.own);
  if (fault !== undefined) {
    const shown = value.length > 60 ? `${value.slice(0, 60)}…` : value;
    throw invalid(`${declared}: ${JSON.stringify(shown)} ${fault}`, { column: name, value });
  }
  return asWritten(value, restingType(table, column));
}

function invalid(message: string, details: Record<string, unknown>): AergoError {
  return new AergoError('AERGO_CHOICE_INVALID', message, { details });
}

/** A text that fits a type, as PostgreSQL writes the value. Types with one spelling, and jsonb, stay as they are. */
function asWritten(value: string, type: string): string {
  if (type === 'bool') return value.charAt(0);
  if (!/^(?:int[248]|numeric)(?:\(|$)/.test(type)) return value;
  return decimalText(decimalOf(value) ?? { digits: 0n, scale: 0 }, scaleOf(type));
}

/** A decimal number, exactly: `digits` × 10^-`scale`. */
export interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

/** The number that a text writes in digits; undefined for NaN, infinities and whatever is no number. */
export function decimalOf(text: string): Decimal | undefined {
  const [, sign = '', whole = '', fraction = ''] = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(text) ?? [];
  if (whole === '' && fraction === '') return undefined;
  const digits = BigInt(whole + fraction);
  return { digits: sign === '-' ? -digits : digits, scale: fraction.length };
}

/** Decimals that a numeric type writes; undefined where it writes as many as the value has. */
export function scaleOf(type: string): number | undefined {
  const [, modifier] = /^numeric\((.*)\)$/.exec(type) ?? [];
  if (modifier === undefined) return type.startsWith('int') ? 0 : undefined;
  return Math.max(0, Number(modifier.split(',')[1] ?? 0));
}

/** As PostgreSQL writes it. @param scale decimals to write, which may cut nothing but zeros; as many as it has when left out */
export function decimalText({ digits, scale }: Decimal, wanted = scale): string {
  const shifted = wanted >= scale ? digits * 10n ** BigInt(wanted - scale) : digits / 10n ** BigInt(scale - wanted);
  const text = (shifted < 0n ? -shifted : shifted).toString().padStart(wanted + 1, '0');
  const number = wanted === 0 ? text : `${text.slice(0, -wanted)}.${text.slice(-wanted)}`;
  return shifted < 0n ? `-${number}` : number;
}

/** Base and both changes: ours + theirs - base. */
export function bothAdded(base: Decimal, ours: Decimal, theirs: Decimal): Decimal {
  const scale = Math.max(base.scale, ours.scale, theirs.scale);
  const at = (one: Decimal) => one.digits * 10n ** BigInt(scale - one.scale);
  return { digits: at(ours) + at(theirs) - at(base), scale };
}
