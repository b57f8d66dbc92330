/** A ledger is served from the ranges of its blocks: what a stock client gets is whole, exact, and no tree is walked for it. */
import { describe, expect, test } from 'vitest';
import type { Oid } from '../../src/object/oid.ts';
import type { RepositoryContext } from '../../src/repository/context.ts';
import { openContext } from '../../src/repository/init.ts';
import { servedRepository } from '../../src/repository/served.ts';
import { Store } from '../../src/store/store.ts';
import type { ServedRepository } from '../../src/wire/served.ts';
import {
  closeQuietly,
  fixedOptions,
  newRepository,
  openRepository,
  type TestRepository,
  withBank,
} from '../support/repository.ts';
import { GitDirectory } from './git.ts';
import { serve, type TestServer } from './http-server.ts';

/** A repository whose reads of objects are counted. */
interface Counted extends ServedRepository {
  reads: number;
}

function counted(repository: ServedRepository): Counted {
  const made: Counted = {
    ...repository,
    reads: 0,
    objects: {
      has: (oid: Oid) => repository.objects.has(oid),
      read(oid: Oid) {
        made.reads += 1;
        return repository.objects.read(oid);
      },
    },
  };
  return made;
}

/** Runs `work` while a server serves what the directory holds now. */
async function served(
  made: TestRepository,
  server: TestServer | undefined,
  work: (server: TestServer, repository: Counted, context: RepositoryContext) => Promise<void>,
): Promise<TestServer> {
  const context = await openContext(made.directory, fixedOptions('served'), Store.open);
  try {
    const repository = counted(servedRepository(context));
    const used = server ?? (await serve(repository));
    used.repository = repository;
    await work(used, repository, context);
    expect(used.faults).toEqual([]);
    return used;
  } finally {
    await context.close();
  }
}

/** Blocks of every kind: imports, calls on two branches, a merge with a drop, snapshots, a branch that was deleted. */
async function ledger(blocks: number): Promise<TestRepository> {
  const made = await newRepository(`ledger ${blocks}`);
  const { repository, admin } = made;
  const pay = (on: string, ...args: string[]) =>
    repository.call({ contract: 'bank', function: 'pay', args, key: admin, on });
  await withBank(made, { alice: '1000', bob: '50' });
  async function* accounts(): AsyncGenerator<string[]> {
    for (let at = 0; at < 2_000; at += 1) yield [`account ${at}`, `${at}`];
  }
  await repository.importRows({ table: 'bank.accounts', columns: ['owner', 'balance'], rows: accounts(), key: admin });
  await repository.createBranch('what-if');
  await repository.createBranch('gone');
  await pay('gone', 'alice', 'bob', '3');
  await pay('what-if', 'alice', 'bob', '800');
  await repository.createSnapshot('before', 'main', admin);
  for (let at = 0; at < blocks; at += 1) await pay('main', 'alice', 'bob', '1');
  await repository.deleteBranch('gone', { force: true });
  await repository.merge({ source: 'what-if', sealer: admin });
  await repository.createSnapshot('after', 'main', admin);
  await closeQuietly(repository);
  return made;
}

/** Adds blocks, one payment each. Every call draws its randomness from another seed. */
async function pays(made: TestRepository, blocks: number, seed: string): Promise<void> {
  const again = await openRepository(made.directory, fixedOptions(seed));
  for (let at = 0; at < blocks; at += 1) {
    await again.call({ contract: 'bank', function: 'pay', args: ['alice', 'bob', '1'], key: made.admin });
  }
  await closeQuietly(again);
}

const objectCount = async (copy: GitDirectory): Promise<number> =>
  (await copy.git('cat-file', '--batch-all-objects', '--batch-check')).split('\n').length;

describe('a ledger', () => {
  test('is cloned whole in every protocol, and a new block comes alone', async () => {
    const made = await ledger(3);
    const copies: GitDirectory[] = [];
    const server = await served(made, undefined, async ({ url }, repository) => {
      for (const version of ['0', '1', '2']) {
        const copy = new GitDirectory();
        copy.settings.push(`protocol.version=${version}`);
        repository.reads = 0;
        await copy.git('clone', '--quiet', '--mirror', url, '.');
        expect(await copy.git('fsck', '--strict', '--full', '--unreachable')).toBe('');
        // Snapshots, and what the directory's version holds; blocks and their pages are copied unread.
        expect(repository.reads).toBeLessThan(40);
        expect(await objectCount(copy)).toBeGreaterThan(100);
        copies.push(copy);
      }
    });
    const before = await Promise.all(copies.map(objectCount));
    await pays(made, 1, 'new');
    await served(made, server, async (_server, repository, context) => {
      const head = context.branch('main').block;
      for (const [at, copy] of copies.entries()) {
        repository.reads = 0;
        await copy.git('fetch', '--quiet');
        expect(await copy.oid('main')).toBe(head);
        expect((await objectCount(copy)) - (before[at] ?? 0)).toBe(context.store.pack([head]).count);
        expect(repository.reads).toBeLessThan(10);
        expect(await copy.git('fsck', '--strict', '--full', '--unreachable')).toBe('');
      }
    });
  });

  test('costs as many reads for a new block after thirty blocks as after three; it is cut and filtered as any history', async () => {
    const made = await ledger(3);
    const copy = new GitDirectory();
    const reads: number[] = [];
    const server = await served(made, undefined, async ({ url }) => {
      await copy.git('clone', '--quiet', '--mirror', url, '.');
    });
    for (const [at, blocks] of [1, 26, 1].entries()) {
      await pays(made, blocks, `round ${at}`);
      await served(made, server, async (_server, repository) => {
        await copy.git('fetch', '--quiet');
        reads.push(repository.reads);
      });
    }
    expect(reads[2]).toBe(reads[0]);
    await served(made, server, async ({ url }, _repository, context) => {
      const shallow = new GitDirectory();
      await shallow.git('clone', '--quiet', '--bare', '--depth=1', url, '.');
      expect(await shallow.git('rev-list', '--count', 'main')).toBe('1');
      expect(await shallow.git('show', 'main:state/tables/bank/accounts/schema.json')).toContain('balance');
      expect(await shallow.git('fsck', '--strict')).toBe('');
      await shallow.git('fetch', '--quiet', '--unshallow', 'origin', '+refs/heads/*:refs/heads/*');
      expect(await shallow.oid('main')).toBe(context.branch('main').block);
      expect(await shallow.git('fsck', '--strict', '--no-dangling')).toBe('');
      const partial = new GitDirectory();
      await partial.git('clone', '--quiet', '--bare', '--filter=blob:none', url, '.');
      const kinds = await partial.git('cat-file', '--batch-all-objects', '--batch-check=%(objecttype)');
      expect(kinds).not.toContain('blob');
    });
  });
});
