/**
 * One conflict as lines: by default in one column, the base, the two changes as differences, then the result; or with the
 * sides beside each other. Marks: `~` changed, `!` changed on both sides differently, `+` and `-` a row that came or went.
 */
import { counted, grouped, padEnd, short, shortKey } from '../cli/render/columns.ts';
import { type ColumnOfConflict, columnsOf, differs } from '../cli/render/conflict-row.ts';
import { keyText, type Value, valueText } from '../cli/render/value-text.ts';
import { cutText, displayWidth, visible } from '../cli/render/visible.ts';
import { conflictId } from '../merge/conflict.ts';
import type { PendingConflict, SideWriter } from '../repository/pending-conflicts.ts';
import { fitLine, type Line, type Piece, type Tone, widthOf, wrapText } from './lines.ts';
import type { ResolveSession } from './resolve-session.ts';
import { takenText } from './way-text.ts';

/** Lines, and the one that has to be seen: where something is being typed. */
export interface Body {
  readonly lines: readonly Line[];
  readonly focus?: number;
}

const narrowest = 12;
const widestName = 24;
const margin = 5; // two spaces, a mark, two spaces

/** @param isLow whether lines are dear: no empty ones between the parts */
export function conflictBody(session: ResolveSession, index: number, width: number, isLow: boolean): Body {
  const { resolution } = session;
  const conflict = resolution.conflict(index);
  const columns = columnsOf(resolution.table(index), conflict, resolution.choice(index));
  const head = [...reasonLines(session, conflict, width)];
  if (session.layout === 'side') return sideBySide(session, index, columns, head, width);
  const gap: Line[] = isLow ? [] : [[]];
  const lines = [
    ...head,
    ...baseLines(conflict, columns, width),
    ...gap,
    ...changeLines(session, conflict, columns, 'ours', width),
    ...gap,
    ...changeLines(session, conflict, columns, 'theirs', width),
    ...gap,
  ];
  const result = resultLines(session, index, columns, width);
  return {
    lines: [...lines, ...result.lines],
    ...(result.focus === undefined ? {} : { focus: lines.length + result.focus }),
  };
}

/** Why it is people's: the constraint with the rows that it names, this one among them, or what the contract's resolver said. */
function* reasonLines(session: ResolveSession, conflict: PendingConflict, width: number): Generator<Line> {
  if (conflict.kind === 'row') {
    if (conflict.left === undefined) return;
    for (const [at, part] of wrapText(`left to people: ${visible(conflict.left)}`, width - 2).entries())
      yield [[at === 0 ? '  ' : '    '], [part, 'open']];
    yield [];
    return;
  }
  const { resolution } = session;
  const { constraint, count, rows } = conflict.failed;
  yield [['  '], [`constraint ${visible(constraint)}`, 'open'], [` fails between ${counted(count, 'row')}`]];
  const isNamed = rows.some(([table, name]) => table === conflict.table && name === conflict.name);
  const shown = isNamed ? rows : [...rows, [conflict.table, conflict.name] as const];
  for (const [table, name] of shown) {
    const at = resolution.indexOf(conflictId({ table, name }));
    const other = at === undefined ? undefined : resolution.conflict(at);
    const choice = at === undefined ? undefined : resolution.choice(at);
    const key = other === undefined ? visible(name) : keyText(other.key);
    const sides = other === undefined ? '' : `   on ${sidesOf(session, other)}`;
    const state =
      other === conflict
        ? '   this one'
        : choice === undefined
          ? '   open'
          : `   ${takenText(session.merge, choice.way)}`;
    yield [['    '], [`${table} ${key}`, other === conflict ? 'strong' : 'plain'], [`${sides}${state}`, 'faint']];
  }
  if (count > shown.length) yield [['    '], [`and ${grouped(count - shown.length)} more`, 'faint']];
  yield [];
}

function sidesOf({ merge }: ResolveSession, { ours, theirs }: PendingConflict): string {
  const names = [
    ...(ours === null ? [] : [visible(merge.target)]),
    ...(theirs === null ? [] : [visible(merge.source)]),
  ];
  return names.length === 0 ? 'neither branch' : names.join(' and ');
}

function baseLines({ base }: PendingConflict, columns: readonly ColumnOfConflict[], width: number): Line[] {
  const title: Line = [['  '], ['base', 'base']];
  if (base === null) return [[...title, ['   no row', 'faint']]];
  const changed = columns.filter(differs);
  return [
    title,
    ...changed.flatMap((column) => valueLines(column, ' ', valueText(column.base), 'plain', columns, width)),
  ];
}

