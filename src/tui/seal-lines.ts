/** What `s` shows before it asks: the block to come, and of every conflict what will stand, for as much as is visible. */
import { counted, grouped } from '../cli/render/columns.ts';
import { columnsOf, keyText, valueText } from '../cli/render/conflict-row.ts';
import { visible } from '../cli/render/visible.ts';
import type { Body } from './conflict-lines.ts';
import type { Line, Piece } from './lines.ts';
import { type ResolveSession, wayText } from './resolve-session.ts';

export function sealLines(session: ResolveSession, top: number, height: number): Body {
  const { merge, resolution } = session;
  const { byContract } = merge.conflicts;
  const settled = byContract === 0 ? '' : `; the contract settled ${grouped(byContract)} more`;
  const head: Line[] = [
    [['  '], [`a block on ${visible(merge.target)}: ${merge.mode} merge of ${visible(merge.source)}`, 'strong']],
    [[`  ${counted(resolution.total, 'conflict')}: ${waysText(session)}${settled}`]],
    [],
  ];
  const room = Math.max(1, height - head.length);
  session.extent = { lines: resolution.total, height: room };
  const last = Math.min(resolution.total, top + room);
  const rows = Array.from({ length: last - top }, (_, at) => resultLine(session, top + at));
  return { lines: [...head, ...rows] };
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

/** `bank.accounts alice   balance 50.00 → 20.00`: what changes on the target. */
function resultLine({ resolution }: ResolveSession, index: number): Line {
  const conflict = resolution.conflict(index);
  const choice = resolution.choice(index);
  const name: Piece[] = [[`  ${conflict.table} `], [`${keyText(conflict.key)}   `, 'strong']];
  if (choice?.row === null) return [...name, [conflict.ours === null ? 'no row, as it is' : 'deleted', 'result']];
  const columns = columnsOf(resolution.table(index), conflict, choice).filter((column) => !column.isComputed);
  const changed = columns.filter((column) => column.result !== column.ours);
  if (conflict.ours === null)
    return [
      ...name,
      ['added   ', 'result'],
      [columns.map(({ name: label, result }) => `${visible(label)} ${valueText(result)}`).join('   ')],
    ];
  if (changed.length === 0) return [...name, ['as it is', 'faint']];
  return [
    ...name,
    ...changed.flatMap((column): Piece[] => [
      [`${visible(column.name)} ${valueText(column.ours)} → `],
      [`${valueText(column.result)}   `, 'result'],
    ]),
  ];
}
