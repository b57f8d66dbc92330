/**
 * Making and opening a repository: a store with what is derived from its blocks, and for a new one the genesis block with
 * directory version 1, in one durable write.
 */
import { engineDescription } from '../contract/engine-description.ts';
import type { SigningKey } from '../crypto/key.ts';
import type { Visibility } from '../directory/files.ts';
import { writeFirstVersion } from '../directory/first-version.ts';
import { genesisContent } from '../ledger/assemble.ts';
import { sealBlock } from '../ledger/block.ts';
import { objectsOfBlock } from '../ledger/block-objects.ts';
import { History } from '../ledger/history.ts';
import { branchRef, directoryRef } from '../ledger/names.ts';
import { ObjectBuffer } from '../object/source.ts';
import { emptyState } from '../state/state-update.ts';
import type { StoreOptions } from '../store/open.ts';
import { Store } from '../store/store.ts';
import { RepositoryContext, type RepositoryOptions } from './context.ts';

export interface InitOptions extends RepositoryOptions {
  /** Becomes the one member and admin, and seals the genesis block. */
  readonly key: SigningKey;
  /** What the member is called. */
  readonly memberName: string;
  readonly visibility: Visibility;
}

const branchOfGenesis = 'main';

/**
 * Makes a repository.
 * @param directory the `.aergo` directory to make
 * @throws AergoError AERGO_REPOSITORY_EXISTS
 */
export async function initRepository(directory: string, options: InitOptions): Promise<RepositoryContext> {
  const history = new History();
  const engineText = options.engineDescription ?? engineDescription();
  const store = await Store.create(directory, storeOptions(options, history));
  const buffer = new ObjectBuffer(store);
  const hex = (bytes: number): string => Buffer.from(options.random(bytes)).toString('hex');
  const engine = buffer.put('blob', Buffer.from(engineText));
  const place = { branch: branchOfGenesis, start: hex(8), time: options.clock() };
  const genesis = sealBlock(
    buffer,
    genesisContent({ ...place, nonce: hex(16), engine, state: emptyState(buffer) }),
    options.key,
  );
  const blockObjects = objectsOfBlock(buffer, genesis);
  const directoryBuffer = new ObjectBuffer(buffer);
  const { visibility, memberName } = options;
  const version = writeFirstVersion(
    directoryBuffer,
    { genesis, ...place, engine, visibility, memberName },
    options.key,
  );
  const ref = branchRef(branchOfGenesis);
  await store.write({
    blocks: [{ id: genesis, objects: blockObjects }],
    objects: directoryBuffer.objects(),
    refs: [
      { name: ref, old: null, new: genesis, start: place.start, height: 0 },
      { name: directoryRef, old: null, new: version },
    ],
    operation: { time: place.time, command: options.holder.command, head: ref },
  });
  return new RepositoryContext(directory, options, store, history, engineText);
}

/** Opens a repository; `open` is the store's way: as it is, or with its index made anew. */
export async function openContext(
  directory: string,
  options: RepositoryOptions,
  open: typeof Store.open,
): Promise<RepositoryContext> {
  const history = new History();
  const store = await open(directory, storeOptions(options, history));
  return new RepositoryContext(directory, options, store, history, options.engineDescription ?? engineDescription());
}

export function storeOptions({ holder, lockTimeout_ms }: RepositoryOptions, history: History): StoreOptions {
  return { holder, lockTimeout_ms, derive: history.derive.bind(history) };
}
