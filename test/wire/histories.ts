/** Random histories as graphs, and what is reachable in them by the definition. */
import fc from 'fast-check';
import { type Oid, parseOid } from '../../src/object/oid.ts';
import type { CommitGraph, CommitNode } from '../../src/wire/commit-graph.ts';

export const idOf = (at: number): Oid => parseOid((at + 1).toString(16).padStart(64, '0'));

export interface History {
  readonly graph: CommitGraph;
  readonly ids: readonly Oid[];
  node(oid: Oid): CommitNode;
}

/** Up to forty commits, each on top of up to two earlier ones; with clocks that run forward, stand still now and then, or run anyhow. */
export function anyHistory(clocks: 'strict' | 'forward' | 'anyhow'): fc.Arbitrary<History> {
  const commit = fc.record({ parents: fc.array(fc.nat(), { maxLength: 2 }), later: fc.nat({ max: 3 }), any: fc.nat() });
  return fc.array(commit, { minLength: 1, maxLength: 40 }).map((commits) => {
    const nodes = new Map<Oid, CommitNode>();
    for (const [at, { parents, later, any }] of commits.entries()) {
      const own = at === 0 ? [] : [...new Set(parents.map((parent) => idOf(parent % at)))];
      const newest = Math.max(0, ...own.map((oid) => nodes.get(oid)?.seconds ?? 0));
      nodes.set(idOf(at), {
        tree: idOf(at),
        parents: own,
        seconds: clocks === 'anyhow' ? any : newest + later + (clocks === 'strict' ? 1 : 0),
      });
    }
    const node = (oid: Oid): CommitNode => {
      const found = nodes.get(oid);
      if (found === undefined) throw new Error(`${oid} is no commit`);
      return found;
    };
    return { graph: { node: (oid) => nodes.get(oid) }, ids: [...nodes.keys()], node };
  });
}

export const some = (ids: readonly Oid[], picks: readonly number[]): Oid[] =>
  picks.map((pick) => ids[pick % ids.length] ?? idOf(0));
export const anyPicks = fc.array(fc.nat(), { maxLength: 4 });

/** Everything that is reachable, by the definition. */
export function reachable({ graph }: History, tips: readonly Oid[]): Set<Oid> {
  const seen = new Set<Oid>(tips);
  for (const oid of seen) for (const parent of graph.node(oid)?.parents ?? []) seen.add(parent);
  return seen;
}
