/** Adds "did you mean" to an error that carries what was typed and the names that exist (`details.candidates`). */
import { AergoError } from '../errors.ts';
import { nearest } from './nearest.ts';

/** The details that can hold what was typed, in the order in which they are looked at. */
const typedMembers = ['revision', 'branch', 'snapshot', 'table', 'function', 'contract', 'column', 'typed'];

export function withNearest(error: AergoError): AergoError {
  const { candidates } = error.details;
  if (!Array.isArray(candidates) || error.message.includes('did you mean')) return error;
  const typed = typedMembers.map((member) => error.details[member]).find((value) => typeof value === 'string');
  const known = candidates.filter((candidate) => typeof candidate === 'string');
  const meant = typeof typed === 'string' ? nearestName(typed, known) : undefined;
  if (meant === undefined || meant === typed) return error;
  const { hint, details, cause } = error;
  return new AergoError(error.code, `${error.message.replace(/\.$/, '')}: did you mean ${meant}?`, {
    details,
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
  });
}

/** A function or table that was typed without its contract is looked for among the names behind the dot. */
function nearestName(typed: string, known: readonly string[]): string | undefined {
  if (typed.includes('.')) return nearest(typed, known);
  const bare = known.map((name) => name.slice(name.indexOf('.') + 1));
  const found = nearest(typed, bare);
  return found === undefined ? undefined : known[bare.indexOf(found)];
}
