/**
 * From a directory to an open store: lock, index, recovery, and the plain files brought up to the log. With nothing to
 * recover no volume is scanned: one commit needle is read, to see that index and log belong together.
 */
import { dirname, join } from 'node:path';
import { AergoError } from '../errors.ts';
import { volumeNeedle } from './commit-record.ts';
import { storeDamaged, storeFault } from './damage.ts';
import { type FileSystem, nodeFileSystem } from './file-system.ts';
import type { Derive } from './indexed-write.ts';
import { logBegin } from './log-chain.ts';
import { isFault } from './needle.ts';
import { readObject } from './read-object.ts';
import type { RefState } from './refs.ts';
import {
  checkFormat,
  decodeRefsFile,
  encodeRefsFile,
  formatVersion,
  type RefsFile,
  writeHead,
  writeRefsFile,
} from './refs-file.ts';
import { Replay, type TornTail } from './replay.ts';
import { indexDamaged, type LogPosition, type StoreIndex } from './store-index.ts';
import { type Holder, openIndex, releaseIndex, removeIndex } from './store-lock.ts';
import { VolumeLog } from './volume-log.ts';

export interface StoreOptions {
  /** The machine's own when left out. */
  readonly fileSystem?: FileSystem;
  readonly derive: Derive;
  /** Who opens the store: shown to those who wait for it. */
  readonly holder: Holder;
  /** How long to wait for another process to close the store. */
  readonly lockTimeout_ms: number;
  /** Called whenever it was found in use, before it is tried again: it may get the holder to close the store. */
  readonly onLocked?: () => Promise<void>;
  /** Beyond this a new volume is begun; 1 GiB when left out. */
  readonly volumeLimit_bytes?: number;
}

/** The parts of an open store. */
export interface OpenStore {
  readonly fileSystem: FileSystem;
  readonly log: VolumeLog;
  readonly index: StoreIndex;
  readonly refs: Map<string, RefState>;
  readonly position: LogPosition;
  readonly tornTail: TornTail | undefined;
}

/** `create`: there must be none yet. `rebuild`: the index is thrown away first. */
export type OpenHow = 'create' | 'open' | 'rebuild';

export async function openStore(directory: string, options: StoreOptions, how: OpenHow): Promise<OpenStore> {
  const fileSystem = options.fileSystem ?? nodeFileSystem;
  try {
    if (how === 'create') makeRoom(fileSystem, directory);
    else checkFormat(fileSystem, directory);
    const index = await lockedIndex(fileSystem, directory, options, how);
    try {
      if (how === 'create') await createFiles(fileSystem, directory);
      return await recover(fileSystem, directory, options, index);
    } catch (error) {
      await releaseIndex(fileSystem, directory, index);
      throw error;
    }
  } catch (error) {
    throw storeFault(error, `opening ${directory}`);
  }
}

function lockedIndex(
  fileSystem: FileSystem,
  directory: string,
  { holder, lockTimeout_ms, onLocked }: StoreOptions,
  how: OpenHow,
): Promise<StoreIndex> {
  const open = () => openIndex(fileSystem, directory, holder, lockTimeout_ms, onLocked);
  return how === 'rebuild' ? emptyIndex(fileSystem, directory, open) : open();
}

/** The index without its entries; its files are removed where LevelDB can no longer read them. */
async function emptyIndex(
  fileSystem: FileSystem,
  directory: string,
  open: () => Promise<StoreIndex>,
): Promise<StoreIndex> {
  try {
    const index = await open();
    try {
      await index.clear();
      return index;
    } catch (error) {
      await index.close();
      throw indexDamaged(error);
    }
  } catch (error) {
    if (!(error instanceof AergoError && error.code === 'AERGO_INDEX_DAMAGED')) throw error;
    removeIndex(fileSystem, directory);
    return open();
  }
}

function makeRoom(fileSystem: FileSystem, directory: string): void {
  refuseExisting(fileSystem, directory);
  fileSystem.mkdir(directory);
}

