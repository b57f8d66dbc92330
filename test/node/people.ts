/** Somebody with a key and a clone of the served bank, who works on it and pushes. */
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { PushOptions } from '../../src/repository/push.ts';
import { Repository } from '../../src/repository.ts';
import { closeQuietly, keyOf, openRepository, temporaryDirectory } from '../support/repository.ts';
import { access, realOptions, tokenFor } from './served-bank.ts';

/** @param from the URL or path that is cloned and then called `origin` */
export async function person(from: string, name: string) {
  const key = keyOf(name);
  const own = { ...access, authorize: async (url: string) => `Bearer ${tokenFor(url, key)}` };
  const target = join(temporaryDirectory(), 'clone');
  const { directory } = await Repository.clone(from, target, realOptions(), { access: own });
  const repository = await openRepository(directory, realOptions());
  onTestFinished(() => closeQuietly(repository));
  const disclose = async () => undefined;
  return {
    key,
    directory,
    repository,
    pay: (sealer = key) =>
      repository.call({ contract: 'bank', function: 'pay', args: ['alice', 'bob', '1'], key, sealer }),
    push: (
      refs: PushOptions['refs'] = [{ source: 'main', target: 'main' }],
      remote = 'origin',
      more: Partial<PushOptions> = {},
    ) => repository.push(remote, { access: own, key, refs, disclose, ...more }),
    pull: () => repository.pull('origin', { access: own, sealer: key }),
    fetch: (remote = 'origin') => repository.fetch(remote, { access: own, prune: true }),
  };
}
