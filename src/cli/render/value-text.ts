/** Values and keys of rows as they stand beside each other on the screen, where what is not there has to be told apart. */
import { grouped } from './columns.ts';
import { visible } from './visible.ts';

/** A value: null is NULL, undefined says that there is no row or that the column is computed. */
export type Value = string | null | undefined;

/** Of a longer value only the beginning is shown. */
const longestValue = 4000;

/**
 * A value as it stands on the screen. A text that could be taken for NULL, or for nothing, stands in quotes.
 * @param longest characters to show of it
 */
export function valueText(value: Value, longest: number = longestValue): string {
  if (value === undefined) return '–';
  if (value === null) return 'NULL';
  if (value.length > longest) return `${visible(value.slice(0, longest))}… (${grouped(value.length)} characters)`;
  const isUnclear = value === '' || value === 'NULL' || value === '–' || value !== value.trim();
  return isUnclear ? `'${visible(value)}'` : visible(value);
}

/** A key as people read it. */
export const keyText = (key: readonly string[]): string => key.map((text) => valueText(text)).join(' ');
