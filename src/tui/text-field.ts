/** One line of text that a person types: where the cursor is, and what each key does to it. A value; keys give a new one. */
import type { KeyPress } from './keys.ts';

export interface TextField {
  readonly text: string;
  /** How many characters stand before the cursor. */
  readonly cursor: number;
}

export const fieldOf = (text: string): TextField => ({ text, cursor: [...text].length });

/** The field after a key; undefined when the key means nothing to it. */
export function typed({ text, cursor }: TextField, { name, text: input }: KeyPress): TextField | undefined {
  const characters = [...text];
  const before = characters.slice(0, cursor);
  const after = characters.slice(cursor);
  switch (name) {
    case 'left':
      return { text, cursor: Math.max(0, cursor - 1) };
    case 'right':
      return { text, cursor: Math.min(characters.length, cursor + 1) };
    case 'home':
    case 'ctrl-a':
      return { text, cursor: 0 };
    case 'end':
    case 'ctrl-e':
      return { text, cursor: characters.length };
    case 'backspace':
      return { text: [...before.slice(0, -1), ...after].join(''), cursor: Math.max(0, cursor - 1) };
    case 'delete':
    case 'ctrl-d':
      return { text: [...before, ...after.slice(1)].join(''), cursor };
    case 'ctrl-u':
      return { text: after.join(''), cursor: 0 };
    case 'ctrl-k':
      return { text: before.join(''), cursor };
    case 'ctrl-w': {
      const kept = [...before.join('').replace(/\S+\s*$/, '')];
      return { text: [...kept, ...after].join(''), cursor: kept.length };
    }
    default:
      if (input === '') return undefined;
      return { text: [...before, ...input, ...after].join(''), cursor: cursor + [...input].length };
  }
}
