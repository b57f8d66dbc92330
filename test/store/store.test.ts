import { createCipheriv } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { parseOid } from '../../src/object/oid.ts';
import { nodeFileSystem } from '../../src/store/file-system.ts';
import { readRefsFile } from '../../src/store/refs-file.ts';
import { Store } from '../../src/store/store.ts';
import { newObject } from './objects.ts';
import { answers, blockWrite, newBlock, newDirectory, operation, options, withStore, writeChain } from './workbench.ts';

/** Bytes that do not deflate, always the same. */
function noise(length: number): Buffer {
  return createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(length));
}

const absent = parseOid('0'.repeat(64));

describe('a store', () => {
  test('gives back what was written, at once and after opening again', async () => {
    const directory = newDirectory();
    const tag = newObject('blob', 'outside of any block');
    const before = await withStore(
      directory,
      async (store) => {
        const blocks = await writeChain(store, 5);
        await store.write({ objects: [tag], operation });
        expect(store.read(tag.oid)).toEqual({ type: 'blob', body: new Uint8Array(tag.body) });
        return { blocks, seen: await answers(store, blocks) };
      },
      'create',
    );
    await withStore(directory, async (store) => {
      expect(store.opened).toEqual({});
      expect(store.has(tag.oid)).toBe(true);
      expect(await answers(store, before.blocks)).toEqual(before.seen);
      expect((await store.fsck()).problems).toEqual([]);
    });
  });

  test('reads every size around where storing ends, empty bodies and bodies of megabytes', async () => {
    const sizes = [0, 1, 15, 16, 127, 128, 129, 4095, 65_536, 5_000_000];
    const objects = sizes.map((size) => newObject('blob', Buffer.alloc(size, 'row ')));
    await withStore(
      newDirectory(),
      async (store) => {
        await store.write({ objects, operation });
        for (const { oid, body } of objects) expect(Buffer.compare(store.read(oid).body, body)).toBe(0);
        expect((await store.fsck()).problems).toEqual([]);
      },
      'create',
    );
  });

  test('takes thousands of objects and one larger than any part of a write at once, and rebuilds from them', async () => {
    const directory = newDirectory();
    const many = Array.from({ length: 12_000 }, (_, n) => newObject('blob', `row ${n}`));
    const large = newObject('blob', noise(6_000_000));
    const objects = [...many.slice(0, 9000), large, ...many.slice(9000)];
    await withStore(directory, (store) => store.write({ objects, operation }), 'create');
    await withStore(
      directory,
      async (store) => {
        expect(await store.fsck()).toMatchObject({ objects: 12_001, problems: [] });
        expect(Buffer.compare(store.read(large.oid).body, large.body)).toBe(0);
      },
      'rebuild',
    );
  });

  test('has what its refs name at every moment of a write', async () => {
    await withStore(
      newDirectory(),
      async (store) => {
        let isWriting = true;
        const writing = writeChain(store, 20).finally(() => {
          isWriting = false;
        });
        const seen = new Set<string>();
        while (isWriting) {
          for (const { oid } of store.refs()) {
            expect(store.has(oid)).toBe(true);
            seen.add(oid);
          }
          await setImmediate();
        }
        expect(seen.size).toBeGreaterThan(1);
        expect(await writing).toHaveLength(20);
      },
      'create',
    );
  });

  test('writes an object once, whoever puts it again', async () => {
    await withStore(
      newDirectory(),
      async (store) => {
        const [first] = await writeChain(store, 1);
        const { volumes } = store.sizes();
        const again = newBlock({ fixed: 'the same in every block', text: 'new' }, first ? [first.id] : []);
        await store.write({ blocks: [again, again], objects: again.objects, operation });
        const { objects, blocks, writes } = await store.fsck();
        expect({ objects, blocks, writes }).toEqual({ objects: 7, blocks: 2, writes: 2 });
        expect(store.sizes().volumes - volumes).toBeLessThan(1200);
        await store.write({ blocks: [again], operation });
        expect(await store.fsck()).toMatchObject({ objects: 7, blocks: 2, writes: 3, problems: [] });
      },
      'create',
    );
  });

  test('says that an object is missing', async () => {
    await withStore(
      newDirectory(),
      (store) => {
        expect(store.has(absent)).toBe(false);
        expect(() => store.read(absent)).toThrow(expect.objectContaining({ code: 'AERGO_OBJECT_MISSING' }));
        expect(() => store.pack([absent])).toThrow(expect.objectContaining({ code: 'AERGO_OBJECT_MISSING' }));
        expect(() => store.pack([], [absent])).toThrow(expect.objectContaining({ code: 'AERGO_OBJECT_MISSING' }));
      },
      'create',
    );
  });

  test('keeps the operations with what they did to refs, newest first', async () => {
    await withStore(
      newDirectory(),
      async (store) => {
        const blocks = await writeChain(store, 3);
        await store.write({ operation: { time: 5, command: 'aergo switch other', head: 'refs/heads/other' } });
        const operations = [...store.operations()];
        expect(operations.map(({ sequence }) => sequence)).toEqual([4, 3, 2, 1]);
        expect(operations[0]).toEqual({
          sequence: 4,
          time: 5,
          command: 'aergo switch other',
          head: 'refs/heads/other',
          refs: [],
          blocks: [],
        });
        expect(operations[1]?.refs).toEqual([
          { name: 'refs/heads/main', old: blocks[1]?.id, new: blocks[2]?.id, height: 2 },
        ]);
      },
      'create',
    );
  });

  test('runs writes that are given at once one after the other, so that the second of two on one ref is refused', async () => {
    await withStore(
      newDirectory(),
      async (store) => {
        const writes = ['a', 'b', 'c'].map((text) => store.write(blockWrite(newBlock({ text }))));
        const results = await Promise.allSettled(writes);
        expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
        expect([...store.operations()]).toHaveLength(1);
      },
      'create',
    );
  });

  test('gives derived entries by key and by prefix, in order, backwards and limited', async () => {
    const derive: typeof options.derive = (block) =>
      Array.from({ length: 2500 }, (_, i) => ({ key: `row/${String(i).padStart(5, '0')}`, value: `${block} ${i}` }));
    const block = newBlock({ text: 'x' });
    await withStore(
      newDirectory(),
      async (store) => {
        await store.write(blockWrite(block));
        expect(store.derived('row/00007')).toBe(`${block.id} 7`);
        expect(store.derived('row/')).toBeUndefined();
        const all: string[] = [];
        for await (const [key] of store.derivedRange('row/')) all.push(key);
        expect(all).toHaveLength(2500);
        expect(all).toEqual([...all].sort());
        const last: string[] = [];
        for await (const [key] of store.derivedRange('row/0', { reverse: true, limit: 2 })) last.push(key);
        expect(last).toEqual(['row/02499', 'row/02498']);
      },
      'create',
      { derive },
    );
  });

  test('writes nothing when derive throws', async () => {
    const directory = newDirectory();
    const derive: typeof options.derive = () => {
      throw new Error('not a block');
    };
    await withStore(
      directory,
      async (store) => {
        const { volumes } = store.sizes();
        await expect(store.write(blockWrite(newBlock({ text: 'x' })))).rejects.toThrow('not a block');
        expect(store.sizes().volumes).toBe(volumes);
        expect(store.refs()).toEqual([]);
      },
      'create',
      { derive },
    );
  });
});

