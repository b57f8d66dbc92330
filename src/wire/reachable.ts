/**
 * Which objects a client may ask for: what the refs that it sees name or reach. An object that is in the store but that no ref
 * leads to (a deleted branch, something in quarantine) is as good as not there.
 */
import type { Oid } from '../object/oid.ts';
import { readTree } from '../object/source.ts';
import { type CommitGraph, commitsBetweenInTurns, peel } from './commit-graph.ts';
import { protocolFault } from './pkt-line.ts';
import type { ServedRepository } from './served.ts';
import { type Turns, tree_bytes } from './turns.ts';

/**
 * Checks wants, while others have their turn.
 * @param tipsOnly whether a want must be what a ref names
 * @throws AergoError AERGO_PROTOCOL_INVALID for a want that is not to be had; the message does not tell whether it is there
 */
export async function wantable(
  repository: ServedRepository,
  graph: CommitGraph,
  wants: Iterable<Oid>,
  tipsOnly: boolean,
  turns: Turns,
): Promise<void> {
  const tips = new Set(repository.refs.flatMap(({ oid, peeled }) => (peeled === undefined ? [oid] : [oid, peeled])));
  const others = new Set([...wants].filter((oid) => !tips.has(oid)));
  if (others.size === 0) return;
  for (const oid of tipsOnly ? others : await unreached(repository, graph, others, turns)) {
    throw protocolFault(`no ref leads to object ${oid}`);
  }
}

/** Those of the objects that no ref reaches. Commits are looked at first, then trees; blobs are known by their names there. */
async function unreached(
  { refs, objects }: ServedRepository,
  graph: CommitGraph,
  wanted: ReadonlySet<Oid>,
  turns: Turns,
): Promise<Set<Oid>> {
  // What is not here at all costs no walk: whoever wants what is here and hidden has to know its id.
  const absent = [...wanted].filter((oid) => !objects.has(oid));
  if (absent.length > 0) return new Set(absent);
  const left = new Set(wanted);
  const peeled = refs.map(({ oid }) => peel(objects, oid));
  for (const { tags, target } of peeled) for (const oid of [...tags, target]) left.delete(oid);
  if (left.size === 0) return left;
  const tips = peeled.map(({ target }) => target);
  const commits = await commitsBetweenInTurns(graph, tips, [], turns);
  for (const oid of commits) left.delete(oid);
  const seen = new Set<Oid>();
  for (const commit of commits) {
    const root = graph.node(commit)?.tree;
    const stack = root === undefined ? [] : [root];
    for (let tree = stack.pop(); tree !== undefined && left.size > 0; tree = stack.pop()) {
      if (seen.has(tree)) continue;
      seen.add(tree);
      left.delete(tree);
      if (turns.isOver(tree_bytes)) await turns.pass();
      for (const { mode, oid } of readTree(objects, tree)) {
        if (mode === '40000') stack.push(oid);
        else left.delete(oid);
      }
    }
    if (left.size === 0) break;
  }
  return left;
}
