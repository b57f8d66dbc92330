/** What a merge asks of a contract came to no end here: never a verdict, another machine may give it what it needs. */
import type { CallDeadline } from '../contract/call-outcome.ts';
import { AergoError } from '../errors.ts';

const reasons = {
  time: 'took longer than a call may',
  memory: 'took more memory than the engine has',
  stack: 'went deeper than the stack of the engine',
  engine: 'broke the engine, which is made anew',
} as const;

/** @param what the function, as in `bank.resolve` */
export const cameToNoEnd = (what: string, { exhausted = 'time' }: CallDeadline): AergoError =>
  new AergoError('AERGO_MERGE_UNDECIDED', `${what} ${reasons[exhausted]}; the merge stopped`, {
    hint: [
      'nothing was written: merge again when the machine is less busy; for a function that never ends, on both branches',
      'aergo contract deploy FILE --on BRANCH     (one that does end)',
      'aergo branch NAME SOURCE --merge-contract CONTRACT.FUNCTION',
      'aergo merge TARGET --into NAME, then aergo merge NAME',
    ].join('\n'),
    details: { function: what, exhausted },
  });
