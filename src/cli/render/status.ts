/** `on main at block 5 a83f002`, and how many branches and snapshots there are. */
import type { Style } from '../output.ts';
import type { Status } from '../quick-status.ts';
import { counted, short } from './columns.ts';
import { logicText } from './logic.ts';
import { visible } from './visible.ts';

export function statusLines(status: Status, style: Style): string[] {
  const { branch, block, branches, snapshots, logic } = status;
  const others = [
    ...(branches > 1 ? [counted(branches, 'branch', 'branches')] : []),
    ...(snapshots > 0 ? [counted(snapshots, 'snapshot')] : []),
  ];
  const place = `on ${style.bold(visible(branch))} at block ${block.height} ${short(block.id)}${logicText(logic)}`;
  return [others.length === 0 ? place : `${place}   ${others.join(', ')}`];
}
