/**
 * `engine.lock`: one process at a time has a directory's engine open (PGlite itself does not lock). A lock whose process is
 * gone counts for nothing, so a killed process needs no repair.
 */
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AergoError } from '../errors.ts';

/** Time between two looks at a lock that somebody has. */
const look_ms = 20;

/**
 * Takes the lock of a directory, which is made where needed.
 * @param timeout_ms how long to wait for a process that has it
 * @returns gives the lock back
 * @throws AergoError AERGO_ENGINE_LOCKED, with the process that has it
 */
export async function lockEngine(directory: string, timeout_ms: number): Promise<() => void> {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, 'engine.lock');
  for (let left_ms = timeout_ms; ; left_ms -= look_ms) {
    if (create(file)) return () => rmSync(file, { force: true });
    const holder = readHolder(file);
    // Whoever has just made it has yet to write who it is.
    const isFresh = holder === undefined && left_ms === timeout_ms;
    if (holder !== undefined && isAlive(holder)) {
      if (left_ms <= 0) throw locked(holder);
    } else if (!isFresh) {
      takeAway(file);
      continue;
    }
    await delay(look_ms);
  }
}

function create(file: string): boolean {
  try {
    const handle = openSync(file, 'wx', 0o600);
    writeSync(handle, `${process.pid}\n`);
    closeSync(handle);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  }
}

function readHolder(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, 'utf8').trim());
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Renames before removing, so that of two that find the same dead lock neither removes the other's new one unseen. */
function takeAway(file: string): void {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return;
    throw error;
  }
  const holder = readHolder(aside);
  if (holder !== undefined && isAlive(holder)) renameSync(aside, file);
  else rmSync(aside, { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isCode(error, 'EPERM');
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

function locked(pid: number): AergoError {
  return new AergoError('AERGO_ENGINE_LOCKED', `The SQL engine of this repository is in use by process ${pid}.`, {
    hint: 'try again when it has ended',
    details: { pid },
  });
}
