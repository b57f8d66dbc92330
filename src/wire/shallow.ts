/**
 * Shallow histories: where a history that somebody asks for is cut, and what changes of what they have cut before.
 * @see https://git-scm.com/docs/gitprotocol-pack, https://git-scm.com/docs/gitprotocol-v2
 */
import type { Oid } from '../object/oid.ts';
import { type CommitGraph, closure } from './commit-graph.ts';
import { protocolFault } from './pkt-line.ts';

/** How deep a history is asked for. */
export type Depth =
  /** So many commits from the tips, which count as one; relative: so many more than there are. */
  | { readonly commits: number; readonly relative: boolean }
  /** Nothing before a time, in seconds, and nothing that these commits reach. */
  | { readonly since: number | undefined; readonly not: readonly Oid[] };

export interface Cut {
  /** Commits that become shallow: they are sent, their parents are not. */
  readonly shallow: readonly Oid[];
  /** Commits that were shallow and no longer are. */
  readonly unshallow: readonly Oid[];
  /** All commits whose parents are not part of the history afterwards. */
  readonly at: ReadonlySet<Oid>;
}

/**
 * Where the history of `tips` is cut.
 * @param shallow commits whose parents the other side lacks
 * @throws AergoError AERGO_PROTOCOL_INVALID when nothing is left of it
 */
export function cutAt(graph: CommitGraph, tips: readonly Oid[], shallow: ReadonlySet<Oid>, depth: Depth): Cut {
  const { at, whole } = 'commits' in depth ? byCommits(graph, tips, shallow, depth) : byLimits(graph, tips, depth);
  const unshallow = [...shallow].filter((oid) => whole.has(oid));
  // What stays shallow without being reached is no part of what is sent, and stays as it is.
  const remaining = [...shallow].filter((oid) => !whole.has(oid));
  return { shallow: [...at].filter((oid) => !shallow.has(oid)), unshallow, at: new Set([...at, ...remaining]) };
}

/** The commits at the cut, and those inside, whose parents all belong to the history. */
interface Inside {
  readonly at: ReadonlySet<Oid>;
  readonly whole: ReadonlySet<Oid>;
}

function byCommits(
  graph: CommitGraph,
  tips: readonly Oid[],
  shallow: ReadonlySet<Oid>,
  { commits, relative }: { commits: number; relative: boolean },
): Inside {
  const at = new Set<Oid>();
  const whole = new Set<Oid>();
  let level: Iterable<Oid> = tips;
  if (relative) {
    const reached = closure(graph, tips);
    level = [...shallow].filter((oid) => reached.has(oid));
  }
  // Level by level, so that a commit counts by its shortest way.
  const last = relative ? commits + 1 : commits;
  const seen = new Set<Oid>();
  for (let deep = 1; deep <= last; deep += 1) {
    const next = new Set<Oid>();
    for (const oid of level) {
      const node = graph.node(oid);
      if (node === undefined || seen.has(oid)) continue;
      seen.add(oid);
      if (deep === last && node.parents.length > 0) {
        at.add(oid);
      } else {
        whole.add(oid);
        for (const parent of node.parents) next.add(parent);
      }
    }
    if (next.size === 0) break;
    level = next;
  }
  return { at, whole };
}

function byLimits(
  graph: CommitGraph,
  tips: readonly Oid[],
  { since = Number.NEGATIVE_INFINITY, not }: { since: number | undefined; not: readonly Oid[] },
): Inside {
  const excluded = closure(graph, not);
  const isInside = (oid: Oid): boolean => !excluded.has(oid) && (graph.node(oid)?.seconds ?? since) >= since;
  const at = new Set<Oid>();
  const whole = new Set<Oid>();
  const stack = tips.filter(isInside);
  for (let oid = stack.pop(); oid !== undefined; oid = stack.pop()) {
    if (at.has(oid) || whole.has(oid)) continue;
    const parents = graph.node(oid)?.parents ?? [];
    const inside = parents.filter(isInside);
    if (inside.length < parents.length) at.add(oid);
    else whole.add(oid);
    stack.push(...inside);
  }
  if (at.size + whole.size === 0) throw protocolFault('no commits are left of the history that was asked for');
  return { at, whole };
}
