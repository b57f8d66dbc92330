/** `blame`: a line for each column of a row, with the transaction behind its value, who signed it, and where it stands. */
import type { BlamedRow, ValueOrigin } from '../face.ts';
import type { Style } from '../output.ts';
import { aligned, short } from './columns.ts';
import { writerName } from './row-history.ts';
import { keyText, valueText } from './value-text.ts';
import { visible } from './visible.ts';

/** Rows whose lines are aligned with each other: what comes one by one cannot wait for the last. */
const rowsTogether = 100;

/** Code points of a value that are shown. */
const valueWidth = 40;

/** The lines of rows, each under its key. */
export async function* blameLines(table: string, rows: AsyncIterable<BlamedRow>, style: Style): AsyncGenerator<string> {
  let together: BlamedRow[] = [];
  for await (const row of rows) {
    together.push(row);
    if (together.length < rowsTogether) continue;
    yield* linesTogether(table, together, style);
    together = [];
  }
  yield* linesTogether(table, together, style);
}

function* linesTogether(table: string, rows: readonly BlamedRow[], style: Style): Generator<string> {
  const cells = rows.map((row) => row.columns.flatMap(columnCells));
  const lines = aligned(cells.flat());
  let next = 0;
  for (const [index, { key }] of rows.entries()) {
    yield style.bold(`${table} ${keyText(key)}`);
    const count = cells[index]?.length ?? 0;
    yield* lines.slice(next, next + count);
    next += count;
  }
}

/** `  balance   37.50   77b0c4e   ada   block 5 on main   bank.transfer alice bob 12.50`; below it what a merge took. */
function columnCells({ column, value, origin }: BlamedRow['columns'][number]): string[][] {
  return [[`  ${visible(column)}`, shortValue(value), ...originCells(origin)], ...sideCells(origin, 2)];
}

/** A value's beginning: what stands behind it is what is asked for, and stands to the right of it. */
function shortValue(value: string | null): string {
  const text = [...valueText(value)];
  return text.length <= valueWidth ? text.join('') : `${text.slice(0, valueWidth - 1).join('')}…`;
}

/** The values that a merge decided on, each with what stands behind it, as deep as merges follow each other. */
function sideCells({ decision }: ValueOrigin, depth: number): string[][] {
  return (decision?.from ?? []).flatMap(({ side, value, origin }) => {
    const name = `${'  '.repeat(depth)}${side}`;
    if (origin === undefined) return [[name, shortValue(value)]];
    return [[name, shortValue(value), ...originCells(origin)], ...sideCells(origin, depth + 1)];
  });
}

function originCells({ block, transactions, decision, orBefore }: ValueOrigin): string[] {
  const where = `block ${block.height} on ${visible(block.branch)}${orBefore === true ? ', or before it' : ''}`;
  const [one, ...more] = transactions;
  const who = one === undefined ? '' : writerName(one);
  if (decision !== undefined) {
    const decided = decision.by === 'contract' ? (decision.resolver ?? 'the contract') : who;
    const what = `merge of ${visible(decision.source)}: ${decided} ${tookText[decision.took]}`;
    return [short(one?.transaction ?? block.id), who, where, what];
  }
  if (one === undefined) return ['', '', where];
  if (more.length === 0) return [short(one.transaction), who, where, visible(one.description)];
  return ['', '', where, `one of ${transactions.map(({ transaction }) => short(transaction)).join(', ')}`];
}

const tookText = {
  ours: 'took ours',
  theirs: 'took theirs',
  base: 'took the base',
  new: 'made a new value of both',
} as const;