describe('making and opening', () => {
  test('makes format, HEAD, refs and the first volume', async () => {
    const directory = newDirectory();
    await withStore(directory, () => undefined, 'create');
    expect(readdirSync(directory).sort()).toEqual(['HEAD', 'format', 'index', 'refs', 'volumes']);
    expect(readFileSync(join(directory, 'format'), 'utf8')).toBe('1\n');
    expect(readFileSync(join(directory, 'HEAD'), 'utf8')).toBe('ref: refs/heads/main\n');
    expect(readdirSync(join(directory, 'volumes'))).toEqual(['00000001.vol']);
  });

  test('refuses to make a store where one is, and to open one where none is', async () => {
    const directory = newDirectory();
    await expect(Store.open(directory, options)).rejects.toMatchObject({ code: 'AERGO_NOT_A_REPOSITORY' });
    await withStore(directory, (store) => writeChain(store, 1), 'create');
    await expect(Store.create(directory, options)).rejects.toMatchObject({ code: 'AERGO_REPOSITORY_EXISTS' });
    await withStore(directory, (store) => expect([...store.operations()]).toHaveLength(1));
  });

  test('refuses a newer format, and one that is no number', async () => {
    const directory = newDirectory();
    await withStore(directory, () => undefined, 'create');
    writeFileSync(join(directory, 'format'), '2\n');
    await expect(Store.open(directory, options)).rejects.toMatchObject({ code: 'AERGO_FORMAT_NEWER', exitCode: 2 });
    expect(() => readRefsFile(nodeFileSystem, directory)).toThrow(
      expect.objectContaining({ code: 'AERGO_FORMAT_NEWER' }),
    );
    writeFileSync(join(directory, 'format'), 'one\n');
    await expect(Store.open(directory, options)).rejects.toMatchObject({ code: 'AERGO_STORE_DAMAGED' });
  });

  test('makes a store where a crash left a half-made one, but never over volumes with writes', async () => {
    const directory = newDirectory();
    await withStore(directory, () => undefined, 'create');
    rmSync(join(directory, 'format'));
    await withStore(directory, (store) => writeChain(store, 2), 'create');
    rmSync(join(directory, 'format'));
    await expect(Store.create(directory, options)).rejects.toMatchObject({ code: 'AERGO_STORE_DAMAGED' });
    writeFileSync(join(directory, 'format'), '1\n');
    await withStore(directory, (store) => expect([...store.operations()]).toHaveLength(2));
  });

  test('gives an AergoError when the directory is a file', async () => {
    const directory = newDirectory();
    writeFileSync(directory, 'a file');
    await expect(Store.create(directory, options)).rejects.toMatchObject({ code: 'AERGO_STORE_IO' });
    rmSync(directory);
    mkdirSync(directory);
    await expect(Store.open(directory, options)).rejects.toMatchObject({ code: 'AERGO_NOT_A_REPOSITORY' });
  });

  test('a closed store says so, and closing twice harms nobody', async () => {
    const directory = newDirectory();
    const store = await Store.create(directory, options);
    await store.close();
    const next = await Store.open(directory, options);
    await store.close();
    expect(existsSync(join(directory, 'lock'))).toBe(true);
    expect(() => store.has(absent)).toThrow(expect.objectContaining({ code: 'AERGO_INTERNAL' }));
    await next.close();
    expect(existsSync(join(directory, 'lock'))).toBe(false);
  });
});

