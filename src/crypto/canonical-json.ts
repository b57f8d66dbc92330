/**
 * Canonical JSON (RFC 8785): one value, one text. Written with `canonicalize`; read strictly: a text is accepted only if it
 * is, byte for byte, what writing its value gives, so two texts never mean one value. Frozen with format 1.
 */
import { isUtf8 } from 'node:buffer';
import canonicalize from 'canonicalize';
import { AergoError } from '../errors.ts';
import { canonicalFault } from './canonical-fault.ts';

/** A JSON value. Numbers are IEEE doubles; amounts and 64-bit integers are therefore strings. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

/** A JSON object; no member is inherited, `__proto__` is a member like any other. */
export interface JsonObject {
  readonly [member: string]: JsonValue;
}

/** Objects and arrays inside each other at most. The format needs five; what recurses over a value can rely on it. */
export const maxDepth = 64;

function notCanonical(what: string, cause?: unknown): AergoError {
  return new AergoError('AERGO_JSON_NOT_CANONICAL', `the JSON is not canonical: ${what}`, { cause });
}

function tooDeep(value: JsonValue, left: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (left === 0) return true;
  if (Array.isArray(value)) return value.some((item) => tooDeep(item, left - 1));
  return Object.values(value).some((item) => tooDeep(item, left - 1));
}

/**
 * The canonical text of a value: members sorted by UTF-16 code units, ECMAScript's numbers, no white space.
 * @throws AergoError AERGO_JSON_NOT_CANONICAL for a lone surrogate, NaN, an infinity, a cycle
 * @see https://www.rfc-editor.org/rfc/rfc8785
 */
export function canonicalJson(value: JsonValue): string {
  let text: string | undefined;
  try {
    text = canonicalize(value);
  } catch (error) {
    throw notCanonical(
      error instanceof Error ? error.message.charAt(0).toLowerCase() + error.message.slice(1) : 'value',
      error,
    );
  }
  if (text === undefined) throw notCanonical('it is no JSON value at all');
  return text;
}

function textOf(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw notCanonical('it is not UTF-8');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}

/**
 * The value of a canonical text, or of its UTF-8 bytes. The caller bounds the size.
 * @throws AergoError AERGO_JSON_NOT_CANONICAL saying what is wrong: no JSON, not UTF-8, a byte order mark, a member twice or
 * out of order, white space, a number or string written otherwise, a lone surrogate, deeper than `maxDepth`
 */
export function parseCanonicalJson(input: string | Uint8Array): JsonValue {
  const text = typeof input === 'string' ? input : textOf(input);
  let value: JsonValue;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw notCanonical(text.startsWith('\ufeff') ? 'it starts with a byte order mark' : 'it is no JSON', error);
  }
  if (tooDeep(value, maxDepth)) throw notCanonical(`it is nested deeper than ${maxDepth} levels`);
  let canonical: string | undefined;
  try {
    canonical = canonicalize(value);
  } catch (error) {
    throw notCanonical(canonicalFault(text), error);
  }
  if (canonical !== text) throw notCanonical(canonicalFault(text));
  return value;
}
