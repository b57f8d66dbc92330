/**
 * A copy of the ledger may hold only the newest part of its history: some of its blocks, those *at the cut*, are there without
 * their parents. What can be answered from the part is; what cannot is refused in one way, and never guessed.
 */
import { AergoError } from '../errors.ts';

/** The refusal of what takes blocks that are not in this copy. @param what a sentence without its stop */
export function historyCut(
  what: string,
  details: Record<string, unknown> = {},
  hint = 'aergo fetch --unshallow      (brings the rest of the history)',
): AergoError {
  return new AergoError('AERGO_HISTORY_CUT', what, { hint, details });
}

/** The refusal where a block that is asked for is none of those that are here. */
export const beforeTheCut = (block: string): AergoError =>
  historyCut('that takes blocks from before those that this copy of the history begins with', { block });

export const isHistoryCut = (error: unknown): boolean =>
  error instanceof AergoError && error.code === 'AERGO_HISTORY_CUT';
