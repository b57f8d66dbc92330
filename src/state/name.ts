/**
 * A row's name: its primary key written so that it can stand in a Git tree, sorts like the key, and is read back exactly.
 * No name is a prefix of another, so byte order, Git's blob order and Git's tree order agree.
 * Frozen with format 1 (vectors: fixtures/format/state-names.json).
 */
import { AergoError } from '../errors.ts';
import type { RowValues } from './row.ts';
import type { TableSchema } from './schema.ts';

/** Bytes in a row's name at most: a longer one could not be checked out as a file. */
const maxRowNameBytes = 240;

/** How a key column is written: integers so that text order is number order, everything else as text. */
export type KeyKind = 'integer' | 'numeric' | 'date' | 'text';

/** A column of the primary key. */
export interface KeyColumn {
  readonly column: string;
  readonly kind: KeyKind;
}

const kinds: ReadonlyMap<string, KeyKind> = new Map<string, KeyKind>([
  ['int2', 'integer'],
  ['int4', 'integer'],
  ['int8', 'integer'],
  ['numeric', 'numeric'],
  ['date', 'date'],
  ['timestamp', 'date'],
  ['timestamptz', 'date'],
]);

const compiled = new WeakMap<TableSchema, readonly KeyColumn[]>();

/** The columns of a table's primary key, in its order, with how each is written. */
export function keyColumns(schema: TableSchema): readonly KeyColumn[] {
  let columns = compiled.get(schema);
  if (columns === undefined) {
    const types = new Map(schema.columns.map((column) => [column.name, column.type]));
    columns = schema.key.map((column) => ({ column, kind: kinds.get(types.get(column) ?? '') ?? 'text' }));
    compiled.set(schema, columns);
  }
  return columns;
}

const alphanumeric = /^[0-9A-Za-z]*$/;

// The character before the two hex digits sorts where the byte does among the digits and letters.
const written: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const hex = byte.toString(16).padStart(2, '0');
  if (byte < 0x30) return `.${hex}`;
  if (byte >= 0x3a && byte <= 0x40) return `@${hex}`;
  if (byte >= 0x5b && byte <= 0x60) return `_${hex}`;
  return byte >= 0x7b ? `~${hex}` : String.fromCharCode(byte);
});

function invalidKey(column: string, text: string, what: string): AergoError {
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return new AergoError('AERGO_ROW_KEY_INVALID', `${JSON.stringify(shown)} in key column ${column} ${what}`, {
    details: { column },
  });
}

function tooLong(): AergoError {
  return new AergoError('AERGO_KEY_TOO_LONG', `a row's key takes more than ${maxRowNameBytes} bytes as a name`, {
    hint: 'letters and digits count one byte, every other UTF-8 byte three: use a shorter key',
  });
}

function escaped(text: string): string {
  let name = '';
  for (const byte of Buffer.from(text, 'utf8')) name += written[byte];
  return name;
}

const integer = /^(?:0|-?[1-9][0-9]{0,18})$/;
const largest = '9223372036854775807';
const smallest = '9223372036854775808';

function complement(digits: string): string {
  let result = '';
  for (let at = 0; at < digits.length; at += 1) result += String.fromCharCode(0x69 - digits.charCodeAt(at));
  return result;
}

function integerName(column: string, text: string): string {
  if (!integer.test(text)) throw invalidKey(column, text, 'is no integer as PostgreSQL prints it');
  const negative = text.charCodeAt(0) === 0x2d;
  const digits = negative ? text.slice(1) : text;
  if (digits.length === 19 && digits > (negative ? smallest : largest)) {
    throw invalidKey(column, text, 'has more than 64 bits');
  }
  return negative
    ? `m${String.fromCharCode(0x7b - digits.length)}${complement(digits)}`
    : `p${String.fromCharCode(0x60 + digits.length)}${digits}`;
}

/**
 * One key column of a name, with its closing `-`.
 * @throws AergoError AERGO_KEY_TOO_LONG, AERGO_ROW_KEY_INVALID
 */
