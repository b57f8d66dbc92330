/** `aergo resolve` on a terminal: keys go to the session, and after each the lines of the screen are drawn. */
import { Box, Text, useApp, useInput, usePaste, useWindowSize } from 'ink';
import { createElement, type ReactElement, useReducer } from 'react';
import type { ChangedChoice } from '../merge/resolution.ts';
import { type KeyPress, keyPresses } from './keys.ts';
import type { Paint } from './lines.ts';
import type { ResolveSession } from './resolve-session.ts';
import { screenLines } from './screen-lines.ts';

/** How the person left: `q`, sealing what she was shown, or Ctrl-C. */
export type Ending = 'leave' | 'seal' | 'interrupt';

export interface ResolveScreenProps {
  readonly session: ResolveSession;
  readonly paint: Paint;
  /** Writes choices down; a rejection ends the screen with it. */
  readonly record: (changes: readonly ChangedChoice[]) => Promise<void>;
}

export function ResolveScreen({ session, paint, record }: ResolveScreenProps): ReactElement {
  const { exit } = useApp();
  const size = useWindowSize();
  const [, draw] = useReducer((drawn: number) => drawn + 1, 0);

  const press = (key: KeyPress): boolean => {
    const effect = session.press(key);
    if (effect?.kind === 'record') record(effect.changes).catch(exit);
    else if (effect !== undefined) exit(effect.kind satisfies Ending);
    return effect === undefined || effect.kind === 'record';
  };

  useInput((input, key) => {
    // `every` stops at the key that ends the screen: what was typed behind it is nobody's.
    keyPresses(input, key).every(press);
    draw();
  });
  usePaste((text) => {
    session.paste(text);
    draw();
  });

  const lines = screenLines(session, size).map((line, at) =>
    // An empty text would have no height.
    createElement(Text, { key: at, wrap: 'truncate' }, paint(line) || ' '),
  );
  return createElement(Box, { flexDirection: 'column', height: size.rows }, ...lines);
}
