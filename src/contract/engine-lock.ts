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
    writeSync(handle, `${process.pid} ${startOf(process.pid) ?? ''}\n`);
    closeSync(handle);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** A process: its id alone may since have become another's, when it began tells them apart. */
interface Holder {
  readonly pid: number;
  readonly start: string | undefined;
}

function readHolder(file: string): Holder | undefined {
  try {
    const [pid = '', start] = readFileSync(file, 'utf8').trim().split(' ');
    return /^[1-9]\d{0,14}$/.test(pid) ? { pid: Number(pid), start } : undefined;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** When a process began, in ticks since the machine did; undefined where the system does not say. See proc(5), `stat`. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is a name in parentheses, with anything in it; the start is the 22nd.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[22 - 3];
  } catch (error) {
    if (isCode(error, 'ENOENT') || isCode(error, 'ESRCH') || isCode(error, 'EACCES')) return undefined;
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

function isAlive({ pid, start }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return isCode(error, 'EPERM');
  }
  return start === undefined || start === startOf(pid);
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

function locked({ pid }: Holder): AergoError {
  return new AergoError('AERGO_ENGINE_LOCKED', `the SQL engine of this repository is in use by process ${pid}`, {
    hint: 'try again when it has ended',
    details: { pid },
  });
}
