/**
 * `engine.lock`: one process at a time has a directory's engine open (PGlite itself does not lock). A lock whose process is
 * gone counts for nothing, so a killed process needs no repair.
 */
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { AergoError } from '../errors.ts';

/**
 * Takes the lock of a directory, which is made where needed.
 * @returns gives the lock back
 * @throws AergoError AERGO_ENGINE_LOCKED, with the process that has it
 */
export function lockEngine(directory: string): () => void {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, 'engine.lock');
  for (let attempt = 0; attempt < 10; attempt += 1) {
    if (create(file)) return () => rmSync(file, { force: true });
    const holder = readHolder(file);
    if (holder !== undefined && isAlive(holder)) throw locked(holder);
    takeAway(file);
  }
  throw locked(readHolder(file));
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
  if (holder !== undefined && isAlive(holder)) {
    renameSync(aside, file);
    throw locked(holder);
  }
  rmSync(aside, { force: true });
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

function locked(pid: number | undefined): AergoError {
  return new AergoError(
    'AERGO_ENGINE_LOCKED',
    `The SQL engine of this repository is in use by process ${pid ?? 'unknown'}.`,
    {
      hint: 'try again when it has ended',
      details: { pid },
    },
  );
}
