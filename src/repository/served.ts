/** An open repository as Git's protocol serves it: its refs, its history as a graph, and packs copied from the volumes. */
import { directoryRef, snapshotRef } from '../ledger/names.ts';
import { peelSnapshot } from '../ledger/snapshot.ts';
import { type CommitGraph, ObjectGraph } from '../wire/commit-graph.ts';
import type { AdvertisedRef, ServedRepository } from '../wire/served.ts';
import type { RepositoryContext } from './context.ts';

/** Branches, snapshots and the directory: what others may have. Tracking refs and what a pull left are ours alone. */
const offered = ['refs/heads/', 'refs/tags/', directoryRef] as const;

/** Throws `AERGO_HISTORY_CUT` where only a part of the history is here. */
export function servedRepository(context: RepositoryContext): ServedRepository {
  context.needWhole('being served or cloned');
  const { store, history } = context;
  return {
    objects: store,
    refs: offered.flatMap((prefix) => store.refs(prefix).map(({ name, oid }) => advertised(context, name, oid))),
    head: store.head,
    ranges: {
      isBlock: (id) => history.has(id),
      pack: (blocks, objects) => store.pack(blocks, objects),
    },
    graph: blockGraph(context),
  };
}

function advertised({ store }: RepositoryContext, name: string, oid: AdvertisedRef['oid']): AdvertisedRef {
  return name.startsWith(snapshotRef('')) ? { name, oid, peeled: peelSnapshot(store, oid) } : { name, oid };
}

/** Blocks from the records that the index keeps, with their jumps; what is none, as a version of the directory, from its commit. */
export function blockGraph({ store, history, reader }: RepositoryContext): CommitGraph {
  const others = new ObjectGraph(store);
  return {
    node(id) {
      if (!history.has(id)) return others.node(id);
      const { parents, time } = history.record(id);
      return {
        parents,
        seconds: time / 1000,
        // Asked for only where trees are walked.
        get tree() {
          return reader.block(id).commit.tree;
        },
      };
    },
    isOnLine: (id, of) => history.has(id) && history.has(of) && history.isOnChain(id, of),
  };
}
