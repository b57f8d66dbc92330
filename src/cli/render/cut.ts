/** Where a copy begins that has only the newest part of its history, and what of it could not be run again. */
import { counted, grouped } from './columns.ts';

interface Begins {
  readonly begins?: readonly { readonly height: number }[];
}

/** Of many places, as merges make them, so many are named. */
const named = 3;

/** `this copy begins at block 998`; none where it is whole. */
function beginsText({ begins = [] }: Begins): string | undefined {
  if (begins.length === 0) return undefined;
  const heights = begins.slice(0, named).map(({ height }) => grouped(height));
  const more = begins.length > named ? ` and ${begins.length - named} more` : '';
  return `this copy begins at ${begins.length === 1 ? 'block' : 'blocks'} ${heights.join(', ')}${more}`;
}

/** The same with what was taken by its signature alone, and how to get the rest. */
export function cutLines(cut: Begins & { readonly taken: number }): string[] {
  const text = beginsText(cut);
  if (text === undefined) return [];
  const { taken } = cut;
  const was = taken === 1 ? 'was taken by its signature' : 'were taken by their signatures';
  const what = taken === 0 ? '' : `; ${counted(taken, 'block')} ${was}, not run again`;
  return [`${text}${what}: aergo fetch --unshallow brings the rest`];
}

/**
 * What is to be said below a list that ends where the copy begins.
 * @param listed the blocks of the list, or whether it ends there
 */
export function cutNotes(
  { begins }: { readonly begins: readonly { readonly block: string; readonly height: number }[] },
  listed: boolean | readonly { readonly id: string }[],
): string[] {
  const isCut =
    listed === true || (listed !== false && listed.some(({ id }) => begins.some(({ block }) => block === id)));
  return isCut ? cutLines({ begins, taken: 0 }) : [];
}
