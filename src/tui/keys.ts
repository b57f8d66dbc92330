/** Keys by name, as this folder speaks of them: `up`, `enter`, `ctrl-c`, or the character itself with its text. */
import type { Key } from 'ink';

export interface KeyPress {
  readonly name: string;
  /** What the key types; empty for a key that types nothing. */
  readonly text: string;
}

const named = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'page-up'],
  ['pageDown', 'page-down'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['escape', 'escape'],
  ['tab', 'tab'],
  ['backspace', 'backspace'],
  ['delete', 'delete'],
] as const satisfies readonly (readonly [keyof Key, string])[];

/** What ink says of a key. Keys typed quickly come in one piece; what is pasted comes by another way (`usePaste`). */
export function keyPresses(input: string, key: Key): KeyPress[] {
  const name = named.find(([member]) => key[member])?.[1];
  if (name !== undefined) return [{ name, text: '' }];
  if (key.ctrl) return [{ name: `ctrl-${input}`, text: '' }];
  return key.meta ? [] : [...input].map(characterKey);
}

const controls: Readonly<Record<string, string>> = { '\r': 'enter', '\n': 'enter', '\t': 'tab', '\u007f': 'backspace' };

/** ink tells the keys of one piece apart only where one begins with Escape. */
function characterKey(character: string): KeyPress {
  const code = character.codePointAt(0) ?? 0;
  if (code >= 0x20 && code !== 0x7f) return { name: character, text: character };
  return { name: controls[character] ?? `ctrl-${String.fromCodePoint(code + 0x60)}`, text: '' };
}
