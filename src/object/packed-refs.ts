/**
 * Git's `packed-refs`: all refs of a repository in one file.
 * @see https://git-scm.com/docs/gitrepository-layout
 */
import type { Oid } from './oid.ts';

export interface PackedRef {
  /** The full name, as in `refs/heads/main`. */
  readonly name: string;
  readonly oid: Oid;
  /** For an annotated tag: the object that it names in the end. */
  readonly peeled?: Oid;
}

/** The whole file; the refs may come in any order, each name once. Every tag must come with `peeled`. */
export function encodePackedRefs(refs: readonly PackedRef[]): string {
  const sorted = [...refs].sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
  const lines = sorted.map(({ name, oid, peeled }) => `${oid} ${name}\n${peeled === undefined ? '' : `^${peeled}\n`}`);
  return `# pack-refs with: peeled fully-peeled sorted \n${lines.join('')}`;
}
