/** Our own client against our server, plain paths and Git's programs: what it takes is verified before it is there. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Repository } from '../../src/repository.ts';
import { closeQuietly, keyOf, openRepository, temporaryDirectory } from '../support/repository.ts';
import { access, git, realOptions, sealAndExport, serveBank, tokenFor } from './served-bank.ts';

async function clone(
  url: string,
): Promise<{ report: Awaited<ReturnType<typeof Repository.clone>>; repository: Repository }> {
  const report = await Repository.clone(url, join(temporaryDirectory(), 'new', 'clone'), realOptions(), { access });
  return { report, repository: await openRepository(report.directory, realOptions()) };
}

test('a clone over HTTP is whole, verifies, and fetches what comes later', async () => {
  const bank = await serveBank();
  const { report, repository } = await clone(bank.url);
  expect(report).toMatchObject({ branch: 'main', height: 3, branches: 1, blocks: 4 });
  expect((await repository.get('bank.accounts', ['alice']))?.row).toEqual({ owner: 'alice', balance: '100.00' });
  expect(repository.remotes()).toEqual([{ name: 'origin', url: bank.url }]);
  expect(await repository.fetch('origin', { access })).toMatchObject({ branches: [], blocks: 0 });
  const sealed = await sealAndExport(bank.copy, ['1', '2']);
  await git(sealed.directory, ['push', '-q', bank.url, 'main'], tokenFor(bank.url, keyOf('ada')));
  const fetched = await repository.fetch('origin', { access });
  expect(fetched).toMatchObject({
    branches: [{ branch: 'main', new: sealed.head, height: 5, forced: false }],
    directory: { before: 1, after: 2 },
    blocks: 2,
  });
  expect(await repository.resolve('origin/main')).toBe(sealed.head);
  expect((await repository.verify()).blocks).toBe(4);
});

test.each(['a path of ours', 'a path of Git’s'])('a clone of %s is the same', async (kind) => {
  const bank = await serveBank();
  const path = kind === 'a path of ours' ? bank.copy : (await sealAndExport(bank.copy, [])).directory;
  const { report, repository } = await clone(path);
  expect(report).toMatchObject({ branch: 'main', height: 3, blocks: 4 });
  expect((await repository.verify()).blocks).toBe(4);
});

test('what cannot be cloned leaves nothing', async () => {
  const bank = await serveBank();
  const around = temporaryDirectory();
  const target = join(around, 'new', 'clone');
  const options = [target, realOptions(), { access }] as const;
  await expect(Repository.clone(`${bank.server.origin}/other`, ...options)).rejects.toMatchObject({
    code: 'AERGO_REMOTE_LOGIN',
  });
  await expect(Repository.clone('http://127.0.0.1:1/shop', ...options)).rejects.toMatchObject({
    code: 'AERGO_REMOTE_FAILED',
  });
  await expect(Repository.clone(join(bank.root, 'none'), ...options)).rejects.toMatchObject({
    code: 'AERGO_REMOTE_MISSING',
  });
  expect(readdirSync(around)).toEqual([]);
  await closeQuietly((await clone(bank.url)).repository);
  await expect(Repository.clone(bank.url, bank.root, realOptions(), { access })).rejects.toMatchObject({
    code: 'AERGO_CLONE_EXISTS',
  });
  expect(existsSync(join(bank.root, 'shop.aergo'))).toBe(true);
});
