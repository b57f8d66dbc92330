/** Whether there is a terminal that a whole screen can be shown on. */
import { AergoError } from '../errors.ts';
import type { Environment } from './environment.ts';

/**
 * @param canAsk whether somebody can be asked: no `--no-input`, no `--json`, no CI
 * @param isShown whether stdout is a terminal
 * @throws AergoError AERGO_INPUT_NEEDED, with the flags that do the same
 */
export function checkScreen({ variables }: Environment, canAsk: boolean, isShown: boolean): void {
  const isDumb = variables.TERM === undefined || variables.TERM === '' || variables.TERM === 'dumb';
  if (canAsk && isShown && !isDumb) return;
  const why =
    canAsk && isShown
      ? `this terminal (TERM=${variables.TERM ?? ''}) cannot show the conflicts on a screen`
      : 'there is no terminal to show the conflicts on';
  throw new AergoError('AERGO_INPUT_NEEDED', why, {
    hint: 'aergo resolve --list, then aergo resolve TABLE KEY --take ours|theirs|base|both',
  });
}
