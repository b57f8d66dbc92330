/** What `s` shows before it asks: the block to come, and of every conflict what will stand, for as much as is visible. */
import { counted, grouped } from '../cli/render/columns.ts';
import { columnsOf } from '../cli/render/conflict-row.ts';
import { keyText, valueText } from '../cli/render/value-text.ts';
import { displayWidth, visible } from '../cli/render/visible.ts';
import type { Body } from './conflict-lines.ts';
import { type Line, type Piece, widthOf, wrapText } from './lines.ts';
import type { ResolveSession } from './resolve-session.ts';
import { wayText } from './way-text.ts';

/** @param top the first conflict that is shown */
export function sealLines(
  session: ResolveSession,
  top: number,
  { width, height }: { readonly width: number; readonly height: number },
): Body {
  const { merge, resolution } = session;
  const { byContract } = merge.conflicts;
  const settled = byContract === 0 ? [] : [`the contract settled ${grouped(byContract)} more`];
  const ways = [`${counted(resolution.total, 'conflict')}: ${waysText(session)}`, ...settled];
  const isShort = displayWidth(ways.join('; ')) <= width - 2;
  const lines: Line[] = [
    [['  '], [`a block on ${visible(merge.target)}: ${merge.mode} merge of ${visible(merge.source)}`, 'strong']],
    ...(isShort ? [ways.join('; ')] : ways)
      .flatMap((text) => wrapText(text, width - 2))
      .map((part): Line => [['  '], [part]]),
    [],
  ];
  let shown = 0;
  while (top + shown < resolution.total && lines.length < height) {
    const next = resultLines(session, top + shown, width);
    if (shown > 0 && lines.length + next.length > height) break;
    lines.push(...next);
    shown += 1;
  }
  session.position.extent = { lines: resolution.total, height: Math.max(1, shown) };
  return { lines: lines.slice(0, height) };
}

function waysText({ resolution }: ResolveSession): string {
  const counts = new Map<string, number>();
  for (let index = 0; index < resolution.total; index += 1) {
    const choice = resolution.choice(index);
    if (choice === undefined) continue;
    const text = wayText(choice.way);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].map(([text, count]) => `${grouped(count)} ${text}`).join(', ');
}

/** `bank.accounts alice   balance 50.00 → 20.00`: what changes on the target; where that is long, below each other. */
function resultLines({ resolution }: ResolveSession, index: number, width: number): Line[] {
  const conflict = resolution.conflict(index);
  const choice = resolution.choice(index);
  const name: Line = [[`  ${conflict.table} `], [keyText(conflict.key), 'strong'], ['   ']];
  if (choice?.row === null) return [[...name, [conflict.ours === null ? 'no row, as it is' : 'deleted', 'result']]];
  const columns = columnsOf(resolution.table(index), conflict, choice).filter((column) => !column.isComputed);
  const isAdded = conflict.ours === null;
  const changed = columns.filter((column) => isAdded || column.result !== column.ours);
  if (changed.length === 0) return [[...name, ['as it is', 'faint']]];
  const head: Line = isAdded ? [...name, ['added   ', 'result']] : name;
  const values = changed.map((column): [string, string] => {
    const label = visible(column.name);
    return [isAdded ? `${label} ` : `${label} ${valueText(column.ours)} → `, valueText(column.result)];
  });
  const line: Line = [...head, ...values.flatMap(([text, result]): Piece[] => [[text], [`${result}   `, 'result']])];
  if (widthOf(line) - 3 <= width) return [line];
  const wide = Math.max(narrowest, width - indent.length);
  const below = values.flatMap(([text, result]) =>
    displayWidth(text) + displayWidth(result) <= wide
      ? [[[indent], [text], [result, 'result']] satisfies Line]
      : wrapText(text + result, wide).map((part): Line => [[indent], [part]]),
  );
  return [head, ...below];
}

const indent = '     ';
const narrowest = 12;
