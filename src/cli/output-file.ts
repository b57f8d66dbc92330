/** Files that a command writes for people. */
import { writeFileSync } from 'node:fs';
import { AergoError } from '../errors.ts';

/** Writes a file, in the place of one that is there. @throws AergoError AERGO_FILE_UNWRITABLE */
export function writeTextFile(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** Writes a file that is not there yet. @throws AergoError AERGO_FILE_EXISTS, AERGO_FILE_UNWRITABLE */
export function writeNewFile(path: string, text: string): void {
  try {
    writeFileSync(path, text, { flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw unwritable(path, error);
    throw new AergoError('AERGO_FILE_EXISTS', `there is a file ${path} already`, {
      hint: 'nothing was written over: take another name, or move it away',
      details: { path },
      cause: error,
    });
  }
}

function unwritable(path: string, cause: unknown): AergoError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AergoError('AERGO_FILE_UNWRITABLE', `${path.replaceAll('\0', '\\0')} cannot be written: ${reason}`, {
    details: { path },
    cause,
  });
}
