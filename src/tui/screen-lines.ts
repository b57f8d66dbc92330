/**
 * The whole screen of `aergo resolve` as lines: exactly as many as the terminal has rows, none wider than it. "k of n
 * resolved" stands in the first line whatever else is shown. Only what is visible is made, however many conflicts there are.
 */
import { counted, grouped, padEnd } from '../cli/render/columns.ts';
import { keyText } from '../cli/render/value-text.ts';
import { displayWidth, visible } from '../cli/render/visible.ts';
import { takeOf } from '../merge/resolution-choice.ts';
import { type Body, conflictBody } from './conflict-lines.ts';
import { cutLine, fitLine, type Line, type Piece, spread } from './lines.ts';
import type { ResolveSession } from './resolve-session.ts';
import { sealLines } from './seal-lines.ts';
import { wayText } from './way-text.ts';

/** In cells of the terminal. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Below this nothing sensible can be shown. */
const smallest: Size = { columns: 40, rows: 10 };
/** From this width on the conflicts are listed beside the one that is shown. */
const widthWithList = 110;

/** Draws, and tells the session how far it can scroll. */
export function screenLines(session: ResolveSession, { columns, rows }: Size): Line[] {
  if (columns < smallest.columns || rows < smallest.rows) return tooSmall(session, { columns, rows });
  const rule: Line = [['─'.repeat(columns), 'faint']];
  const head = [...headLines(session, columns), rule];
  const foot = [rule, ...footLines(session, columns, rows)];
  const height = rows - head.length - foot.length;
  const listWidth =
    columns >= widthWithList && session.mode.kind !== 'seal' ? Math.min(48, Math.floor(columns * 0.27)) : 0;
  const width = listWidth === 0 ? columns : columns - listWidth - 2;
  const body = windowOf(session, bodyOf(session, width, height), height);
  const lines = Array.from({ length: height }, (_, at) => body[at] ?? []);
  if (listWidth === 0) return [...head, ...lines.map((line) => cutLine(line, columns)), ...foot];
  const list = listLines(session, listWidth, height);
  const beside = lines.map(
    (line, at): Line => [...fitLine(list[at] ?? [], listWidth), ['│ ', 'faint'], ...cutLine(line, width)],
  );
  return [...head, ...beside, ...foot];
}

function tooSmall({ resolution: { resolved, total } }: ResolveSession, { columns, rows }: Size): Line[] {
  const text: Line[] = [
    [[`${resolved} of ${total} resolved`, 'strong']],
    [[`too small: ${smallest.columns}×${smallest.rows} is needed`]],
    [['q leaves; everything is kept', 'faint']],
  ];
  return Array.from({ length: rows }, (_, at) => cutLine(text[at] ?? [], columns));
}

function headLines(session: ResolveSession, columns: number): Line[] {
  const { merge, resolution } = session;
  const { index, shown, place, filter } = session.position;
  const way: Line = [
    [' '],
    [visible(merge.source), 'theirs'],
    [' → '],
    [visible(merge.target), 'ours'],
    [`   ${merge.mode} merge`, 'faint'],
  ];
  const done: Line = [
    [
      `${grouped(resolution.resolved)} of ${grouped(resolution.total)} resolved`,
      session.isComplete ? 'result' : 'open',
    ],
    [' '],
  ];
  const filtered: Piece[] = filter === '' ? [] : [[`filter ${JSON.stringify(visible(filter))}   `, 'strong']];
  if (index === undefined)
    return [spread(way, done, columns), spread([[' no conflict']], [...filtered, ['0 shown ']], columns)];
  const { table, key } = resolution.conflict(index);
  const choice = resolution.choice(index);
  const state: Piece = choice === undefined ? ['open', 'open'] : [`✓ ${choice.way}`, 'result'];
  const which: Line = [...filtered, [`${grouped(place + 1)} of ${grouped(shown.length)}   `], state, [' ']];
  return [spread(way, done, columns), spread([[' '], [`${table} `], [keyText(key), 'strong']], which, columns)];
}

function bodyOf(session: ResolveSession, width: number, height: number): Body {
  const { mode, position } = session;
  const { index } = position;
  if (mode.kind === 'help') return { lines: helpLines() };
  if (mode.kind === 'seal') return sealLines(session, mode.top, { width, height });
  return index === undefined ? { lines: [] } : conflictBody(session, index, width, height < 14);
}

/** The lines that fit, from where the session has scrolled to, or from where the focus is among them. */
function windowOf(session: ResolveSession, { lines, focus }: Body, height: number): readonly Line[] {
  if (session.mode.kind === 'seal') return lines;
  session.position.extent = { lines: lines.length, height };
  const last = Math.max(0, lines.length - height);
  let top = Math.min(last, session.position.top);
  if (focus !== undefined) top = Math.min(last, Math.max(0, Math.min(focus - 1, Math.max(top, focus - height + 2))));
  const shown = lines.slice(top, top + height);
  if (top > 0) shown[0] = [['  ↑ '], [`${counted(top + 1, 'line')} above`, 'faint']];
  if (top < last) shown[height - 1] = [['  ↓ '], [`${counted(last - top + 1, 'line')} below: ↓ or PgDn`, 'faint']];
  return shown;
}

/** The conflicts around the one that is shown. */
function listLines({ resolution, position }: ResolveSession, width: number, height: number): Line[] {
  const { shown, place } = position;
  const top = Math.max(0, Math.min(place - Math.floor(height / 2), shown.length - height));
  return shown.slice(top, top + height).map((index, at): Line => {
    const { table, key } = resolution.conflict(index);
    const choice = resolution.choice(index);
    const isHere = top + at === place;
    const mark: Piece = choice === undefined ? [' · ', 'open'] : [' ✓ ', 'result'];
    const name: Piece = [`${keyText(key)} `, isHere ? 'strong' : 'plain'];
    const right: Piece = [choice === undefined ? table : choice.way, 'faint'];
    return [[isHere ? '▸' : ' ', 'strong'], mark, ...spread([name], [right], width - 5)];
  });
}

