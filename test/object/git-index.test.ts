/** The index file that we write is the one that stock Git writes for the same files, and Git takes it as its own. */
import { lstatSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { encodeGitIndex } from '../../src/object/git-index.ts';
import { objectId } from '../../src/object/object.ts';
import { StockGit } from './stock-git.ts';

const longFolder = 'd'.repeat(200);

function checkedOut(git: StockGit, path: string, text: string) {
  const place = join(git.directory, path);
  mkdirSync(dirname(place), { recursive: true });
  writeFileSync(place, text);
  // Older than the index, so that Git trusts what the index says of it.
  utimesSync(place, 1_600_000_000, 1_600_000_000);
  const stat = lstatSync(place, { bigint: true });
  return {
    path,
    oid: objectId('blob', Buffer.from(text)),
    changed_ns: stat.ctimeNs,
    modified_ns: stat.mtimeNs,
    device: stat.dev,
    inode: stat.ino,
    user: stat.uid,
    group: stat.gid,
    size: stat.size,
  };
}

describe('an index file', () => {
  test('is byte for byte what git add writes, whatever the length of the paths', () => {
    using git = new StockGit();
    const paths = ['a', 'a-b', 'a.b', 'a0', 'a/b', 'é', 'Z', `${longFolder}/${longFolder}/end`];
    for (let length = 1; length <= 9; length += 1) paths.push(`name${'n'.repeat(length)}`);
    const files = paths.filter((path) => path !== 'a').map((path, at) => checkedOut(git, path, `${at}\n`));
    git.run(['-c', 'index.version=2', 'add', '--all']);
    const written = readFileSync(join(git.directory, '.git', 'index'));
    const made = encodeGitIndex(files);
    expect(git.run(['ls-files', '--stage'])).not.toBe('');
    expect(Buffer.compare(made, written)).toBe(0);
  });

  test('of no files is taken by Git', () => {
    using git = new StockGit();
    writeFileSync(join(git.directory, '.git', 'index'), encodeGitIndex([]));
    expect(git.run(['ls-files'])).toBe('');
  });
});
