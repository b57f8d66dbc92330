/**
 * Where a PL/pgSQL body does not parse. The parser names the word that it met and not the place, so the place is found by
 * trying. It reads from the front and stops at the first fault: whatever stands behind can be replaced, and it says the
 * same; so the fault is at the last place where it does not.
 */
import { ParseFailure, parseBody } from './parser.ts';

const mark = 'aergo_was_here';
/** Places that are tried at most, and bytes that are parsed for it. */
const attempts = { places: 200, bytes: 20_000_000 };

/**
 * @param statement the whole CREATE FUNCTION, as it was given to `parseBody`
 * @param body its body, as it stands in there
 * @param message what the parser said
 * @returns a byte offset into the body; undefined where it cannot be told
 */
export function faultInBody(statement: string, body: string, message: string): number | undefined {
  const start = statement.indexOf(body);
  if (start < 0) return undefined;
  const word = /"(.+?)"/.exec(message)?.[1];
  // Of a statement that ends too early the parser names no word: then a word before its end is tried.
  const [sought, length] = word === undefined ? [';', 0] : [word, word.length];
  const most = Math.min(attempts.places, attempts.bytes / statement.length);
  const found = placesOf(sought, body, most).findLast((at) => {
    const tried = `${statement.slice(0, start + at)} ${mark} ${statement.slice(start + at + length)}`;
    return refusal(tried) !== message;
  });
  return found === undefined ? undefined : Buffer.byteLength(body.slice(0, found));
}

function placesOf(word: string, body: string, most: number): number[] {
  const found: number[] = [];
  for (let at = body.indexOf(word); at >= 0 && found.length < most; at = body.indexOf(word, at + word.length))
    found.push(at);
  return found;
}

function refusal(statement: string): string | undefined {
  try {
    parseBody(statement);
    return undefined;
  } catch (error) {
    if (error instanceof ParseFailure) return error.message;
    throw error;
  }
}
