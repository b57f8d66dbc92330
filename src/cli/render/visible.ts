/**
 * Text from outside, made fit for a terminal: control and formatting characters are written out, so that no value,
 * name or message can move the cursor or hide what stands beside it. And how wide a text is on the screen.
 */

const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** The text with every character of the classes Cc, Cf, Zl, Zp and every lone surrogate as `\u{hex}`. */
export function visible(text: string): string {
  return text.replace(invisible, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** As `visible`, but line breaks stay: for whole texts such as a contract's source. */
export function visibleLines(text: string): string {
  return text
    .split('\n')
    .map((line) => line.split('\t').map(visible).join('\t'))
    .join('\n');
}

/** A value as a person reads it; NULL in capitals, as in SQL. */
export function shownValue(value: string | null): string {
  return value === null ? 'NULL' : visible(value);
}

/** How many cells of a terminal the text takes: none for combining marks, two for East Asian wide characters and emoji. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    if (point < 0x300) width += 1;
    else if (/\p{M}/u.test(character)) width += 0;
    else width += isWide(point) ? 2 : 1;
  }
  return width;
}

/** The beginning of a text that takes at most so many cells; a text that is cut ends in `…`. */
export function cutText(text: string, cells: number): string {
  if (displayWidth(text) <= cells) return text;
  let width = 0;
  let kept = '';
  for (const character of text) {
    width += displayWidth(character);
    if (width > cells - 1) break;
    kept += character;
  }
  return cells > 0 ? `${kept}…` : '';
}

function isWide(point: number): boolean {
  return (
    (point >= 0x1100 && point <= 0x115f) ||
    (point >= 0x2e80 && point <= 0xa4cf) ||
    (point >= 0xac00 && point <= 0xd7a3) ||
    (point >= 0xf900 && point <= 0xfaff) ||
    (point >= 0xfe30 && point <= 0xfe6f) ||
    (point >= 0xff00 && point <= 0xff60) ||
    (point >= 0xffe0 && point <= 0xffe6) ||
    (point >= 0x1f300 && point <= 0x1faff) ||
    (point >= 0x20000 && point <= 0x3fffd)
  );
}
