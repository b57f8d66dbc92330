/** An agreed or a rows merge as lines: what the contract settled, and what is left to people with the reason. */
import type { Conflict, MergeResult } from '../face.ts';
import { columns, counted, grouped } from './columns.ts';
import { keyText } from './value-text.ts';
import { visible } from './visible.ts';

/** Conflicts that a merge lists; `aergo resolve --list` has all. */
const listed = 20;

/** `agreed merge, 5 conflicts: 1 settled by the contract, 2 resolved, 2 left`; a dry run says "would". */
export function rowMergeText({ mode, conflicts, block, pending }: MergeResult): string {
  const { total, byContract, left } = conflicts ?? { total: 0, byContract: 0, left: [] };
  const would = block === undefined && !pending ? ' would be sealed' : '';
  const head = `${mode} merge${would}, ${total === 0 ? 'no conflict' : counted(total, 'conflict')}`;
  const chosen = total - byContract - left.length;
  const parts = [
    ...(byContract > 0 ? [`${grouped(byContract)} settled by the contract`] : []),
    ...(chosen > 0 ? [`${grouped(chosen)} resolved`] : []),
    ...(left.length > 0 ? [`${grouped(left.length)} ${pending ? 'left' : 'settled by people'}`] : []),
  ];
  return parts.length === 0 ? head : `${head}: ${parts.join(', ')}`;
}

/** The conflicts that are left, one a line. */
export function leftLines({ conflicts, pending }: MergeResult): string[] {
  if (!pending) return [];
  const left = conflicts?.left ?? [];
  const lines = left.slice(0, listed).map((conflict) => columns(`  ${rowName(conflict)}`, reasonText(conflict)));
  return left.length > listed ? [...lines, `  and ${grouped(left.length - listed)} more`] : lines;
}

const rowName = ({ table, key }: Conflict): string => `${visible(table)} ${keyText(key)}`;

/** Why a conflict is people's to settle. */
function reasonText(conflict: Conflict): string {
  if (conflict.kind === 'constraint') {
    const others = conflict.failed.count - 1;
    const between = others > 0 ? ` between it and ${counted(others, 'other row')}` : '';
    return `${visible(conflict.failed.constraint)} fails${between}`;
  }
  if (conflict.left !== undefined) return visible(conflict.left);
  const { ours, theirs } = conflict;
  if (ours !== null && theirs !== null) return 'changed on both sides';
  return ours === null ? 'deleted here, changed there' : 'changed here, deleted there';
}

export const abortedText = ({ source, target }: Pick<MergeResult, 'source' | 'target'>): string =>
  `the merge of ${visible(source)} into ${visible(target)} is forgotten; nothing was sealed`;

/** Why a merge that was settled may have conflicts again. */
export function movedText({ source, target }: Pick<MergeResult, 'source' | 'target'>): string {
  return `${visible(source)} or ${visible(target)} has moved: computed again, and choices kept for rows that are the same`;
}
