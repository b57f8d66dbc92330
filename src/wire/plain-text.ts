/** A stranger's text made fit for a message: one line, no longer than it may be, and nothing that could drive a terminal. */

const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\s]+/gu;

/** @param most characters */
export function plainText(text: string, most = 1000): string {
  return text.slice(0, most).replace(unseen, ' ').trim();
}