function refuseExisting(fileSystem: FileSystem, directory: string): void {
  if (!fileSystem.exists(join(directory, 'format'))) return;
  throw new AergoError('AERGO_REPOSITORY_EXISTS', `there is a repository in ${directory} already`, {
    details: { directory },
  });
}

/** Made under the lock; `format` comes last, so that what a crash leaves half made is no repository yet. */
async function createFiles(fileSystem: FileSystem, directory: string): Promise<void> {
  refuseExisting(fileSystem, directory);
  const header = volumeNeedle(1, 0, null);
  const log = new VolumeLog(fileSystem, directory);
  if (log.last > 1 || log.end > header.length) {
    throw new AergoError('AERGO_STORE_DAMAGED', `${directory} holds volumes, but its file "format" is not there`, {
      hint: `if it is a repository, write a line with ${formatVersion} into that file`,
      details: { directory },
    });
  }
  if (log.last === 0) await log.addVolume(header);
  log.close();
  const format = fileSystem.open(join(directory, 'format.new'), 'create');
  format.writeAt(Buffer.from(`${formatVersion}\n`), 0);
  await format.datasync();
  format.close();
  fileSystem.rename(join(directory, 'format.new'), join(directory, 'format'));
  await fileSystem.syncDirectory(directory);
  await fileSystem.syncDirectory(dirname(directory));
}

async function recover(
  fileSystem: FileSystem,
  directory: string,
  options: StoreOptions,
  index: StoreIndex,
): Promise<OpenStore> {
  const log = new VolumeLog(fileSystem, directory);
  try {
    const found = readRefs(fileSystem, directory);
    const from = await indexedPosition(log, index);
    const refs = from === logBegin ? new Map<string, RefState>() : await index.refs();
    const recovered = await new Replay(
      {
        log,
        index,
        readObject: (place, oid) => readObject(log, place, oid),
        derive: options.derive,
        refs,
        acknowledged: decodeRefsFile(found)?.acknowledged,
      },
      from,
    ).run();
    bringUp(fileSystem, directory, found, refsFile(refs, recovered.position));
    return { fileSystem, log, index, refs, ...recovered };
  } catch (error) {
    log.close();
    throw error;
  }
}

function readRefs(fileSystem: FileSystem, directory: string): string {
  const path = join(directory, 'refs');
  return fileSystem.exists(path) ? fileSystem.readFile(path).toString() : '';
}

/** Where the index stands; an index of another log, or of another layout, is emptied. */
async function indexedPosition(log: VolumeLog, index: StoreIndex): Promise<LogPosition> {
  const position = index.position();
  if (position?.commit) {
    const { volume, offset } = position.commit;
    const needle = log.readAt(volume, offset);
    if (isFault(needle)) throw storeDamaged({ volume, offset, ...idOf(position) }, needle.fault);
    if (needle.id === position.commitId) return position;
  }
  await index.clear();
  return logBegin;
}

function idOf({ commitId }: LogPosition): { id?: string } {
  return commitId === null ? {} : { id: commitId };
}

/** What the `refs` file says of a state. */
export function refsFile(refs: ReadonlyMap<string, RefState>, position: LogPosition): RefsFile {
  const { volume, offset, sequence, head } = position;
  return { head, refs: sortedRefs(refs), acknowledged: { volume, offset, sequence } };
}

/** In name order (by UTF-16 code units, as everywhere in the store). */
export function sortedRefs(refs: ReadonlyMap<string, RefState>): RefState[] {
  return [...refs.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Both plain files follow the log: a crash may have come between, a power loss may have undone their renames. */
function bringUp(fileSystem: FileSystem, directory: string, found: string, wanted: RefsFile): void {
  if (found !== encodeRefsFile(wanted)) writeRefsFile(fileSystem, directory, wanted);
  const path = join(directory, 'HEAD');
  const head = fileSystem.exists(path) ? fileSystem.readFile(path).toString() : '';
  if (head !== `ref: ${wanted.head}\n`) writeHead(fileSystem, directory, wanted.head);
}
