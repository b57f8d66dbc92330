/** How the screen says in words what was chosen. */
import { visible } from '../cli/render/visible.ts';
import type { Choice } from '../merge/resolution-choice.ts';
import type { PendingMerge } from '../repository/pending-folder.ts';

const wayTexts: Readonly<Record<Choice['way'], string>> = {
  ours: 'ours',
  theirs: 'theirs',
  base: 'the base',
  both: 'both changes',
  edit: 'by hand',
  delete: 'no row',
};

/** A way of settling in a word or two. */
export const wayText = (way: Choice['way']): string => wayTexts[way];

/** `as on main (ours)`, as people read a way of settling. */
export function takenText({ target, source }: PendingMerge, way: Choice['way']): string {
  if (way === 'ours') return `as on ${visible(target)} (ours)`;
  if (way === 'theirs') return `as on ${visible(source)} (theirs)`;
  return way === 'base' ? 'as at the base' : wayText(way);
}
