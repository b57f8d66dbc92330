import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { engineDescription } from '../../src/contract/engine-description.ts';
import { writeFirstVersion } from '../../src/directory/first-version.ts';
import { genesisContent } from '../../src/ledger/assemble.ts';
import { type BlockContent, sealBlock } from '../../src/ledger/block.ts';
import { objectsOfBlock } from '../../src/ledger/block-objects.ts';
import { History } from '../../src/ledger/history.ts';
import type { Oid } from '../../src/object/oid.ts';
import { ObjectBuffer } from '../../src/object/source.ts';
import { encodeTree } from '../../src/object/tree.ts';
import { emptyState } from '../../src/state/state-update.ts';
import { Store } from '../../src/store/store.ts';
import { closeQuietly, fixedOptions, keyOf, openRepository, temporaryDirectory } from '../support/repository.ts';

interface Root {
  /** Changes the genesis block before it is sealed. */
  readonly genesis?: (content: BlockContent, buffer: ObjectBuffer) => BlockContent;
  /** Changes what directory version 1 is made from. */
  readonly directory?: Partial<Parameters<typeof writeFirstVersion>[1]>;
  /** Who signs the directory; the genesis block's sealer when left out. */
  readonly signer?: string;
}

/** A repository of one block, made below the library so that anything can be in it. */
async function makeRoot({ genesis: change, directory: parts, signer = 'ada' }: Root): Promise<string> {
  const directory = join(temporaryDirectory(), '.aergo');
  const history = new History();
  const store = await Store.create(directory, { ...fixedOptions('root'), derive: history.derive.bind(history) });
  const buffer = new ObjectBuffer(store);
  const engine = buffer.put('blob', Buffer.from(engineDescription()));
  const place = { branch: 'main', start: '0123456789abcdef', time: Date.UTC(2026, 0, 1) };
  const content = genesisContent({ ...place, nonce: '0'.repeat(32), engine, state: emptyState(buffer) });
  const genesis = sealBlock(buffer, change?.(content, buffer) ?? content, keyOf('ada'));
  const block = { id: genesis, objects: objectsOfBlock(buffer, genesis) };
  const loose = new ObjectBuffer(buffer);
  const first = { genesis, ...place, engine, visibility: 'public' as const, memberName: 'ada', ...parts };
  const version = writeFirstVersion(loose, first, keyOf(signer));
  await store.write({
    blocks: [block],
    objects: loose.objects(),
    refs: [
      { name: 'refs/heads/main', old: null, new: genesis, start: place.start, height: 0 },
      { name: 'refs/aergo/directory', old: null, new: version },
    ],
    operation: { time: 1, command: 'test', head: 'refs/heads/main' },
  });
  await store.close();
  return directory;
}

async function verdict(directory: string): Promise<unknown> {
  const repository = await openRepository(directory);
  try {
    return await repository.verify({ fast: true });
  } finally {
    await closeQuietly(repository);
  }
}

const preloaded = (content: BlockContent, buffer: ObjectBuffer): BlockContent => {
  const file = { mode: '100644' as const, name: 'x', oid: buffer.put('blob', Buffer.from('x')) };
  return { ...content, state: buffer.put('tree', encodeTree([file])) };
};

const forged: [string, Root, RegExp][] = [
  ['a genesis block with a state', { genesis: preloaded }, /empty state/],
  [
    'a genesis block with receipts',
    { genesis: (content) => ({ ...content, receipts: [{ status: 'applied', tx: 'a'.repeat(64) as never }] }) },
    /nothing else/,
  ],
  [
    'a genesis block that counts transactions',
    {
      genesis: (content) => ({
        ...content,
        header: { ...content.header, counts: { applied: 7, dropped: 0, leftOut: 0 } },
      }),
    },
    /nothing else/,
  ],
  ['a directory of another block', { directory: { genesis: 'a'.repeat(64) as Oid } }, /./],
  ['a directory with another start', { directory: { start: 'f'.repeat(16) } }, /does not follow/],
  ['a directory with another time', { directory: { time: 99 } }, /does not follow/],
  ['a directory of another branch', { directory: { branch: 'other' } }, /does not follow/],
  ['a directory whose member did not seal the genesis block', { signer: 'eve' }, /not who sealed|may not seal/],
];

describe('verification of the root', () => {
  it('takes what is as it must be', async () => {
    expect(await verdict(await makeRoot({}))).toMatchObject({ blocks: 1 });
  });

  it.each(forged)('refuses %s', async (_, root, message) => {
    const directory = await makeRoot(root);
    await expect(verdict(directory)).rejects.toMatchObject({ exitCode: 6, message: expect.stringMatching(message) });
  });

  it('refuses a branch that names no block, another branch’s block, or says another height', async () => {
    const refs: [object, RegExp][] = [
      [{ name: 'refs/heads/x', start: '0123456789abcdef', height: 0 }, /was sealed on main/],
      [{ name: 'refs/heads/y', start: 'zz', height: 0 }, /no start/],
      [{ name: 'refs/heads/z', start: 'fedcba9876543210', height: 77 }, /height 77/],
    ];
    for (const [ref, message] of refs) {
      const directory = await makeRoot({});
      const history = new History();
      const store = await Store.open(directory, { ...fixedOptions('refs'), derive: history.derive.bind(history) });
      const head = store.ref('refs/heads/main')?.oid as Oid;
      await store.write({
        refs: [{ old: null, new: head, ...(ref as { name: string }) }],
        operation: { time: 2, command: 'test', head: 'refs/heads/main' },
      });
      await store.close();
      await expect(verdict(directory)).rejects.toMatchObject({ exitCode: 6, message: expect.stringMatching(message) });
    }
  });
});
