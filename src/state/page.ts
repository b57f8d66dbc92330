/**
 * A page: a blob of rows in name order, one line each; no rows, no bytes. The leaf of a table's tree.
 * Frozen with format 1 (vectors: fixtures/format/state-trees.json).
 *
 * Reading checks the lines and their order, not that the page ends where boundary.ts would end it: a page that this rule
 * would not have made is found by building again, which is what verification does.
 */
import { isUtf8 } from 'node:buffer';
import { AergoError } from '../errors.ts';
import type { RowShape } from './row-shape.ts';

/** Items of a node in name order: rows with their lines, or children with their ids. */
export interface NodeItems<T> {
  readonly names: readonly string[];
  readonly values: readonly T[];
}

/** The rows of a page: names and lines. */
export type Page = NodeItems<string>;

/** The bytes of a page. */
export function encodePage(lines: readonly string[]): Uint8Array {
  return Buffer.from(lines.join(''), 'utf8');
}

// Backslash and control characters but LF: without one, no line has an escape.
const special = /[^\n -[\]-\uffff]/;

/**
 * The rows of a page.
 * @throws AergoError AERGO_STATE_INVALID when it is not UTF-8, a line is not canonical JSON of the table's columns ended by
 * LF, or a name does not come after the one before
 */
export function decodePage(shape: RowShape, body: Uint8Array): Page {
  if (!isUtf8(body)) throw pageInvalid('it is not UTF-8');
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString('utf8');
  const plain = !special.test(text);
  const names: string[] = [];
  const values: string[] = [];
  let before = '';
  let start = 0;
  while (start < text.length) {
    const end = text.indexOf('\n', start);
    if (end < 0) throw pageInvalid('its last line does not end with LF');
    const name = readName(shape, text, start, end, plain);
    if (name <= before) throw pageInvalid(`row ${name} does not come after row ${before}`);
    names.push(name);
    values.push(text.slice(start, end + 1));
    before = name;
    start = end + 1;
  }
  return { names, values };
}

function readName(shape: RowShape, text: string, start: number, end: number, plain: boolean): string {
  try {
    return shape.nameAt(text, start, end, plain);
  } catch (error) {
    if (error instanceof AergoError) throw pageInvalid(error.message, error);
    throw error;
  }
}

function pageInvalid(what: string, cause?: unknown): AergoError {
  return new AergoError('AERGO_STATE_INVALID', `a page is invalid: ${what.replace(/\.$/, '')}`, { cause });
}
