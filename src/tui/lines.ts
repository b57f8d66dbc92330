/**
 * Lines of a screen as values: pieces of text, each in a tone, measured and cut in cells of the terminal. What stands in a
 * piece is visible text already (src/cli/render/visible.ts); a tone never carries meaning alone.
 */
import { Chalk, type ChalkInstance } from 'chalk';
import { cutText, displayWidth } from '../cli/render/visible.ts';

export type Tone = 'plain' | 'strong' | 'faint' | 'base' | 'ours' | 'theirs' | 'result' | 'open' | 'cursor';
export type Piece = readonly [text: string, tone?: Tone | undefined];
export type Line = readonly Piece[];

export const widthOf = (line: Line): number => line.reduce((width, [text]) => width + displayWidth(text), 0);

/** The line with at most so many cells. */
export function cutLine(line: Line, cells: number): Line {
  const cut: Piece[] = [];
  let left = cells;
  for (const [text, tone] of line) {
    if (left <= 0) break;
    const shown = cutText(text, left);
    cut.push([shown, tone]);
    left -= displayWidth(shown);
    if (shown !== text) break;
  }
  return cut;
}

/** A line that takes exactly so many cells. */
export function fitLine(line: Line, cells: number): Line {
  const cut = cutLine(line, cells);
  return [...cut, [' '.repeat(Math.max(0, cells - widthOf(cut)))]];
}

/** Two lines in one, the second at the right edge; where there is no room for both, the first is cut. */
export function spread(left: Line, right: Line, cells: number): Line {
  const room = cells - widthOf(right) - 2;
  return room < 1 ? cutLine(right, cells) : [...fitLine(left, room), ['  '], ...right];
}

/** A text in parts of at most so many cells, at least one. */
export function wrapText(text: string, cells: number): string[] {
  const parts: string[] = [];
  let [part, width] = ['', 0];
  for (const character of text) {
    const next = displayWidth(character);
    if (part !== '' && width + next > cells) {
      parts.push(part);
      [part, width] = ['', 0];
    }
    part += character;
    width += next;
  }
  return [...parts, part];
}

/** Draws lines for a terminal. */
export type Paint = (line: Line) => string;

/** @param color whether the terminal takes colours and other styles */
export function paintWith(color: boolean): Paint {
  if (!color) return (line) => line.map(([text]) => text).join('');
  const chalk = new Chalk({ level: 1 });
  const tones: Readonly<Record<Tone, ChalkInstance | undefined>> = {
    plain: undefined,
    strong: chalk.bold,
    faint: chalk.dim,
    base: chalk.yellow,
    ours: chalk.cyan,
    theirs: chalk.magenta,
    result: chalk.green,
    open: chalk.bold.yellow,
    cursor: chalk.inverse,
  };
  return (line) => line.map(([text, tone = 'plain']) => tones[tone]?.(text) ?? text).join('');
}
