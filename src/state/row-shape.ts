/**
 * A schema made ready for its rows: quick encoding of values, and reading a line's name while checking the whole line.
 * Promises the same lines and names as row.ts and name.ts (a test compares them), several times as fast.
 */
import { checkedName, type KeyColumn, keyColumnName, keyColumns, keyNull } from './name.ts';
import { decodeRow, quoted, type Row, type RowValues, rowInvalid } from './row.ts';
import type { TableSchema } from './schema.ts';

const quote = 0x22;
const closingBrace = 0x7d;

interface Member {
  readonly column: string;
  /** What stands in a line before the value: `{"a":` or `,"b":`. */
  readonly before: string;
  /** Place in the schema's order of columns. */
  readonly index: number;
  /** Place in the key, or -1. */
  readonly keyIndex: number;
}

/** How rows of one schema are written, read and named. */
export class RowShape {
  readonly #members: readonly Member[];
  readonly #key: readonly KeyColumn[];
  readonly #keyIndexes: readonly number[];
  readonly #found: string[];
  /** Equal for two schemas only when every row has the same line and name under both. */
  readonly signature: string;
  /** Equal for two schemas only when every row has the same name under both. */
  readonly keySignature: string;

  constructor(schema: TableSchema) {
    const columns = schema.columns.map((column) => column.name);
    const sorted = [...columns].sort();
    this.#members = sorted.map((column, at) => ({
      column,
      before: `${at === 0 ? '{' : ','}${quoted(column)}:`,
      index: columns.indexOf(column),
      keyIndex: schema.key.indexOf(column),
    }));
    this.#key = keyColumns(schema);
    this.#keyIndexes = schema.key.map((column) => columns.indexOf(column));
    this.#found = schema.key.map(() => '');
    this.keySignature = JSON.stringify(this.#key.map(({ column, kind }) => [column, kind]));
    this.signature = JSON.stringify([sorted, this.keySignature]);
  }

  /**
   * The line and the name of a row.
   * @param texts PostgreSQL's text or null of every column, in the schema's order
   * @throws AergoError AERGO_ROW_INVALID, and as `rowName`
   */
  row(texts: readonly (string | null)[]): Row {
    return { name: this.nameOfTexts(texts), line: this.encodeTexts(texts) };
  }

  /**
   * The line of a row.
   * @param texts PostgreSQL's text or null of every column, in the schema's order
   * @throws AergoError AERGO_ROW_INVALID for another number of texts, or a lone surrogate
   */
  encodeTexts(texts: readonly (string | null)[]): string {
    if (texts.length !== this.#members.length) {
      throw rowInvalid(`it has ${texts.length} columns, its table ${this.#members.length}`);
    }
    let line = '';
    for (const { before, index } of this.#members) {
      const text = texts[index] ?? null;
      line += text === null ? `${before}null` : before + quoted(text);
    }
    return `${line}}\n`;
  }

  /**
   * The line of a row.
   * @throws AergoError AERGO_ROW_INVALID when the columns are not the table's, or for a lone surrogate
   */
  encode(values: RowValues): string {
    let line = '';
    for (const { column, before } of this.#members) {
      const text = Object.hasOwn(values, column) ? values[column] : undefined;
      if (text === undefined) throw rowInvalid(`column ${JSON.stringify(column)} is absent`);
      line += text === null ? `${before}null` : before + quoted(text);
    }
    if (Object.keys(values).length !== this.#members.length) throw rowInvalid('it has a column that its table has not');
    return `${line}}\n`;
  }

  /**
   * The name of a row.
   * @param texts as in `encodeTexts`
   * @throws AergoError as `rowName`
   */
  nameOfTexts(texts: readonly (string | null)[]): string {
    let name = '';
    for (const [at, key] of this.#key.entries()) {
      const text = texts[this.#keyIndexes[at] ?? 0] ?? null;
      if (text === null) throw keyNull(key.column);
      name += keyColumnName(key, text);
    }
    return checkedName(name);
  }

  /**
   * The values of a line of this table.
   * @throws AergoError AERGO_ROW_INVALID when it is not canonical, or its columns are not the table's
   */
  decode(line: string): RowValues {
    const values = decodeRow(line);
    if (this.encode(values) !== line) throw rowInvalid('its columns are not those of its table');
    return values;
  }

  /**
   * The name of the row that a line holds; the whole line is checked.
   * @throws AergoError AERGO_ROW_INVALID when it is not canonical or not of this table, and as `rowName`
   */
  nameOfLine(line: string): string {
    if (!line.endsWith('\n')) throw rowInvalid('it does not end with LF');
    return this.nameAt(line, 0, line.length - 1, false);
  }

  /**
   * The name of the row between two places in a text.
   * @param end where its LF stands
   * @param plain whether the text is known to have no backslash and no control character but LF
   * @throws AergoError as `nameOfLine`
   */
  nameAt(text: string, start: number, end: number, plain: boolean): string {
    if (!this.#scan(text, start, end) || (!plain && hasEscapes(text.slice(start, end)))) {
      return this.#slowName(text.slice(start, end + 1));
    }
    let name = '';
    for (let at = 0; at < this.#key.length; at += 1) {
      const key = this.#key[at];
      if (key !== undefined) name += keyColumnName(key, this.#found[at] ?? '');
    }
    return checkedName(name);
  }

  /** Whether a line is of this table, provided that nothing in it is escaped; leaves the key's texts in `#found`. */
  #scan(text: string, start: number, end: number): boolean {
    let at = start;
    for (const { before, keyIndex } of this.#members) {
      if (!text.startsWith(before, at)) return false;
      at += before.length;
      if (text.charCodeAt(at) === quote) {
        const close = text.indexOf('"', at + 1);
        if (close < 0) return false;
        if (keyIndex >= 0) this.#found[keyIndex] = text.slice(at + 1, close);
        at = close + 1;
      } else {
        if (keyIndex >= 0 || !text.startsWith('null', at)) return false;
        at += 4;
      }
    }
    return at === end - 1 && text.charCodeAt(at) === closingBrace;
  }

  #slowName(line: string): string {
    const values = this.decode(line);
    let name = '';
    for (const key of this.#key) {
      const text = values[key.column];
      if (typeof text !== 'string') throw keyNull(key.column);
      name += keyColumnName(key, text);
    }
    return checkedName(name);
  }
}

// Backslash and control characters. (Quotes end texts, and #scan finds them.)
const escapes = /[^ -[\]-\uffff]/;

function hasEscapes(line: string): boolean {
  return escapes.test(line);
}

const shapes = new WeakMap<TableSchema, RowShape>();

/** The shape of a schema, made once. */
export function rowShape(schema: TableSchema): RowShape {
  let shape = shapes.get(schema);
  if (shape === undefined) {
    shape = new RowShape(schema);
    shapes.set(schema, shape);
  }
  return shape;
}
