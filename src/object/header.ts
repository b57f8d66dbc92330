/**
 * Reads the header lines that commits and tags begin with, one `keyword value` a line, in a fixed order and nothing else
 * between them; then an empty line and the message.
 */
import { isUtf8 } from 'node:buffer';
import { AergoError } from '../errors.ts';
import { isOid, type Oid } from './oid.ts';

/** A reader that stands at the start of a line. `kind` is the object's type, for messages. */
export class HeaderReader {
  readonly #kind: string;
  readonly #text: string;
  #at = 0;

  /** @throws AergoError AERGO_OBJECT_INVALID when the body is not UTF-8 or holds a NUL */
  constructor(kind: string, body: Uint8Array) {
    this.#kind = kind;
    if (!isUtf8(body)) throw this.fault('it is not UTF-8');
    if (body.includes(0)) throw this.fault('it holds a NUL');
    this.#text = Buffer.from(body.buffer, body.byteOffset, body.length).toString('utf8');
  }

  fault(what: string): AergoError {
    return new AergoError('AERGO_OBJECT_INVALID', `a ${this.#kind} is invalid: ${what}`);
  }

  /** The value of the next line if it has this keyword, else undefined and the reader stays. */
  optional(keyword: string): string | undefined {
    const start = this.#at + keyword.length + 1;
    if (!this.#text.startsWith(`${keyword} `, this.#at)) return undefined;
    const end = this.#text.indexOf('\n', start);
    if (end < 0) throw this.fault(`its ${keyword} line does not end`);
    this.#at = end + 1;
    return this.#text.slice(start, end);
  }

  required(keyword: string): string {
    const value = this.optional(keyword);
    if (value === undefined) throw this.fault(`it has no ${keyword} line where one belongs`);
    return value;
  }

  oid(keyword: string): Oid {
    return this.#checked(keyword, this.required(keyword));
  }

  oids(keyword: string): Oid[] {
    const found: Oid[] = [];
    for (let value = this.optional(keyword); value !== undefined; value = this.optional(keyword)) {
      found.push(this.#checked(keyword, value));
    }
    return found;
  }

  #checked(keyword: string, value: string): Oid {
    if (!isOid(value)) throw this.fault(`its ${keyword} line does not hold an id`);
    return value;
  }

  /** The lines that go on the header just read: each starts with a space, which is taken off. */
  continued(): string[] {
    const lines: string[] = [];
    for (let more = this.optional(''); more !== undefined; more = this.optional('')) lines.push(more);
    return lines;
  }

  /** The message: what follows the empty line that must come now. */
  rest(): string {
    if (this.#text[this.#at] !== '\n') throw this.fault('it has a header line that the format does not know');
    return this.#text.slice(this.#at + 1);
  }
}
