/** Finds the repository that a directory belongs to: the nearest `.aergo` upwards, or the directory itself when bare. */
import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { AergoError } from '../errors.ts';

/**
 * @param from Where to begin.
 * @returns The directory that holds `format`, `HEAD`, `volumes`: `.aergo` of a work directory, or a bare repository.
 * @throws AergoError AERGO_NOT_A_REPOSITORY
 */
export function locateRepository(from: string): string {
  for (let directory = resolve(from); ; directory = dirname(directory)) {
    for (const candidate of [join(directory, '.aergo'), directory]) {
      if (existsSync(join(candidate, 'format')) && existsSync(join(candidate, 'volumes'))) return candidate;
    }
    if (dirname(directory) === directory) break;
  }
  throw new AergoError(
    'AERGO_NOT_A_REPOSITORY',
    `${resolve(from)} is not in a repository, nor is any directory above it`,
    {
      hint: 'aergo init      (makes one here)',
    },
  );
}

/** The directory to work in. @throws AergoError AERGO_USAGE where it is none */
export function workingDirectory(path: string): string {
  const directory = resolve(path);
  if (path.includes('\0') || statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new AergoError('AERGO_USAGE', `${path.replaceAll('\0', '\\0')} is not a directory`);
  }
  return directory;
}
