/** What a remote has: its refs, and objects that they reach, taken into quarantine unverified. */
import { AergoError } from '../errors.ts';
import { directoryRef } from '../ledger/names.ts';
import type { Oid } from '../object/oid.ts';
import type { Quarantine } from '../store/quarantine.ts';
import { discoverRefs, type RemoteRefs } from '../wire/discovery.ts';
import { fetchPack } from '../wire/fetch-pack.ts';
import type { Fetched, FetchWish } from '../wire/fetch-wish.ts';
import type { RepositoryContext } from './context.ts';
import type { RemoteAccess, RemoteConnection } from './remote-connection.ts';
import type { Remote } from './remotes.ts';
import { blockGraph } from './served.ts';

const prefixes = ['refs/heads/', 'refs/tags/', directoryRef];

export const discover = (connection: RemoteConnection, { agent }: RemoteAccess): Promise<RemoteRefs> =>
  discoverRefs(connection.transport, 'git-upload-pack', { agent, prefixes });

/** @throws AergoError AERGO_REMOTE_FOREIGN where the remote has no such ref: a ledger always has */
export function refNamed(found: RemoteRefs, name: string, { name: remote }: Remote): Oid {
  const ref = found.refs.find((one) => one.name === name);
  if (ref !== undefined) return ref.oid;
  throw new AergoError('AERGO_REMOTE_FOREIGN', `${remote} is no ledger: it has no ${name}`, {
    hint: 'a ledger is pushed to a plain Git repository with aergo push, which publishes its directory too',
  });
}

/** Takes the objects that the remote's refs reach and we do not have into the quarantine. */
export async function takeMissing(
  context: RepositoryContext,
  connection: RemoteConnection,
  found: RemoteRefs,
  quarantine: Quarantine,
  access: RemoteAccess,
): Promise<{ objects: number; bytes: number }> {
  const { store } = context;
  const wanted = found.refs.filter(({ name }) => prefixes.some((prefix) => name.startsWith(prefix)));
  const wants = [...new Set(wanted.map(({ oid }) => oid))].filter((oid) => !store.has(oid));
  if (wants.length === 0) return { objects: 0, bytes: 0 };
  const graph = blockGraph(context);
  const tips = [...new Set(store.refs().map(({ oid }) => oid))].filter((oid) => graph.node(oid) !== undefined);
  const wish = { wants, tips, graph, sink: quarantine };
  return (await fetchInto(context, connection, found, wish, access)).unpacked;
}

/** Fetches what is wished for, telling whoever waits how far it is. */
export function fetchInto(
  context: RepositoryContext,
  { transport }: RemoteConnection,
  found: RemoteRefs,
  wish: FetchWish,
  { agent, onMessage }: RemoteAccess,
): Promise<Fetched> {
  return fetchPack(transport, found, wish, {
    agent,
    ...(onMessage === undefined ? {} : { onProgress: onMessage }),
    onEntries: (done, total) => context.options.onProgress?.({ phase: 'receive', done, total, unit: 'objects' }),
  });
}
