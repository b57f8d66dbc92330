/** Full disks, failing syncs and short writes: what was acknowledged stays, what failed is not there. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { AergoError } from '../../src/errors.ts';
import { Store } from '../../src/store/store.ts';
import { FaultyFileSystem, systemError } from './faulty-file-system.ts';
import { answers, blockWrite, newBlock, newDirectory, operation, options, withStore, writeChain } from './workbench.ts';

const isMade = (directory: string) => existsSync(join(directory, 'format'));

const codes = ['AERGO_STORE_FULL', 'AERGO_STORE_IO', 'AERGO_STORE_UNKNOWN'];

describe('a failing disk', () => {
  test.each([
    ['ENOSPC', false],
    ['EIO', false],
    ['EIO', true],
  ])('with %s at the Nth call of a write (all that follow: %s) loses nothing, for every N', async (code, andAfter) => {
    const limits = [undefined, 1500]; // the second makes the write begin a volume
    for (const limit of limits) {
      for (let n = 0, failed = true; failed; n++) {
        const directory = newDirectory();
        const disk = new FaultyFileSystem();
        const faulty = { ...options, fileSystem: disk.fileSystem, ...(limit ? { volumeLimit_bytes: limit } : {}) };
        const store = await Store.create(directory, faulty);
        const before = await writeChain(store, 2);
        const seen = await answers(store, before);
        const head = before[1]?.id;
        const block = newBlock({ text: 'the one that fails' }, head === undefined ? [] : [head]);
        disk.failNth(n, code, andAfter);
        const write = { ...blockWrite(block, head, 2), operation: { ...operation, head: 'refs/heads/other' } };
        const error = await store.write(write).then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        disk.heal();
        failed = error !== undefined;
        if (failed) {
          expect(error, `call ${n}`).toBeInstanceOf(AergoError);
          expect(codes).toContain(error instanceof AergoError ? error.code : '');
          expect(await answers(store, before), `call ${n}: the old state is readable`).toEqual(seen);
        }
        await store.close();
        await withStore(directory, async (again) => {
          const isThere = again.has(block.id);
          if (!failed) expect(isThere).toBe(true);
          if (!isThere) expect(await answers(again, before)).toEqual(seen);
          if (error instanceof AergoError && error.code !== 'AERGO_STORE_UNKNOWN') expect(isThere).toBe(false);
          expect((await again.fsck()).problems).toEqual([]);
          const next = newBlock({ text: 'after it' });
          await again.write({ ...blockWrite(next), refs: [] });
          expect(again.read(next.id).type).toBe('commit');
        });
        expect(n).toBeLessThan(40);
      }
    }
  });

  test('that is full is said to be full, and the store goes on when there is room again', async () => {
    const disk = new FaultyFileSystem();
    await withStore(
      newDirectory(),
      async (store) => {
        const [first] = await writeChain(store, 1);
        const { volumes } = store.sizes();
        disk.failing = (call, path) =>
          call === 'writeAt' && path.endsWith('.vol') ? systemError('ENOSPC') : undefined;
        const block = newBlock({ text: 'x' });
        await expect(store.write(blockWrite(block, first?.id))).rejects.toMatchObject({
          code: 'AERGO_STORE_FULL',
          details: { system: 'ENOSPC' },
        });
        expect(store.sizes().volumes).toBe(volumes);
        disk.heal();
        await store.write(blockWrite(block, first?.id));
        expect(store.ref('refs/heads/main')?.oid).toBe(block.id);
      },
      'create',
      { fileSystem: disk.fileSystem },
    );
  });

  test('whose sync fails ends the writing of this store: the sync is not tried again', async () => {
    const disk = new FaultyFileSystem();
    const directory = newDirectory();
    await withStore(
      directory,
      async (store) => {
        const [first] = await writeChain(store, 1);
        let syncs = 0;
        disk.failing = (call) => {
          if (call !== 'datasync') return undefined;
          syncs += 1;
          return systemError('EIO');
        };
        const block = newBlock({ text: 'x' });
        await expect(store.write(blockWrite(block, first?.id))).rejects.toMatchObject({ code: 'AERGO_STORE_IO' });
        disk.failing = (call) => {
          if (call === 'datasync') syncs += 1;
          return undefined;
        };
        await expect(store.write(blockWrite(block, first?.id))).rejects.toMatchObject({ code: 'AERGO_STORE_FAILED' });
        expect(syncs).toBe(1);
        expect(store.has(block.id)).toBe(false);
        expect(store.read(first?.id ?? block.id).type).toBe('commit');
      },
      'create',
      { fileSystem: disk.fileSystem },
    );
    await withStore(directory, async (store) => expect(await store.fsck()).toMatchObject({ writes: 1, problems: [] }));
  });

  test('at the Nth call of making a store gives an error of ours, and making it again works', async () => {
    for (let n = 0, failed = true; failed; n++) {
      const directory = newDirectory();
      const disk = new FaultyFileSystem();
      disk.failNth(n, 'ENOSPC');
      const made = await Store.create(directory, { ...options, fileSystem: disk.fileSystem }).catch((e: unknown) => e);
      disk.heal();
      failed = !(made instanceof Store);
      if (made instanceof Store) await made.close();
      else expect(made, `call ${n}`).toMatchObject({ code: 'AERGO_STORE_FULL' });
      const how = failed && !isMade(directory) ? 'create' : 'open';
      await withStore(directory, (store) => writeChain(store, 1), how);
      expect(n).toBeLessThan(40);
    }
  });
});