/** In the order in which they stand; `rank` says which are left out first where there is no room. */
const keys: readonly { readonly key: string; readonly what: string; readonly rank: number }[] = [
  { key: 'o', what: 'ours', rank: 1 },
  { key: 't', what: 'theirs', rank: 2 },
  { key: 'b', what: 'base', rank: 6 },
  { key: '+', what: 'both', rank: 7 },
  { key: 'e', what: 'edit', rank: 8 },
  { key: 'u', what: 'undo', rank: 9 },
  { key: 'Enter', what: 'next open', rank: 10 },
  { key: 'n p', what: 'move', rank: 11 },
  { key: 'a', what: 'all', rank: 12 },
  { key: '/', what: 'filter', rank: 13 },
  { key: 'v', what: 'side by side', rank: 14 },
  { key: 's', what: 'seal', rank: 5 },
  { key: 'q', what: 'leave', rank: 4 },
  { key: '?', what: 'help', rank: 3 },
];

/** The message of the last key, then the keys that can be pressed; on a low terminal one line for both. */
function footLines(session: ResolveSession, columns: number, rows: number): Line[] {
  const { message } = session;
  const said: Line =
    message === undefined
      ? []
      : [[message.isComplaint ? ' ! ' : ' '], [message.text, message.isComplaint ? 'open' : 'plain']];
  const asked = question(session);
  if (asked !== undefined)
    return [cutLine(said, columns), cutLine(asked, columns)].slice(rows < 18 && message === undefined ? 1 : 0);
  if (rows < 18) return [message === undefined ? keyLine(session, columns) : cutLine(said, columns)];
  return [cutLine(said, columns), keyLine(session, columns)];
}

/** The keys that mean something here, as many as there is room for. */
function keyLine({ resolution, position, isComplete }: ResolveSession, columns: number): Line {
  const { index } = position;
  const both = index !== undefined && takeOf(resolution.table(index), resolution.conflict(index), 'both') !== undefined;
  const meant = keys.filter(({ key }) => key !== '+' || both).toSorted((one, other) => one.rank - other.rank);
  const shown = new Set<(typeof keys)[number]>();
  let room = columns;
  for (const one of meant) {
    room -= one.key.length + one.what.length + 3;
    if (room >= 0) shown.add(one);
  }
  return keys.flatMap((one): Piece[] => {
    if (!shown.has(one)) return [];
    return [[` ${one.key}`, one.key === 's' && isComplete ? 'result' : 'strong'], [` ${one.what} `]];
  });
}

/** What the line at the bottom asks for, where something is being asked or typed. */
function question({ mode, resolution }: ResolveSession): Line | undefined {
  switch (mode.kind) {
    case 'filter': {
      const characters = [...mode.field.text];
      const { cursor } = mode.field;
      return [
        [' /', 'strong'],
        [visible(characters.slice(0, cursor).join(''))],
        [visible(characters[cursor] ?? '') || ' ', 'cursor'],
        [visible(characters.slice(cursor + 1).join(''))],
        ['   Enter keeps it, Esc ends it', 'faint'],
      ];
    }
    case 'all': {
      const others = mode.indexes.filter((index) => (resolution.choice(index)?.way ?? mode.way) !== mode.way).length;
      const replaced = others === 0 ? '' : ` (${grouped(others)} chosen otherwise)`;
      const text = `${wayText(mode.way)} for ${counted(mode.indexes.length, 'conflict')} of this table${replaced}?`;
      return [[` ${text}   `, 'strong'], ['y', 'strong'], [' yes   '], ['n', 'strong'], [' no']];
    }
    case 'seal':
      return [
        [' Seal this?   ', 'strong'],
        ['y', 'strong'],
        [' seals   '],
        ['↑ ↓', 'strong'],
        [' scroll   any other key: back'],
      ];
    case 'help':
      return [[' any key goes back', 'faint']];
    case 'column':
      return [[' ↑ ↓', 'strong'], [' column   '], ['Enter', 'strong'], [' edit   '], ['Esc', 'strong'], [' done']];
    case 'value':
      return [[' Enter', 'strong'], [' takes it   '], ['Ctrl-N', 'strong'], [' NULL   '], ['Esc', 'strong'], [' back']];
    case 'browse':
      return undefined;
  }
}

const help: readonly (readonly [keys: string, what: string])[] = [
  ['o  t  b', 'take the row of our branch, of theirs, of the base'],
  ['+', 'both changes: numbers added, arrays united, other columns'],
  ['e', 'give columns by hand'],
  ['d', 'no row'],
  ['u', 'undo the last step'],
  ['a', 'the same for all of this table that are shown'],
  ['n p', 'next, previous conflict; also → ←'],
  ['Enter', 'next open conflict; also N, back with P'],
  ['g G', 'first, last conflict'],
  ['↑ ↓', 'scroll a wide row; also PgUp, PgDn'],
  ['/', 'only conflicts with a text in table or key'],
  ['v', 'the sides beside each other, or below'],
  ['s', 'show what will be sealed, and ask'],
  ['q', 'leave; all choices are written down already'],
  ['~ !', 'changed on one side; on both, differently'],
  ['+ -', 'a row that came, or went'],
];

function helpLines(): Line[] {
  const width = help.reduce((widest, [names]) => Math.max(widest, displayWidth(names)), 0);
  return help.map(([names, what]) => [['  '], [padEnd(names, width), 'strong'], [`   ${what}`]]);
}
