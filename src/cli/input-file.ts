/** Files that the command line names, and `-` for stdin. */
import { createReadStream, readFileSync, statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { TextDecoder } from 'node:util';
import { AergoError } from '../errors.ts';

/** @throws AergoError AERGO_FILE_UNREADABLE */
export function readTextFile(path: string): string {
  return guarded(path, () => decoder().decode(readFileSync(path === '-' ? 0 : path)));
}

/** Reads a file piece by piece. @throws AergoError AERGO_FILE_UNREADABLE, before anything is read */
export function openInput(path: string): Readable {
  if (path === '-') return process.stdin;
  return guarded(path, () => {
    if (statSync(path).isDirectory()) throw new Error('it is a directory');
    return createReadStream(path);
  });
}

/** The lines of a stream, without their LF; a line may not be longer than `limit` characters. */
export async function* linesOf(input: Readable, path: string, limit: number): AsyncGenerator<string> {
  let rest = '';
  try {
    for await (const chunk of textOf(input)) {
      const lines = `${rest}${chunk}`.split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > limit)
        throw new AergoError('AERGO_FILE_UNREADABLE', `a line of ${path} is over ${limit} characters long`);
      yield* lines;
    }
  } catch (error) {
    throw error instanceof AergoError ? error : unreadable(path, error);
  }
  if (rest !== '') yield rest;
}

/** The text of a stream. @throws TypeError where it is not UTF-8: what is signed is what was written, to the byte */
export async function* textOf(input: Readable): AsyncGenerator<string> {
  const utf8 = decoder();
  for await (const chunk of input) yield utf8.decode(chunk, { stream: true });
  yield utf8.decode();
}

const decoder = (): TextDecoder => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function guarded<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw unreadable(path, error);
  }
}

export function unreadable(path: string, cause: unknown): AergoError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  const known: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file',
    ERR_ENCODING_INVALID_ENCODED_DATA: 'it is not UTF-8',
  };
  const reason = known[String(code)] ?? (cause instanceof Error ? cause.message : String(cause));
  return new AergoError('AERGO_FILE_UNREADABLE', `${path.replaceAll('\0', '\\0')} cannot be read: ${reason}`, {
    details: { path },
    cause,
  });
}
