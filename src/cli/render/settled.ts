/** The conflicts of a merge block for `show`: of each row the columns that were not alike, what they became, and who decided. */
import type { BlockSummary, SettledConflict } from '../face.ts';
import { aligned } from './columns.ts';
import { keyText, valueText } from './value-text.ts';
import { visible } from './visible.ts';

export function* settledLines(
  { branch, source = '' }: Pick<BlockSummary, 'branch' | 'source'>,
  conflicts: readonly SettledConflict[],
): Generator<string> {
  const theirs = source.slice(0, source.lastIndexOf(':'));
  const heading = ['', '', 'base', visible(branch), visible(theirs), 'result', ''];
  for (const [table, rows] of Map.groupBy(conflicts, (conflict) => conflict.table)) {
    yield `conflicts in ${table}`;
    yield* aligned([heading, ...rows.flatMap(conflictCells)]);
  }
}

/** A line for each column in which the four rows are not alike; the first has the key and who decided. */
function conflictCells({ key, base, ours, theirs, result, by }: SettledConflict): string[][] {
  const rows = [base, ours, theirs, result];
  const names = [...new Set(rows.flatMap((row) => Object.keys(row ?? {})))];
  const unlike = names.filter((name) => new Set(rows.map((row) => row?.[name])).size > 1);
  return unlike.map((name, index) => [
    index === 0 ? `  ${keyText(key)}` : '',
    visible(name),
    ...rows.map((row) => (row === null ? (index === 0 ? 'no row' : '') : valueText(row[name]))),
    index === 0 ? `by ${by === 'contract' ? 'the contract' : 'a person'}` : '',
  ]);
}