describe('volumes', () => {
  test('a new one is begun at the limit, no write spans two, and all of it reads and rebuilds', async () => {
    const directory = newDirectory();
    const { blocks, seen } = await withStore(
      directory,
      async (store) => {
        const written = await writeChain(store, 30, 'x'.repeat(100));
        const large = newBlock({
          text: 'larger than a volume '.repeat(1) + 'abcdefghij'.repeat(50),
          more: 'y'.repeat(120),
        });
        await store.write({ blocks: [large], operation });
        return { blocks: [...written, large], seen: await answers(store, [...written, large]) };
      },
      'create',
      { volumeLimit_bytes: 3000 },
    );
    const volumes = readdirSync(join(directory, 'volumes'));
    expect(volumes.length).toBeGreaterThan(5);
    await withStore(directory, async (store) => expect(await answers(store, blocks)).toEqual(seen));
    rmSync(join(directory, 'index'), { recursive: true });
    await withStore(directory, async (store) => {
      expect(await answers(store, blocks)).toEqual(seen);
      expect(await store.fsck()).toMatchObject({ volumes: volumes.length, writes: 31, problems: [] });
    });
  });

  test('a missing one is damage with its number', async () => {
    const directory = newDirectory();
    await withStore(directory, (store) => writeChain(store, 12), 'create', { volumeLimit_bytes: 3000 });
    const path = (name: string) => join(directory, 'volumes', name);
    const names = readdirSync(join(directory, 'volumes')).sort();
    for (const name of names) {
      const bytes = readFileSync(path(name));
      rmSync(path(name));
      const volume = Number(name.slice(0, 8));
      await expect(Store.open(directory, options), name).rejects.toMatchObject({
        code: 'AERGO_STORE_DAMAGED',
        details: { volume: names.at(-1) === name ? expect.any(Number) : volume },
      });
      writeFileSync(path(name), bytes);
    }
    await withStore(directory, async (store) => expect((await store.fsck()).problems).toEqual([]));
  });

  test('one that stands in another ones place is noticed', async () => {
    const directory = newDirectory();
    await withStore(directory, (store) => writeChain(store, 12), 'create', { volumeLimit_bytes: 3000 });
    const path = (volume: number) => join(directory, 'volumes', `0000000${volume}.vol`);
    writeFileSync(path(2), readFileSync(path(1)));
    await withStore(directory, async (store) => {
      expect((await store.fsck()).problems[0]).toMatchObject({ volume: 2, offset: 0 });
    });
    await expect(Store.rebuild(directory, options)).rejects.toMatchObject({ details: { volume: 2, offset: 0 } });
  });
});
