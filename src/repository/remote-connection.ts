/** A way to a remote, whatever kind of place it is: Git's protocol over HTTP, in this process, or to Git's own programs. */
import type { SigningKey } from '../crypto/key.ts';
import type { Visibility } from '../directory/files.ts';
import { AergoError } from '../errors.ts';
import { Store } from '../store/store.ts';
import { discoverRefs } from '../wire/discovery.ts';
import { HttpTransport } from '../wire/http-transport.ts';
import { ProcessTransport } from '../wire/process-transport.ts';
import type { PushTarget } from '../wire/receive-pack.ts';
import { LocalTransport, type Transport } from '../wire/transport.ts';
import { openBorrowed } from './borrowed.ts';
import type { RepositoryOptions } from './context.ts';
import { isHome } from './home.ts';
import { publishRefs } from './publish.ts';
import { receivePush } from './receive-push.ts';
import { placeOf } from './remotes.ts';
import { servedRepository } from './served.ts';

/** What it takes to talk to remotes, given by whoever has a terminal, keys and an environment. */
export interface RemoteAccess {
  /** `aergo/<version>`, as this program calls itself. */
  readonly agent: string;
  /** The Authorization header for a URL, as `HttpTransportOptions` has it. */
  authorize(url: string, refused: string | undefined): Promise<string | undefined>;
  /** For Git's own programs. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Whether a repository on this machine is shown to members only where it is served; `directory`: its `.aergo`, or the bare one. */
  isPrivate?(directory: string): boolean;
  /** What the remote says meanwhile: a stranger's text. */
  readonly onMessage?: (text: string) => void;
  /** Who pushes to a repository on this machine, and publishes there and in plain Git repositories. */
  readonly key?: SigningKey;
}

export interface RemoteConnection {
  readonly transport: Transport;
  /**
   * Whether anybody may read there, as far as that can be told: who reads a place of Git's is not said there.
   * @param visibility the ledger's own
   */
  isPublic(visibility: Visibility): Promise<boolean>;
  close(): Promise<void>;
}

/** @throws AergoError AERGO_REMOTE_MISSING; AERGO_LOCKED and what opening a repository on this machine throws */
export async function connect(
  url: string,
  access: RemoteAccess,
  options: RepositoryOptions,
): Promise<RemoteConnection> {
  const place = placeOf(url);
  if (place.kind === 'http') {
    const { agent } = access;
    const transport = new HttpTransport(place.url, { agent, authorize: (refused) => access.authorize(url, refused) });
    return { transport, isPublic: () => readsAnonymously(url, agent), close: async () => undefined };
  }
  if (place.kind === 'git')
    return {
      transport: new ProcessTransport(place.path, access.environment),
      isPublic: async (visibility) => visibility === 'public',
      close: async () => undefined,
    };
  return connectHere(place.path, access, options);
}

/** A repository of ours on this machine: judged and written as its server would. */
async function connectHere(
  directory: string,
  { agent, key, isPrivate, onMessage }: RemoteAccess,
  options: RepositoryOptions,
): Promise<RemoteConnection> {
  const { context, loan } = await openBorrowed(directory, options, Store.open);
  const isHere = (): boolean => isHome(context.directoryVersion.policy.home, directory);
  const begin: PushTarget['begin'] = ({ commands }) => {
    if (key === undefined) throw new AergoError('AERGO_INTERNAL', 'a push was begun without a key');
    return receivePush(context, key.id, commands, {
      publisher: isHere() ? key.id : undefined,
      async onMoved() {
        if (isHere()) await publishRefs(context, key);
      },
      onUnpublished: (error) => onMessage?.(`not published: ${error instanceof Error ? error.message : error}\n`),
    });
  };
  // As it stands at each request: a push moves what the next one finds.
  const asItStands = (): Transport => {
    const served = servedRepository(context);
    return new LocalTransport(served, { refs: served.refs, begin }, { agent });
  };
  return {
    transport: {
      discover: (service, version) => asItStands().discover(service, version),
      request: (service, version, body) => asItStands().request(service, version, body),
    },
    isPublic: async () => context.directoryVersion.policy.visibility === 'public' && isPrivate?.(directory) !== true,
    async close() {
      try {
        await context.close();
      } finally {
        loan?.end();
      }
    },
  };
}

/** Whether the remote shows its refs to whoever does not say who he is. */
async function readsAnonymously(url: string, agent: string): Promise<boolean> {
  try {
    await discoverRefs(new HttpTransport(url, { agent, authorize: async () => undefined }), 'git-upload-pack', {
      agent,
    });
    return true;
  } catch (error) {
    if (error instanceof AergoError && error.code === 'AERGO_REMOTE_LOGIN') return false;
    throw error;
  }
}
