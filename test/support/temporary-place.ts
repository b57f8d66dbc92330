/**
 * Where tests put what they make: a folder of this run's own, in memory where there is room. They make and remove many thousands
 * of small files, and a disk's file system takes longer over that than the tests over their work.
 */
import { chmodSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const memory = '/dev/shm';
/** More than two workers have ever used at once. */
const enough_bytes = 4 * 1_073_741_824;

export default function takePlace(): () => void {
  const directory = mkdtempSync(join(hasRoomInMemory() ? memory : tmpdir(), 'aergo-tests-'));
  // Other users' servers have their folders in it (native-postgres.ts).
  chmodSync(directory, 0o755);
  process.env.TMPDIR = directory;
  // What Node compiles of the sources, for every thread of an engine; a process may write there when the run is over.
  process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('../../node_modules/.cache/compiled', import.meta.url));
  return () => rmSync(directory, { recursive: true, force: true });
}

/** Whether files can be kept in memory here, and run from there. */
function hasRoomInMemory(): boolean {
  if (process.platform !== 'linux') return false;
  const mount = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .find((line) => line.split(' ')[1] === memory);
  if (mount === undefined || mount.split(' ')[3]?.split(',').includes('noexec')) return false;
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize >= enough_bytes;
}
