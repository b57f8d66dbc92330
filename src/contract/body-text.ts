/**
 * Places inside a function's body. PL/pgSQL's parser gives an expression's text and the line of its statement, but no column:
 * the text is looked for from there on, in the order of the source, behind what was found before.
 */
import { ParseFailure, tokensOf } from './parser.ts';

/** A function's body, and where its text begins in the source (bytes). */
export interface Body {
  readonly text: string;
  readonly from: number;
  /** Whether the text stands in the source letter for letter, so that places inside it can be told. */
  readonly isVerbatim: boolean;
}

export class BodyText {
  readonly #body: Body;
  /** The text in lower case without its comments, a character for each byte. */
  readonly #letters: string;
  readonly #lines: readonly number[];
  #behind = 0;

  constructor(body: Body) {
    this.#body = body;
    this.#letters = lettersOf(body.text);
    const lines = [0];
    for (let at = this.#letters.indexOf('\n'); at >= 0; at = this.#letters.indexOf('\n', at + 1)) lines.push(at + 1);
    this.#lines = lines;
  }

  /** Begins to look from the top again. */
  rewind(): void {
    this.#behind = 0;
  }

  /** The place in the source of a text of the body, on or after a line (from 1). */
  find(text: string, line: number): number {
    const { from, isVerbatim } = this.#body;
    if (!isVerbatim) return from;
    const lineStart = this.#lines[line - 1] ?? 0;
    const wanted = lettersOf(text);
    const at = this.#search(wanted, Math.max(lineStart, this.#behind)) ?? this.#search(wanted, lineStart);
    if (at === undefined) return from + lineStart + Math.max(0, this.#letters.slice(lineStart).search(/\S/));
    this.#behind = at + wanted.length;
    return from + at;
  }

  #search(wanted: string, start: number): number | undefined {
    if (wanted.trim() === '') return undefined;
    const plain = this.#match(wanted, start);
    if (plain !== undefined || !wanted.startsWith('select')) return plain;
    // PERFORM is SELECT in the parser's text.
    const performed = this.#match(`perform${wanted.slice('select'.length)}`, start);
    return performed === undefined ? undefined : performed + 'perform'.length - 'select'.length;
  }

  /** What stood as INTO in a statement is blank in the parser's text. */
  #match(wanted: string, start: number): number | undefined {
    const [first, ...others] = [...wanted.matchAll(/\S+(?: \S+)*/g)];
    if (first === undefined) return undefined;
    for (let at = this.#letters.indexOf(first[0], start); at >= 0; at = this.#letters.indexOf(first[0], at + 1)) {
      const begin = at - first.index;
      const isWhole =
        !joins(this.#letters, at) &&
        !joins(this.#letters, at + first[0].length) &&
        others.every((part) => this.#letters.startsWith(part[0], begin + part.index));
      if (isWhole) return begin;
    }
    return undefined;
  }
}

/** Whether letters of one word stand on both sides of a place. */
function joins(letters: string, at: number): boolean {
  return /\w/.test(letters.charAt(at - 1)) && /\w/.test(letters.charAt(at));
}

function lettersOf(text: string): string {
  const bytes = Buffer.from(text, 'utf8');
  for (const { from, to } of commentsIn(text)) {
    for (let at = from; at < to; at += 1) if (bytes[at] !== 0x0a) bytes[at] = 0x20;
  }
  return bytes.toString('latin1').toLowerCase();
}

function commentsIn(text: string): readonly { readonly from: number; readonly to: number }[] {
  if (!text.includes('--') && !text.includes('/*')) return [];
  try {
    return tokensOf(text).filter((token) => token.isComment);
  } catch (error) {
    if (error instanceof ParseFailure) return [];
    throw error;
  }
}
