/** Our client against Git's own server over HTTP (`git http-backend`): what it pushes there a stranger clones and verifies. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Repository } from '../../src/repository.ts';
import { startGitServer } from '../support/http-backend.ts';
import { closeQuietly, keyOf, openRepository, temporaryDirectory } from '../support/repository.ts';
import { access, git, prepareRoot, realOptions } from './served-bank.ts';

const ada = keyOf('ada');

async function plainHost(): Promise<string> {
  const root = temporaryDirectory();
  const environment = { PATH: process.env.PATH, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  const bare = ['init', '-q', '--bare', '--object-format=sha256', '--initial-branch=main', join(root, 'shop.git')];
  execFileSync('git', bare, { env: environment });
  execFileSync('git', ['-C', join(root, 'shop.git'), 'config', 'http.receivepack', 'true'], { env: environment });
  const server = await startGitServer(root);
  onTestFinished(() => server.close());
  return `${server.origin}/shop.git`;
}

async function opened(directory: string): Promise<Repository> {
  const repository = await openRepository(directory, realOptions());
  onTestFinished(() => closeQuietly(repository));
  return repository;
}

async function clone(url: string) {
  const target = join(temporaryDirectory(), 'clone');
  const report = await Repository.clone(url, target, realOptions(), { access });
  return { report, repository: await opened(report.directory) };
}

const push = (repository: Repository) => {
  const refs = [{ source: 'main', target: 'main' }];
  return repository.push('host', { access, key: ada, refs, disclose: async () => undefined });
};

const pay = (repository: Repository, amount: string) =>
  repository.call({ contract: 'bank', function: 'pay', args: ['alice', 'bob', amount], key: ada });

test('a ledger is pushed to git http-backend, cloned from there and verified whole, and goes on both ways', async () => {
  const url = await plainHost();
  const repository = await opened((await prepareRoot()).copy);
  repository.addRemote('host', url, '/');
  expect(await push(repository)).toMatchObject({ refs: [{ target: 'main', old: null }], blocks: 4 });

  const one = await clone(url);
  expect(one.report).toMatchObject({ branch: 'main', height: 3, blocks: 4 });
  expect((await one.repository.verify()).blocks).toBe(4);

  await pay(repository, '10');
  await pay(repository, '5');
  expect(await push(repository)).toMatchObject({ refs: [{ target: 'main' }], blocks: 2 });
  const fetched = await one.repository.fetch('origin', { access });
  expect(fetched).toMatchObject({ branches: [{ branch: 'main', height: 5, forced: false }], blocks: 2 });

  const two = await clone(url);
  expect((await two.repository.verify()).blocks).toBe(6);
  expect((await two.repository.get('bank.accounts', ['bob']))?.row).toEqual({ owner: 'bob', balance: '65.00' });
  expect(two.repository.head.block.id).toBe(repository.head.block.id);
  const { stdout } = await git('/', ['ls-remote', url, 'refs/heads/main']);
  expect(stdout).toBe(`${repository.head.block.id}\trefs/heads/main\n`);
});
