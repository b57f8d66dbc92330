/**
 * A block's tree as plain files in a directory: the work tree of an exported repository.
 */
import { closeSync, fstatSync, openSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AergoError } from '../errors.ts';
import type { CheckedOutFile } from '../object/git-index.ts';
import type { Oid } from '../object/oid.ts';
import { type ObjectSource, readBlob, readTree } from '../object/source.ts';
import { systemCode } from '../store/damage.ts';

/**
 * Writes the files of a tree below a directory that exists and has none of them.
 * @returns what Git's index says of each
 * @throws AergoError AERGO_EXPORT_REFUSED where two names are one, AERGO_OBJECT_INVALID for a link or an executable, which no block has, and what the source throws
 */
export async function checkOut(source: ObjectSource, tree: Oid, directory: string): Promise<CheckedOutFile[]> {
  const files: CheckedOutFile[] = [];
  const visit = async (oid: Oid, folder: string): Promise<void> => {
    for (const entry of readTree(source, oid)) {
      const path = `${folder}${entry.name}`;
      if (entry.mode === '40000') {
        await visit(entry.oid, `${path}/`);
      } else if (entry.mode === '100644') {
        // With its first file, as Git does it: an empty tree is no directory.
        if (!files.at(-1)?.path.startsWith(folder)) await mkdir(join(directory, folder), { recursive: true });
        files.push({ path, oid: entry.oid, ...writeNew(join(directory, path), readBlob(source, entry.oid)) });
      } else {
        throw new AergoError('AERGO_OBJECT_INVALID', `the file ${JSON.stringify(path)} has the mode ${entry.mode}`);
      }
    }
  };
  await visit(tree, '');
  return files;
}

/** Never over a file that is there: on a file system that ignores case, two names may be one. */
function writeNew(path: string, body: Uint8Array): Omit<CheckedOutFile, 'path' | 'oid'> {
  const file = openNew(path);
  try {
    writeFileSync(file, body);
    const stat = fstatSync(file, { bigint: true });
    return {
      changed_ns: stat.ctimeNs,
      modified_ns: stat.mtimeNs,
      device: stat.dev,
      inode: stat.ino,
      user: stat.uid,
      group: stat.gid,
      size: stat.size,
    };
  } finally {
    closeSync(file);
  }
}

function openNew(path: string): number {
  try {
    return openSync(path, 'wx');
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    throw new AergoError('AERGO_EXPORT_REFUSED', 'two files of the ledger have one name on this file system', {
      hint: 'aergo export git --bare DIR     (nothing is checked out)',
      cause: error,
    });
  }
}
