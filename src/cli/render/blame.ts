/** `blame`: a line for each column of a row, with the transaction behind its value, who signed it, and where it stands. */
import type { BlamedRow, ValueOrigin } from '../face.ts';
import type { Style } from '../output.ts';
import { aligned, short, shortKey } from './columns.ts';
import { shownValue, visible } from './visible.ts';

/** Rows whose lines are aligned with each other: what comes one by one cannot wait for the last. */
const rowsTogether = 100;

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
  const lines = aligned(rows.flatMap((row) => row.columns.map(columnCells)));
  let next = 0;
  for (const { key, columns } of rows) {
    yield style.bold(`${table} ${key.map(visible).join(' ')}`);
    yield* lines.slice(next, next + columns.length);
    next += columns.length;
  }
}

/** `  balance   37.50   77b0c4e   ada   block 5 on main   bank.transfer alice bob 12.50` */
function columnCells({ column, value, origin }: BlamedRow['columns'][number]): string[] {
  return [`  ${visible(column)}`, shownValue(value), ...originCells(origin)];
}

function originCells({ block, transactions }: ValueOrigin): string[] {
  const where = `block ${block.height} on ${visible(block.branch)}`;
  const [one, ...more] = transactions;
  if (one === undefined) return ['', '', where];
  const who = one.name === undefined ? shortKey(one.author) : visible(one.name);
  if (more.length === 0) return [short(one.transaction), who, where, visible(one.description)];
  return ['', '', where, `one of ${transactions.map(({ transaction }) => short(transaction)).join(', ')}`];
}
