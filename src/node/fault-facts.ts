/** What a log says of an error: its code and message, never what it was caused by, which may hold what somebody sent. */
import { AergoError } from '../errors.ts';

export function factsOf(error: unknown): { readonly code: string; readonly reason: string } {
  if (error instanceof AergoError) return { code: error.code, reason: error.message };
  return { code: 'AERGO_INTERNAL', reason: error instanceof Error ? error.message : 'something was thrown' };
}
