/** Which of a command's words are revisions and which name a table: `log [REV] [T [KEY…]]`, `diff [REV] [REV] [T]`. */
import { AergoError } from '../errors.ts';
import type { Repository } from './face.ts';

export interface RevisionWords {
  readonly revisions: readonly string[];
  readonly table?: string;
  /** What stands behind the table: the columns of a key. */
  readonly key: readonly string[];
}

const tablePattern = /^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$/;

/**
 * The first word that names a table of the current block ends the revisions.
 * @param limit How many revisions the command takes.
 * @throws AergoError AERGO_USAGE for too many
 */
export async function readRevisionWords(
  words: readonly string[],
  limit: number,
  repository: Repository,
): Promise<RevisionWords> {
  const tables = new Set(words.some((word) => tablePattern.test(word)) ? await repository.tables() : []);
  let at = words.findIndex((word) => tables.has(word));
  // A table of another branch is not among the current ones: a name of that form behind a revision is a table as well.
  if (at === -1) at = words.findIndex((word, index) => index > 0 && tablePattern.test(word));
  const revisions = at === -1 ? words : words.slice(0, at);
  if (revisions.length > limit) {
    const extra = revisions[limit] ?? '';
    throw new AergoError(
      'AERGO_USAGE',
      `${JSON.stringify(extra)} is neither a revision that is expected here nor a table`,
      {
        hint: 'aergo contract list      (shows the tables)',
        details: { table: extra, candidates: [...tables] },
      },
    );
  }
  const table = at === -1 ? undefined : words[at];
  return { revisions, key: at === -1 ? [] : words.slice(at + 1), ...(table === undefined ? {} : { table }) };
}
