/** `on main at block 5 a83f002`, how many branches and snapshots there are, and the merge that waits for people. */
import type { Style } from '../output.ts';
import type { PendingStatus } from '../pending-status.ts';
import type { Status } from '../quick-status.ts';
import { counted, grouped, short } from './columns.ts';
import { cutLines } from './cut.ts';
import { logicText } from './logic.ts';
import { visible } from './visible.ts';

export function statusLines(status: Status & { readonly merge?: PendingStatus }, style: Style): string[] {
  const { branch, block, branches, snapshots, logic, merge } = status;
  const others = [
    ...(branches > 1 ? [counted(branches, 'branch', 'branches')] : []),
    ...(snapshots > 0 ? [counted(snapshots, 'snapshot')] : []),
  ];
  const place = `on ${style.bold(visible(branch))} at block ${block.height} ${short(block.id)}${logicText(logic)}`;
  return [
    others.length === 0 ? place : `${place}   ${others.join(', ')}`,
    ...status.remotes.map((remote) => remoteLine(remote, status)),
    ...cutLines({ ...status, taken: 0 }),
    ...(merge === undefined ? [] : [mergeLine(merge)]),
  ];
}

/** `origin/main at block 4 1c0ffee, 2 blocks behind`; what else differs, a fetch or a push finds. */
function remoteLine({ remote, block }: Status['remotes'][number], { branch, block: here }: Status): string {
  const name = visible(`${remote}/${branch}`);
  if (block.id === here.id) return `${name} is the same`;
  const blocks = counted(Math.abs(here.height - block.height), 'block');
  const how =
    block.height === here.height ? 'another one' : `${blocks} ${block.height < here.height ? 'behind' : 'ahead'}`;
  return `${name} at block ${block.height} ${short(block.id)}, ${how}`;
}

/** `merge of what-if into main: 2 of 7 conflicts resolved` */
function mergeLine({ source, target, resolved, total, moved }: PendingStatus): string {
  const since = moved ? '; a branch has moved since' : '';
  return `merge of ${visible(source)} into ${visible(target)}: ${grouped(resolved)} of ${counted(total, 'conflict')} resolved${since}`;
}
