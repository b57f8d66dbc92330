/** What a server is given of the repository that it serves. Pure data and functions: it asks for nothing else. */
import type { Oid } from '../object/oid.ts';
import type { ObjectSource } from '../object/source.ts';
import type { CommitGraph } from './commit-graph.ts';
import type { PackSource } from './pack-writer.ts';

/** A ref as the other side sees it. */
export interface AdvertisedRef {
  /** The full name, as in `refs/heads/main`. */
  readonly name: string;
  readonly oid: Oid;
  /** For an annotated tag: what it names in the end. */
  readonly peeled?: Oid;
}

/** Commits whose objects lie together, so that a pack of them is copied and no tree is walked. */
export interface BlockRanges {
  /** Whether the objects that this commit has beyond its parents are known as a range. */
  isBlock(commit: Oid): boolean;
  /** The objects of these commits and these single objects, each once. */
  pack(blocks: readonly Oid[], objects: readonly Oid[]): PackSource;
}

/** A repository as it stands during one request: refs and objects do not change under it. */
export interface ServedRepository {
  readonly objects: ObjectSource;
  /** Each once, in any order. Whoever may read these may read everything that they reach, and nothing else. */
  readonly refs: readonly AdvertisedRef[];
  /** The full name of the ref that HEAD names; it need not be there. */
  readonly head?: string;
  readonly ranges?: BlockRanges;
  /** A quicker way to commits than reading them; made from `objects` where there is none. */
  readonly graph?: CommitGraph;
}

/** The only object format there is here. */
export const objectFormat = 'object-format=sha256';

/** Refs by the bytes of their names. */
export function inNameOrder(refs: readonly AdvertisedRef[]): AdvertisedRef[] {
  const keyed = refs.map((ref) => ({ ref, key: Buffer.from(ref.name) }));
  return keyed.sort((a, b) => Buffer.compare(a.key, b.key)).map(({ ref }) => ref);
}

/** Refs in the order in which Git sends them to who fetches: HEAD before all if it leads anywhere. */
export function refsInOrder({ refs, head }: ServedRepository): AdvertisedRef[] {
  const sorted = inNameOrder(refs);
  const target = sorted.find(({ name }) => name === head);
  return target === undefined ? sorted : [{ ...target, name: 'HEAD' }, ...sorted];
}
