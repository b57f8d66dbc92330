/**
 * Getting the store for oneself: LevelDB's own lock is the lock, since the system frees it however a process dies.
 * `.aergo/lock` only says who has it, for the message to those who wait in vain.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Level } from 'level';
import { AergoError } from '../errors.ts';
import { type FileSystem, replaceFile } from './file-system.ts';
import { indexDamaged, StoreIndex } from './store-index.ts';

/** Who holds the store: the process, its command line, and since when (ms since 1970). */
export interface Holder {
  readonly pid: number;
  readonly command: string;
  readonly since: number;
}

const leastWait_ms = 10;
const waitSpread_ms = 16;

/**
 * Opens the index of an `.aergo` directory, waiting up to `timeout_ms` for whoever has it.
 * @param onLocked is called after each attempt that found it in use
 * @throws AergoError AERGO_LOCKED (exit 75) naming the holder; AERGO_INDEX_DAMAGED when LevelDB cannot open it
 */
export async function openIndex(
  fileSystem: FileSystem,
  directory: string,
  holder: Holder,
  timeout_ms: number,
  onLocked?: () => Promise<void>,
): Promise<StoreIndex> {
  const database = await openLevel(fileSystem, directory, holder, timeout_ms, onLocked);
  try {
    replaceFile(fileSystem, join(directory, 'lock'), `${JSON.stringify(holder)}\n`);
    return new StoreIndex(database);
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Lets the next one in. Our name is taken out of `.aergo/lock` before that, so that it never is another's. */
export async function releaseIndex(fileSystem: FileSystem, directory: string, index: StoreIndex): Promise<void> {
  const path = join(directory, 'lock');
  try {
    if (fileSystem.exists(path)) fileSystem.unlink(path);
  } finally {
    await index.close();
  }
}

/** Removes the index's files, but for LevelDB's LOCK, which keeps two processes from making it anew at once. */
export function removeIndex(fileSystem: FileSystem, directory: string): void {
  const index = join(directory, 'index');
  if (!fileSystem.exists(index)) return;
  for (const name of fileSystem.readdir(index)) {
    if (name !== 'LOCK') fileSystem.unlink(join(index, name));
  }
}

async function openLevel(
  fileSystem: FileSystem,
  directory: string,
  holder: Holder,
  timeout_ms: number,
  onLocked?: () => Promise<void>,
): Promise<Level<Buffer, Buffer>> {
  const timeout = AbortSignal.timeout(timeout_ms);
  for (let attempt = 0; ; attempt++) {
    const database = new Level<Buffer, Buffer>(join(directory, 'index'), {
      keyEncoding: 'buffer',
      valueEncoding: 'buffer',
    });
    try {
      await database.open();
      return database;
    } catch (error) {
      if (!isLocked(error)) throw indexDamaged(error);
      if (timeout.aborted) throw locked(fileSystem, directory, timeout_ms);
    }
    await onLocked?.();
    // Spread by process and attempt, so that those who wait do not ask in step.
    await sleep(leastWait_ms + ((holder.pid * 7 + attempt * 5) % waitSpread_ms));
  }
}

function isLocked(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause && cause.code === 'LEVEL_LOCKED';
}

function locked(fileSystem: FileSystem, directory: string, waited_ms: number): AergoError {
  const other = readHolder(fileSystem, directory);
  const who =
    other === undefined
      ? 'another process'
      : `process ${other.pid} (${other.command}) since ${new Date(other.since).toISOString()}`;
  return new AergoError('AERGO_LOCKED', `the repository is in use by ${who}; waited ${waited_ms} ms`, {
    hint: 'try again, or wait longer with --lock-timeout',
    details: { ...other, waited_ms },
  });
}

function readHolder(fileSystem: FileSystem, directory: string): Holder | undefined {
  const path = join(directory, 'lock');
  try {
    const holder: unknown = JSON.parse(fileSystem.readFile(path).toString());
    return isHolder(holder) ? holder : undefined;
  } catch {
    return undefined; // it has just gone, or was left half written: the message does without
  }
}

function isHolder(value: unknown): value is Holder {
  if (typeof value !== 'object' || value === null) return false;
  if (!('pid' in value && 'command' in value && 'since' in value)) return false;
  const { pid, command, since } = value;
  const isTime = typeof since === 'number' && Math.abs(since) <= 8.64e15;
  return typeof pid === 'number' && typeof command === 'string' && isTime;
}