function changeLines(
  session: ResolveSession,
  conflict: PendingConflict,
  columns: readonly ColumnOfConflict[],
  side: 'ours' | 'theirs',
  width: number,
): Line[] {
  const title = sideTitle(session, conflict, side, width);
  if (conflict[side] === null) return [...title, [['  -  '], [conflict.base === null ? 'no row' : 'deleted', side]]];
  if (conflict.base === null)
    return [
      ...title,
      ...columns.flatMap((column) => valueLines(column, '+', valueText(column[side]), side, columns, width)),
    ];
  const changed = columns.filter((column) => column[side] !== column.base);
  if (changed.length === 0) return [...title, [['     '], ['unchanged', 'faint']]];
  return [...title, ...changed.flatMap((column) => differenceLines(column, side, columns, width))];
}

/** `main (ours)` and the transaction behind that side, below it where there is no room beside it. */
function sideTitle(
  { merge }: ResolveSession,
  { writers }: PendingConflict,
  side: 'ours' | 'theirs',
  width: number,
): Line[] {
  const branch = visible(side === 'ours' ? merge.target : merge.source);
  const title: Line = [['  '], [branch, side], [` (${side})`, 'faint']];
  const writer = writers[side];
  if (writer === undefined) return [title];
  const text = writerText(writer);
  const beside: Line = [...title, [`   ${text}`, 'faint']];
  return widthOf(beside) <= width ? [beside] : [title, [['  '], [text, 'faint']]];
}

/** `03fe81c · ada · block 6 · bank.pay alice bob 50`: what is long and can be cut stands last. */
function writerText({ transaction, block, description, name, author, height }: SideWriter): string {
  const who = name === undefined ? shortKey(author) : visible(name);
  return `${short(transaction ?? block)} · ${who} · block ${height} · ${visible(description)}`;
}

function differenceLines(
  column: ColumnOfConflict,
  side: 'ours' | 'theirs',
  columns: readonly ColumnOfConflict[],
  width: number,
): Line[] {
  const [before, after] = [valueText(column.base), valueText(column[side])];
  const mark = column.isContested ? '!' : '~';
  const room = width - margin - nameWidth(columns) - 3;
  if (displayWidth(`${before} → ${after}`) <= room) {
    return [[...labelled(column, mark, columns), [`${before} → `], [after, side]]];
  }
  const parts = (sign: string, text: string, tone: Tone): Line[] =>
    wrapText(text, Math.max(narrowest, width - margin - 4)).map((part, at) => [
      [`     ${at === 0 ? sign : ' '} `],
      [part, tone],
    ]);
  return [labelled(column, mark, columns), ...parts('-', before, 'faint'), ...parts('+', after, side)];
}

/** A column with its value, which goes on below where it is long. */
function valueLines(
  column: ColumnOfConflict,
  mark: string,
  value: string,
  tone: Tone,
  columns: readonly ColumnOfConflict[],
  width: number,
): Line[] {
  const label = labelled(column, mark, columns);
  const indent = widthOf(label);
  return wrapText(value, Math.max(narrowest, width - indent)).map((part, at) =>
    at === 0 ? [...label, [part, tone]] : [[' '.repeat(indent)], [part, tone]],
  );
}

const labelled = (column: ColumnOfConflict, mark: string, columns: readonly ColumnOfConflict[]): Piece[] => [
  [`  ${mark}  `, mark === '!' ? 'open' : 'plain'],
  [`${padEnd(cutText(visible(column.name), widestName), nameWidth(columns))}   `],
];

const nameWidth = (columns: readonly ColumnOfConflict[]): number =>
  columns.reduce((widest, { name }) => Math.min(widestName, Math.max(widest, displayWidth(visible(name)))), 0);

/** The row that will stand, with what is being typed. */
function resultLines(
  session: ResolveSession,
  index: number,
  columns: readonly ColumnOfConflict[],
  width: number,
): { lines: Line[]; focus?: number } {
  const choice = session.resolution.choice(index);
  const lines: Line[] = [resultTitle(session, index)];
  let focus: number | undefined;
  if (!isEditing(session)) {
    const { ours, theirs } = session.resolution.conflict(index);
    if (choice?.row === null) return { lines: [...lines, [['  -  '], ['no row', 'result']]] };
    if (choice === undefined && (ours === null || theirs === null))
      return { lines: [...lines, [['     '], ['?', 'open']]] };
  }
  for (const column of columns) {
    const edited = editedText(session, index, column);
    if (edited !== undefined) focus = lines.length;
    const mark = column.isContested ? '!' : column.ours !== column.theirs ? '~' : ' ';
    if (edited !== undefined) lines.push([['  ▸  ', 'strong'], ...labelled(column, mark, columns).slice(1), ...edited]);
    else if (choice === undefined && column.ours !== column.theirs)
      lines.push([...labelled(column, mark, columns), ['?', 'open']]);
    else lines.push(...valueLines(column, mark, resultText(column, choice?.row), resultTone(column), columns, width));
  }
  return focus === undefined ? { lines } : { lines, focus };
}

