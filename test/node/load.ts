/**
 * Many clients at one server: some clone with stock Git again and again, some pay, push, and pull when others were quicker.
 * Used at CI's size and, in test/long, at full size.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { AergoError } from '../../src/errors.ts';
import { Repository } from '../../src/repository.ts';
import { closeQuietly, keyOf, openRepository, temporaryDirectory } from '../support/repository.ts';
import { access, git, prepareRoot, realOptions, tokenFor } from './served-bank.ts';
import { startServing } from './start-serving.ts';

export interface LoadResult {
  readonly clones: number;
  readonly pushes: number;
  /** How often a push came too late and was made again after a pull. */
  readonly moved: number;
  /** Of the server, in MiB: when it had opened the repository, and the most that was seen. */
  readonly memory: { readonly first: number; readonly most: number };
}

interface Load {
  readonly url: string;
  readonly until: number;
}

/** @throws where a client meets another error than "moved", a payment is lost, or what is served does not verify */
export async function load(cloners: number, pushers: number, seconds: number): Promise<LoadResult> {
  const { root } = await prepareRoot();
  const bank = await openRepository(join(root, 'shop.aergo'), realOptions());
  await bank.call({ contract: 'bank', function: 'open_account', args: ['carol', '1000000'], key: keyOf('ada') });
  await closeQuietly(bank);
  const server = await startServing(root);
  const url = `${server.origin}/shop`;
  const partners = await Promise.all(Array.from({ length: pushers }, () => partner(url)));
  await git('/', ['ls-remote', url]);
  const first = server.memory();
  let most = first;
  const watch = setInterval(() => {
    most = Math.max(most, server.memory());
  }, 200);
  const under: Load = { url, until: Date.now() + seconds * 1_000 };
  const clones = Array.from({ length: cloners }, () => cloneAgainAndAgain(under));
  const pushes = partners.map((repository) => payAndPush(repository, under));
  const [cloned, pushed] = await Promise.all([Promise.all(clones), Promise.all(pushes)]).finally(() =>
    clearInterval(watch),
  );
  await server.stop();
  const paid = pushed.reduce((sum, { pushes: count }) => sum + count, 0);
  const repository = await openRepository(join(root, 'shop.aergo'), realOptions());
  expect((await repository.get('bank.accounts', ['bob']))?.row).toEqual({ owner: 'bob', balance: `${50 + paid}.00` });
  await repository.verify();
  await closeQuietly(repository);
  return {
    clones: cloned.reduce((sum, count) => sum + count, 0),
    pushes: paid,
    moved: pushed.reduce((sum, { moved }) => sum + moved, 0),
    memory: { first, most },
  };
}

async function cloneAgainAndAgain({ url, until }: Load): Promise<number> {
  const target = join(temporaryDirectory(), 'clone');
  let clones = 0;
  for (; Date.now() < until; clones += 1) {
    expect(await git('/', ['clone', '-q', '--bare', url, target])).toMatchObject({ status: 0, stderr: '' });
    rmSync(target, { recursive: true });
  }
  return clones;
}

async function partner(url: string): Promise<Repository> {
  const target = join(temporaryDirectory(), 'clone');
  const { directory } = await Repository.clone(url, target, realOptions(), { access: loggedIn(url) });
  const repository = await openRepository(directory, realOptions());
  onTestFinished(() => closeQuietly(repository));
  return repository;
}

const loggedIn = (url: string) => ({ ...access, authorize: async () => `Bearer ${tokenFor(url, keyOf('ada'))}` });

async function payAndPush(repository: Repository, { url, until }: Load): Promise<{ pushes: number; moved: number }> {
  const key = keyOf('ada');
  const refs = [{ source: 'main', target: 'main' }];
  const options = { access: loggedIn(url), key, refs, disclose: async () => undefined };
  let [pushes, moved] = [0, 0];
  while (Date.now() < until) {
    await repository.call({ contract: 'bank', function: 'pay', args: ['carol', 'bob', '1'], key });
    // What was paid is pushed, however late it gets.
    for (let done = false; !done; ) {
      done = await isPushed(repository.push('origin', options));
      if (done) pushes += 1;
      else {
        moved += 1;
        const { left } = await repository.pull('origin', { access: options.access, sealer: key });
        expect(left).toEqual([]);
      }
    }
  }
  return { pushes, moved };
}

/** False where the branch had moved, whether we saw it or the server. */
async function isPushed(push: ReturnType<Repository['push']>): Promise<boolean> {
  try {
    const [ref] = (await push).refs;
    if (ref?.refused === undefined) return true;
    expect(ref.refused).toMatch(/moved meanwhile|not a fast-forward/);
    return false;
  } catch (error) {
    if (error instanceof AergoError && error.code === 'AERGO_PUSH_MOVED') return false;
    throw error;
  }
}