export function keyColumnName({ column, kind }: KeyColumn, text: string): string {
  if (kind === 'integer') return `${integerName(column, text)}-`;
  if (text.length > maxRowNameBytes) throw tooLong();
  if (kind === 'numeric' && !/^-?\d/.test(text)) throw invalidKey(column, text, 'is no number');
  if (kind === 'date' && !/^\d[^B]*$/.test(text)) throw invalidKey(column, text, 'is no date of our era');
  if (alphanumeric.test(text)) return `${text}-`;
  if (!text.isWellFormed()) throw invalidKey(column, text, 'has a lone surrogate');
  return `${escaped(text)}-`;
}

/**
 * Checks the length of a whole name.
 * @throws AergoError AERGO_KEY_TOO_LONG over 240 bytes
 */
export function checkedName(name: string): string {
  if (name.length > maxRowNameBytes) throw tooLong();
  return name;
}

/**
 * The name of a row with these values.
 * @param values PostgreSQL's text of every column of the key; others are not looked at
 * @throws AergoError AERGO_KEY_NULL, AERGO_KEY_TOO_LONG, AERGO_ROW_KEY_INVALID (no integer in an integer column, NaN, an
 * infinity, a date before our era, a lone surrogate)
 */
export function rowName(schema: TableSchema, values: RowValues): string {
  let name = '';
  for (const key of keyColumns(schema)) {
    const text = values[key.column];
    if (typeof text !== 'string') throw keyNull(key.column);
    name += keyColumnName(key, text);
  }
  return checkedName(name);
}

/** The error for a key column without a value. */
export function keyNull(column: string): AergoError {
  return new AergoError('AERGO_KEY_NULL', `key column ${column} has no value`, { details: { column } });
}

/**
 * The name of the row with this key.
 * @param key the key columns' texts, in the order of `schema.key`
 * @throws AergoError AERGO_ROW_KEY_INVALID for another number of texts, and as `rowName`
 */
export function nameOfKey(schema: TableSchema, key: readonly string[]): string {
  const columns = keyColumns(schema);
  if (key.length !== columns.length) {
    throw new AergoError(
      'AERGO_ROW_KEY_INVALID',
      `the key has ${columns.length === 1 ? 'one column' : `${columns.length} columns`} (${schema.key.join(', ')}), not ${key.length}`,
    );
  }
  let name = '';
  for (const [at, column] of columns.entries()) name += keyColumnName(column, key[at] ?? '');
  return checkedName(name);
}

function invalidName(name: string, cause?: unknown): AergoError {
  const shown = JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
  return new AergoError('AERGO_ROW_NAME_INVALID', `${shown} is no name of a row of this table`, { cause });
}

function textOfPart(part: string): string {
  if (alphanumeric.test(part)) return part;
  const bytes: number[] = [];
  for (let at = 0; at < part.length; at += 1) {
    const unit = part.charCodeAt(at);
    const escaping = unit === 0x2e || unit === 0x40 || unit === 0x5f || unit === 0x7e;
    // A wrong digit gives NaN, so 0, and the name that is built again differs.
    bytes.push(escaping ? Number.parseInt(part.slice(at + 1, at + 3), 16) : unit);
    if (escaping) at += 2;
  }
  return Buffer.from(bytes).toString('utf8');
}

function textOfInteger(part: string): string {
  const digits = part.slice(2);
  return part.charCodeAt(0) === 0x6d ? `-${complement(digits)}` : digits;
}

/**
 * The key with this name: the inverse of `nameOfKey`.
 * @returns the key columns' texts, in the order of `schema.key`
 * @throws AergoError AERGO_ROW_NAME_INVALID for a text that `nameOfKey` never gives
 */
export function keyOfName(schema: TableSchema, name: string): string[] {
  const parts = name.split('-');
  const key = keyColumns(schema).map(({ kind }, at) =>
    kind === 'integer' ? textOfInteger(parts[at] ?? '') : textOfPart(parts[at] ?? ''),
  );
  let again: string;
  try {
    again = nameOfKey(schema, key);
  } catch (error) {
    throw invalidName(name, error);
  }
  // Built again and compared: no other reading of what is strict.
  if (again !== name) throw invalidName(name);
  return key;
}
