/**
 * A row as one line: its columns by name as canonical JSON (RFC 8785), each PostgreSQL's text or null, and LF.
 * Frozen with format 1 (vectors: fixtures/format/state-rows.json).
 */
import { hash } from 'node:crypto';
import { AergoError } from '../errors.ts';

/** PostgreSQL's text of every column, or null, by the column's name. */
export type RowValues = Readonly<Record<string, string | null>>;

/** A row under its name (name.ts); the line ends with LF. */
export interface Row {
  readonly name: string;
  readonly line: string;
}

// Quote, backslash and control characters, which JSON has to escape, and any surrogate, which may be a lone one.
const special = /[^ !#-[\]-\ud7ff\ue000-\uffff]/;

/** The error for a line, or a row in the making, that is not as the format has it. */
export function rowInvalid(what: string, cause?: unknown): AergoError {
  return new AergoError('AERGO_ROW_INVALID', `a row is invalid: ${what}`, { cause });
}

/**
 * A text as canonical JSON writes it.
 * @throws AergoError AERGO_ROW_INVALID for a lone surrogate
 */
export function quoted(text: string): string {
  if (!special.test(text)) return `"${text}"`;
  if (!text.isWellFormed()) throw rowInvalid('a text has a lone surrogate');
  // For well-formed text JSON.stringify escapes exactly what RFC 8785 asks for.
  return JSON.stringify(text);
}

/**
 * The line of a row, for any columns. `rowShape(schema).encode` is quicker and checks that they are the table's.
 * @throws AergoError AERGO_ROW_INVALID for a lone surrogate
 */
export function encodeRow(values: RowValues): string {
  const members = Object.keys(values)
    .sort()
    .map((column) => {
      const text = values[column] ?? null;
      return `${quoted(column)}:${text === null ? 'null' : quoted(text)}`;
    });
  return `{${members.join(',')}}\n`;
}

/**
 * The values of a line. `encodeRow` of the result gives the same line.
 * @returns an object that inherits nothing
 * @throws AergoError AERGO_ROW_INVALID when it is not one canonical JSON object of texts and nulls, and LF
 */
export function decodeRow(line: string): RowValues {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch (error) {
    throw rowInvalid('it is no JSON', error);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw rowInvalid('it is no object');
  const values: Record<string, string | null> = Object.create(null);
  for (const [column, text] of Object.entries(parsed)) {
    if (typeof text !== 'string' && text !== null) {
      throw rowInvalid(`column ${JSON.stringify(column)} is neither a text nor null`);
    }
    values[column] = text;
  }
  if (encodeRow(values) !== line) throw rowInvalid('it is not canonical JSON ended by LF');
  return values;
}

/** A row's version, for optimistic locking: the first 32 hex digits of SHA-256 of its line, LF included. */
export function rowVersion(line: string): string {
  return hash('sha256', line, 'hex').slice(0, 32);
}