const isEditing = ({ mode }: ResolveSession): boolean => mode.kind === 'column' || mode.kind === 'value';
const resultTone = (column: ColumnOfConflict): Tone => (column.ours === column.theirs ? 'plain' : 'result');

function resultText(column: ColumnOfConflict, row: string | null | undefined): string {
  const value: Value = row === undefined ? column.ours : column.result;
  return value === undefined && column.isComputed ? 'computed when it is sealed' : valueText(value);
}

function resultTitle(session: ResolveSession, index: number): Line {
  const choice = session.resolution.choice(index);
  const title: Line = [['  '], ['result', choice === undefined ? 'open' : 'result']];
  if (isEditing(session)) return [...title, ['   give a value: Enter takes it, Ctrl-N is NULL, Esc ends', 'faint']];
  return choice === undefined
    ? [...title, ['   open', 'open']]
    : [...title, [`   ${takenText(session.merge, choice.way)}`]];
}

/** The column that is chosen for an edit: its value, or the text with the cursor in it. */
function editedText(session: ResolveSession, index: number, column: ColumnOfConflict): Piece[] | undefined {
  const { mode, resolution } = session;
  if (mode.kind !== 'column' && mode.kind !== 'value') return undefined;
  if (session.editable(index)[mode.at] !== column.name) return undefined;
  if (mode.kind === 'column') return [[resultText(column, resolution.choice(index)?.row ?? undefined), 'strong']];
  const characters = [...mode.field.text];
  const { cursor } = mode.field;
  return [
    [visible(characters.slice(0, cursor).join('')), 'strong'],
    [visible(characters[cursor] ?? '') || ' ', 'cursor'],
    [visible(characters.slice(cursor + 1).join('')), 'strong'],
  ];
}

/** All sides beside each other, a column of the table a line; what is too long is cut. */
function sideBySide(
  session: ResolveSession,
  index: number,
  columns: readonly ColumnOfConflict[],
  head: readonly Line[],
  width: number,
): Body {
  const { merge, resolution } = session;
  const conflict = resolution.conflict(index);
  const choice = resolution.choice(index);
  const name = Math.min(nameWidth(columns), Math.floor(width / 5));
  const cell = Math.max(4, Math.floor((width - margin - name - 8) / 4));
  const row = (mark: Piece, label: string, cells: readonly Piece[]): Line => [
    ['  '],
    mark,
    ['  '],
    ...fitLine([[label]], name),
    ...cells.flatMap((piece): Piece[] => [['  '], ...fitLine([piece], cell)]),
  ];
  const titles: readonly Piece[] = [
    ['base', 'base'],
    [visible(merge.target), 'ours'],
    [visible(merge.source), 'theirs'],
    ['result', choice === undefined ? 'open' : 'result'],
  ];
  const writers = (['ours', 'theirs'] as const).flatMap((side) => sideTitle(session, conflict, side, width));
  const lines: Line[] = [...head, ...writers, [], row([' '], '', titles)];
  if ([conflict.base, conflict.ours, conflict.theirs, choice?.row].includes(null)) {
    const absent = (line: string | null | undefined): Piece => [line === null ? 'no row' : '', 'faint'];
    lines.push(row([' '], '', [conflict.base, conflict.ours, conflict.theirs, choice?.row].map(absent)));
  }
  let focus: number | undefined;
  for (const column of columns) {
    const edited = editedText(session, index, column);
    if (edited !== undefined) focus = lines.length;
    const result: Piece =
      choice === undefined && column.ours !== column.theirs
        ? ['?', 'open']
        : [choice?.row === null ? '' : resultText(column, choice?.row), resultTone(column)];
    const changed = (side: 'ours' | 'theirs'): Piece => {
      if (conflict[side] === null) return [''];
      return column[side] === column.base ? [valueText(column[side])] : [`${valueText(column[side])} ~`, side];
    };
    const mark: Piece = edited !== undefined ? ['▸', 'strong'] : column.isContested ? ['!', 'open'] : [' '];
    const cells = row(mark, visible(column.name), [
      [valueText(column.base)],
      changed('ours'),
      changed('theirs'),
      result,
    ]);
    lines.push(edited === undefined ? cells : [...cells.slice(0, -2), ...edited]);
  }
  return focus === undefined ? { lines } : { lines, focus };
}
