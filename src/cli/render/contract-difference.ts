/** What a deployment would change: definitions, then tables with the first of their rows. */
import type { ContractDifference, RowDifference, TableToChange } from '../face.ts';
import type { Style } from '../output.ts';
import { counted } from './columns.ts';
import { countDifference, differenceHeading, differenceLines } from './difference.ts';

/** Rows of a table that are shown. */
const shownRows = 10;
const marks = { added: '+', changed: '~', removed: '-' } as const;

type Definition = ContractDifference['definitions'][number];

export function* contractDifferenceLines(
  difference: ContractDifference,
  stat: boolean,
  style: Style,
): Generator<string> {
  const { name, isNew, definitions } = difference;
  yield style.bold(`contract ${name}   ${isNew ? 'new' : changeCount(definitions.length)}`);
  for (const definition of definitions) yield* definitionLines(definition, style);
  for (const table of difference.tables) if (!isNew) yield* tableLines(table, stat, style);
}

const changeCount = (count: number): string =>
  count === 0 ? 'defines the same' : `${counted(count, 'definition')} changed`;

function* definitionLines(
  { kind, name, change, before, after, columns = [] }: Definition,
  style: Style,
): Generator<string> {
  const colour = change === 'added' ? style.green : change === 'removed' ? style.red : (text: string) => text;
  const shown = change === 'changed' && before !== after ? `${before ?? ''} → ${after ?? ''}` : (after ?? before);
  const what = kind === 'function' ? (shown ?? name) : shown === undefined ? name : `${name}: ${shown}`;
  const inside = change === 'changed' && before === after && kind !== 'table' ? '   (what it does)' : '';
  yield colour(` ${marks[change]} ${kind} ${what}${inside}`);
  for (const column of columns) {
    const mark = column.before === undefined ? '+' : column.after === undefined ? '-' : '~';
    yield `     ${mark} ${column.name} ${[column.before, column.after].filter((text) => text !== undefined).join(' → ')}`;
  }
}

function* tableLines(
  { table, schemaChanged, rows, schema }: TableToChange,
  stat: boolean,
  style: Style,
): Generator<string> {
  const first: RowDifference[] = [];
  const count = countDifference(keepFirst(rows, first));
  const all = count.added + count.changed + count.removed;
  yield style.bold(differenceHeading(table, count, schemaChanged));
  if (stat) return;
  yield* differenceLines(first, schema, style);
  if (all > first.length) yield `   and ${counted(all - first.length, 'row')} more`;
}

function* keepFirst(rows: Iterable<RowDifference>, kept: RowDifference[]): Generator<RowDifference> {
  for (const row of rows) {
    if (kept.length < shownRows) kept.push(row);
    yield row;
  }
}
