/** Stock Git against the server, over real sockets: it fetches, and pushes what verifies. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { keyOf, temporaryDirectory } from '../support/repository.ts';
import { git, sealAndExport, serveBank, tokenFor } from './served-bank.ts';

describe.each([0, 1, 2])('with protocol %i', (version) => {
  const protocol = ['-c', `protocol.version=${version}`];

  test('a clone is whole, and a new block is fetched', async () => {
    const bank = await serveBank();
    const clone = join(temporaryDirectory(), 'clone');
    expect(await git('/', [...protocol, 'clone', '-q', bank.url, clone])).toMatchObject({ status: 0, stderr: '' });
    expect((await git(clone, ['fsck', '--strict'])).status).toBe(0);
    expect((await git(clone, ['rev-list', '--count', 'HEAD'])).stdout).toBe('4\n');
    const sealed = await sealAndExport(bank.copy, ['1']);
    const pushed = await git(
      sealed.directory,
      [...protocol, 'push', bank.url, 'main'],
      tokenFor(bank.url, keyOf('ada')),
    );
    expect(pushed).toMatchObject({ status: 0 });
    expect((await git(clone, [...protocol, 'pull', '-q', '--ff-only'])).status).toBe(0);
    expect((await git(clone, ['rev-parse', 'HEAD'])).stdout).toBe(`${sealed.head}\n`);
  });

  test('ls-remote sees every ref, and a clone of one block has one', async () => {
    const bank = await serveBank();
    const { stdout } = await git('/', [...protocol, 'ls-remote', bank.url]);
    const names = stdout.split('\n').map((line) => line.split('\t')[1]);
    expect(names).toEqual(['HEAD', 'refs/aergo/directory', 'refs/heads/main', undefined]);
    const clone = join(temporaryDirectory(), 'clone');
    expect((await git('/', [...protocol, 'clone', '-q', '--depth', '1', bank.url, clone])).status).toBe(0);
    expect((await git(clone, ['rev-list', '--count', 'HEAD'])).stdout).toBe('1\n');
    expect((await git(clone, ['fetch', '-q', '--unshallow'])).status).toBe(0);
    expect((await git(clone, ['rev-list', '--count', 'HEAD'])).stdout).toBe('4\n');
  });
});
