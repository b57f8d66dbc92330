/** Stock Git against the server, over real sockets: it fetches, and pushes what verifies. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { allowedSignersLine } from '../../src/crypto/openssh.ts';
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

  test('every block of a clone verifies with git verify-commit, and none without its sealer’s key', async () => {
    const bank = await serveBank();
    const sealed = await sealAndExport(bank.copy, ['1', '2']);
    const token = tokenFor(bank.url, keyOf('ada'));
    expect(await git(sealed.directory, ['push', '-q', bank.url, 'main'], token)).toMatchObject({ status: 0 });
    const folder = temporaryDirectory();
    const clone = join(folder, 'clone');
    expect((await git('/', [...protocol, 'clone', '-q', bank.url, clone])).status).toBe(0);
    const directory = 'refs/aergo/directory:refs/aergo/directory';
    expect((await git(clone, [...protocol, 'fetch', '-q', 'origin', directory])).status).toBe(0);
    const signers = join(folder, 'signers');
    await git(clone, ['config', 'gpg.ssh.allowedSignersFile', signers]);
    const commits = (await git(clone, ['rev-list', '--all'])).stdout.trim().split('\n');
    // Six blocks, and the directory before and after the push.
    expect(commits).toHaveLength(8);
    const { id } = keyOf('ada');
    writeFileSync(signers, `${allowedSignersLine(id, id)}\n`);
    for (const commit of commits) {
      const good = { status: 0, stderr: expect.stringContaining(`Good "git" signature for ${id}`) };
      expect(await git(clone, ['verify-commit', commit])).toMatchObject(good);
    }
    writeFileSync(signers, `${allowedSignersLine(id, keyOf('eve').id)}\n`);
    for (const commit of commits) expect((await git(clone, ['verify-commit', commit])).status).not.toBe(0);
  });

  test('ls-remote sees every ref', async () => {
    const bank = await serveBank();
    const { stdout } = await git('/', [...protocol, 'ls-remote', bank.url]);
    const names = stdout.split('\n').map((line) => line.split('\t')[1]);
    expect(names).toEqual(['HEAD', 'refs/aergo/directory', 'refs/heads/main', undefined]);
  });

  test('a shallow clone has the depth that it asked for, deepens step by step, and becomes whole', async () => {
    const bank = await serveBank();
    const clone = join(temporaryDirectory(), 'clone');
    const depth = async () => {
      const [count, shallow] = [
        ['rev-list', '--count', 'HEAD'],
        ['rev-parse', '--is-shallow-repository'],
      ];
      return [(await git(clone, count)).stdout.trim(), (await git(clone, shallow)).stdout.trim()];
    };
    const fetched = async (...how: string[]) => {
      expect(await git(clone, [...protocol, 'fetch', '-q', ...how])).toMatchObject({ status: 0, stderr: '' });
      expect((await git(clone, ['fsck', '--strict'])).status).toBe(0);
      return depth();
    };
    expect((await git('/', [...protocol, 'clone', '-q', '--depth', '1', bank.url, clone])).status).toBe(0);
    expect(await depth()).toEqual(['1', 'true']);
    expect(await fetched('--deepen', '1')).toEqual(['2', 'true']);
    expect(await fetched('--deepen', '1')).toEqual(['3', 'true']);
    expect(await fetched('--depth', '2')).toEqual(['2', 'true']);
    expect(await fetched('--unshallow')).toEqual(['4', 'false']);
  });
});
