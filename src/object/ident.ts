/**
 * The line that says who and when in a commit or a tag: `<name> <<email>> <seconds> +0000`. One way to write it, one way to
 * read it. Frozen with format 1.
 */
import { AergoError } from '../errors.ts';

/** Who, and when in seconds since 1970. The zone is always `+0000`. */
export interface Signature {
  /** Not empty, without `<`, `>`, line ends, NUL, and without spaces at its ends. */
  readonly name: string;
  /** As the name; it may not hold spaces at all. */
  readonly email: string;
  /** A whole number from 0. */
  readonly seconds: number;
}

const name = /^[^\s<>\0](?:[^\n\r<>\0]*[^\s<>\0])?$/;
const email = /^[^\s<>\0]+$/;
const seconds = /^(?:0|[1-9][0-9]{0,15})$/;
const line = /^([^<>]*) <([^<>]*)> ([0-9]+) \+0000$/;

function invalid(what: string): AergoError {
  return new AergoError('AERGO_OBJECT_INVALID', `an author, committer or tagger line is invalid: ${what}`);
}

/**
 * The line without its keyword and without a line end.
 * @throws AergoError AERGO_OBJECT_INVALID for a name, an address or a time that the line cannot carry
 */
export function encodeIdent(who: Signature): string {
  if (!name.test(who.name) || !who.name.isWellFormed()) throw invalid(`the name ${JSON.stringify(who.name)}`);
  if (!email.test(who.email) || !who.email.isWellFormed()) throw invalid(`the address ${JSON.stringify(who.email)}`);
  if (!Number.isSafeInteger(who.seconds) || who.seconds < 0) throw invalid(`the time ${who.seconds}`);
  return `${who.name} <${who.email}> ${who.seconds} +0000`;
}

/**
 * Reads such a line.
 * @throws AergoError AERGO_OBJECT_INVALID unless `encodeIdent` would write exactly this line
 */
export function decodeIdent(text: string): Signature {
  const parts = line.exec(text);
  if (parts === null) throw invalid('expected "name <email> seconds +0000"');
  const [, who = '', address = '', when = ''] = parts;
  if (!seconds.test(when)) throw invalid(`the time ${when}`);
  const found: Signature = { name: who, email: address, seconds: Number(when) };
  encodeIdent(found);
  return found;
}
