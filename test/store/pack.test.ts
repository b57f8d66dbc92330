/** Packs are copied from the volumes: stock Git takes them, exactly as many objects as were said, each once. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { objectId } from '../../src/object/object.ts';
import type { Oid } from '../../src/object/oid.ts';
import { decodePackEntry, encodePackHeader, PackTrailer } from '../../src/object/pack-entry.ts';
import type { PackContents } from '../../src/store/pack.ts';
import type { BlockObjects } from '../../src/store/write-plan.ts';
import { StockGit } from '../object/stock-git.ts';
import { newObject } from './objects.ts';
import { newBlock, newDirectory, operation, withStore, writeChain } from './workbench.ts';

function wholePack({ count, entries }: PackContents): Buffer {
  const trailer = new PackTrailer();
  const parts = [encodePackHeader(count), ...Array.from(entries(), ({ bytes }) => bytes)];
  for (const part of parts) trailer.update(part);
  return Buffer.concat([...parts, trailer.digest()]);
}

function ids({ entries }: PackContents): Oid[] {
  return [...entries()].map(({ oid, bytes }) => {
    const { type, body } = decodePackEntry(bytes);
    expect(objectId(type, body)).toBe(oid);
    return oid;
  });
}

describe('a pack', () => {
  test('of all blocks and a tag is taken by git index-pack --strict and found whole by git fsck', async () => {
    await withStore(
      newDirectory(),
      async (store) => {
        const blocks = await writeChain(store, 20, 'row '.repeat(100));
        const tip = blocks.at(-1)?.id;
        const body = `object ${tip}\ntype commit\ntag v1\ntagger sealer <sealer> 1700000000 +0000\n\nSnapshot v1\n`;
        const tag = newObject('tag', body);
        await store.write({ objects: [tag], refs: [{ name: 'refs/tags/v1', old: null, new: tag.oid }], operation });
        const pack = store.pack(
          blocks.map(({ id }) => id),
          [tag.oid],
        );
        using git = new StockGit();
        git.run(['index-pack', '--strict', '--stdin'], wholePack(pack));
        for (const { name, oid } of store.refs()) git.run(['update-ref', name, oid]);
        git.run(['fsck', '--strict', '--full']);
        expect(git.run(['log', '--format=%H', 'refs/tags/v1']).trim().split('\n')).toEqual(
          blocks.map(({ id }) => id).reverse(),
        );
      },
      'create',
      { volumeLimit_bytes: 5000 },
    );
  });

  test('of one block has what the block puts, its extras included, though they lie elsewhere', async () => {
    await withStore(
      newDirectory(),
      async (store) => {
        const blocks = await writeChain(store, 4);
        for (const block of blocks) {
          const pack = store.pack([block.id]);
          const found = ids(pack);
          expect(found).toHaveLength(pack.count);
          expect([...found].sort()).toEqual([...new Set(block.objects.map(({ oid }) => oid))].sort());
        }
        expect(store.pack([]).count).toBe(0);
        const [first] = blocks;
        const again = first ? [first.id, first.id] : [];
        expect(store.pack(again, again).count).toBe(first?.objects.length);
      },
      'create',
    );
  });

  test('has the union of what its blocks put, nothing twice, whatever the blocks, writes and volumes', async () => {
    const files = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2', '3'), { minKeys: 1 });
    const writes = fc.array(fc.array(files, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(
        writes,
        fc.integer({ min: 500, max: 5000 }),
        fc.infiniteStream(fc.boolean()),
        async (given, limit, chosen) => {
          const directory = newDirectory();
          const blocks: BlockObjects[] = [];
          await withStore(
            directory,
            async (store) => {
              for (const some of given) {
                const ofWrite = some.map((content, at) => newBlock(content, [], `${blocks.length} ${at}\n`));
                await store.write({ blocks: ofWrite, objects: [newObject('blob', `${blocks.length}`)], operation });
                blocks.push(...ofWrite);
              }
              const some = blocks.filter(() => chosen.next().value);
              const wanted = new Set(some.flatMap(({ objects }) => objects.map(({ oid }) => oid)));
              const pack = store.pack(some.map(({ id }) => id));
              const found = ids(pack);
              expect(found).toHaveLength(pack.count);
              expect([...found].sort()).toEqual([...wanted].sort());
              expect((await store.fsck()).problems).toEqual([]);
            },
            'create',
            { volumeLimit_bytes: limit },
          );
        },
      ),
      { numRuns: 25 },
    );
  });
});
