/** What `aergo push` is asked to move, read from its words: `main`, `what-if:main`, `tags/v1`; and what a lease says. */
import { AergoError } from '../errors.ts';
import { isOid, type Oid } from '../object/oid.ts';
import type { PushedRef } from './face.ts';

/** @param words none: the branch named `current` */
export function pushedRefs(words: readonly string[], current: string, deletes: boolean): PushedRef[] {
  if (deletes && words.length === 0)
    throw new AergoError('AERGO_USAGE', '--delete needs the names of what to delete at the remote', {
      hint: 'aergo push --delete REMOTE BRANCH',
    });
  return (words.length === 0 ? [current] : words).map((word) => pushedRef(word, deletes));
}

function pushedRef(word: string, deletes: boolean): PushedRef {
  const [left = '', right, ...more] = word.replace(/^\+/, '').split(':');
  if (word.startsWith('+') || more.length > 0 || left.startsWith('-'))
    throw new AergoError(
      'AERGO_USAGE',
      `${JSON.stringify(word)} does not say what to push: write BRANCH or SOURCE:BRANCH`,
      {
        hint: word.startsWith('+')
          ? 'a push only moves forward; to give that up say --force-with-lease'
          : 'aergo push --help',
      },
    );
  const target = targetName(right ?? left);
  if (deletes || left === '') return { source: null, target };
  return { source: targetName(left), target };
}

const targetName = (name: string): string => name.replace(/^refs\/heads\//, '').replace(/^refs\/tags\//, 'tags/');

const leaseFlag = '--force-with-lease';
/** No ref can be called so. */
const allPushed = '*';

/** The words of the command line with Git's bare `--force-with-lease`, which stands for all refs that are pushed, with a value that names none. */
export const withBareLeases = (words: readonly string[]): string[] =>
  words.map((word) => (word === leaseFlag ? `${leaseFlag}=${allPushed}` : word));

/**
 * What must stand at the remote before a ref moves in any direction.
 * @param texts each `REF` (as it was fetched last), `REF:BLOCK`, or `*`: all that are pushed, as they were fetched last
 * @param pushed what is to move
 * @param seen where a branch stood at the remote when it was asked last
 */
export function leases(
  texts: readonly string[],
  pushed: readonly PushedRef[],
  seen: (branch: string) => Oid | null,
): Map<string, Oid | null> {
  const asSeen = (target: string): [string, Oid | null] => [target, seen(target)];
  return new Map(
    texts.flatMap((text) => {
      if (text === allPushed) return pushed.map(({ target }) => asSeen(target));
      const [ref = '', expected] = text.split(':', 2);
      const target = targetName(ref);
      if (expected === undefined) return [asSeen(target)];
      if (expected !== '' && !isOid(expected))
        throw new AergoError(
          'AERGO_USAGE',
          `--force-with-lease takes REF or REF:BLOCK with the whole id, not ${JSON.stringify(text)}`,
          {
            hint: `aergo show origin/${ref} --json`,
          },
        );
      return [[target, expected === '' ? null : expected] satisfies [string, Oid | null]];
    }),
  );
}
