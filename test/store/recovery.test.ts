/** What opening repairs after a crash, and what it must not take for one. */
import { appendFileSync, cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Level } from 'level';
import { describe, expect, test } from 'vitest';
import { AergoError } from '../../src/errors.ts';
import { parseOid } from '../../src/object/oid.ts';
import { Store } from '../../src/store/store.ts';
import type { BlockObjects } from '../../src/store/write-plan.ts';
import { countingFileSystem } from './faulty-file-system.ts';
import { answers, newDirectory, options, withStore, writeChain } from './workbench.ts';

interface Grown {
  readonly directory: string;
  readonly blocks: readonly BlockObjects[];
  /** The size of the volume after each write, and all answers then. */
  readonly sizes: readonly number[];
  readonly seen: readonly unknown[];
  /** The whole directory as it was after each write. */
  readonly copies: readonly string[];
}

/** A chain of blocks with a copy of the directory after each write, as a process would leave it that dies then. */
async function grow(count: number): Promise<Grown> {
  const directory = newDirectory();
  const blocks: BlockObjects[] = [];
  const sizes: number[] = [];
  const seen: unknown[] = [];
  const copies: string[] = [];
  await withStore(directory, () => undefined, 'create');
  for (let height = 1; height <= count; height++) {
    rmSync(directory, { recursive: true });
    await withStore(
      directory,
      async (store) => {
        blocks.splice(0, blocks.length, ...(await writeChain(store, height)));
        sizes.push(store.sizes().volumes);
        seen.push(await answers(store, blocks));
      },
      'create',
    );
    const copy = newDirectory();
    cpSync(directory, copy, { recursive: true });
    copies.push(copy);
  }
  return { directory, blocks, sizes, seen, copies };
}

const volume = (directory: string) => join(directory, 'volumes', '00000001.vol');

/** Puts the last write of the chain, cut to `length` bytes, behind a store that knows only of the writes before it. */
function leaveTorn(grown: Grown, tail: Uint8Array): string {
  const directory = newDirectory();
  cpSync(grown.copies.at(-2) ?? '', directory, { recursive: true });
  appendFileSync(volume(directory), tail);
  return directory;
}

function lastWrite(grown: Grown): Buffer {
  return readFileSync(volume(grown.directory)).subarray(grown.sizes.at(-2));
}

describe('a torn tail', () => {
  test('is cut wherever the last write was torn off, and what was acknowledged is kept', async () => {
    const grown = await grow(3);
    const whole = lastWrite(grown);
    const directory = leaveTorn(grown, new Uint8Array());
    for (let length = 1; length < whole.length; length++) {
      appendFileSync(volume(directory), whole.subarray(0, length));
      await withStore(directory, async (store) => {
        expect(store.opened).toEqual({ tornTail: { volume: 1, offset: grown.sizes.at(-2), bytes: length } });
        if (length % 50 === 1) expect(await answers(store, grown.blocks.slice(0, 2))).toEqual(grown.seen.at(-2));
        expect([...store.operations()]).toHaveLength(2);
      });
      expect(readFileSync(volume(directory)).length).toBe(grown.sizes.at(-2));
    }
  }, 240_000);

  test('is cut when parts of the last write never reached the disk, or are garbage', async () => {
    const grown = await grow(3);
    const whole = lastWrite(grown);
    const directory = leaveTorn(grown, new Uint8Array());
    for (let at = 0; at < whole.length; at += 7) {
      const torn = Buffer.from(whole);
      torn.fill(at % 2 === 0 ? 0 : 0xa5, at, Math.min(at + 64, torn.length));
      if (torn.equals(whole)) continue;
      appendFileSync(volume(directory), torn);
      await withStore(directory, (store) => {
        expect(store.opened.tornTail?.bytes).toBe(whole.length);
        expect(store.has(grown.blocks[2]?.id ?? parseOid(''))).toBe(false);
      });
    }
  });

  test('that is a whole write was written, though it was not acknowledged: it is kept', async () => {
    const grown = await grow(3);
    const directory = leaveTorn(grown, lastWrite(grown));
    await withStore(directory, async (store) => {
      expect(store.opened).toEqual({});
      expect(await answers(store, grown.blocks)).toEqual(grown.seen.at(-1));
    });
  });

  test('leaves a store that can be written to and rebuilt', async () => {
    const grown = await grow(3);
    const directory = leaveTorn(grown, lastWrite(grown).subarray(0, 300));
    const seen = await withStore(directory, async (store) => {
      const [third] = grown.blocks.slice(2);
      if (third === undefined) throw new Error('a third block');
      await store.write({ blocks: [third], operation: { time: 9, command: 'again', head: 'refs/heads/main' } });
      return answers(store, grown.blocks);
    });
    await withStore(directory, async (store) => expect(await answers(store, grown.blocks)).toEqual(seen), 'rebuild');
  });

  test('at the beginning of a new volume is cut, and the volume begun again', async () => {
    const directory = newDirectory();
    await withStore(directory, (store) => writeChain(store, 3), 'create', { volumeLimit_bytes: 2000 });
    const volumes = readdirSync(join(directory, 'volumes')).sort();
    const next = volumes.length + 1;
    const whole = readFileSync(join(directory, 'volumes', volumes[0] ?? ''));
    for (const length of [0, 1, 47, 48, 80]) {
      writeFileSync(join(directory, 'volumes', `0000000${next}.vol`), whole.subarray(0, length));
      await withStore(
        directory,
        async (store) => {
          expect(store.opened.tornTail).toEqual({ volume: next, offset: 0, bytes: length });
          expect(await store.fsck()).toMatchObject({ volumes: next, writes: 3, problems: [] });
        },
        'open',
      );
    }
  });

  test('is damage when a write stands behind it, since no write begins before the last is on the disk', async () => {
    const grown = await grow(4);
    const directory = newDirectory();
    cpSync(grown.copies[1] ?? '', directory, { recursive: true });
    const tail = Buffer.from(readFileSync(volume(grown.directory)).subarray(grown.sizes[1]));
    tail[60] = (tail[60] ?? 0) ^ 1;
    appendFileSync(volume(directory), tail);
    await expect(Store.open(directory, options)).rejects.toMatchObject({
      code: 'AERGO_STORE_DAMAGED',
      exitCode: 6,
      details: { volume: 1, offset: grown.sizes[1] },
    });
    expect(readFileSync(volume(directory)).length).toBe((grown.sizes[1] ?? 0) + tail.length);
  });

  test('below the acknowledged point is damage, with the index or without', async () => {
    const grown = await grow(3);
    for (const cut of [1, 100, (grown.sizes[2] ?? 0) - (grown.sizes[1] ?? 0), (grown.sizes[2] ?? 0) - 10]) {
      for (const withIndex of [true, false]) {
        const directory = newDirectory();
        cpSync(grown.directory, directory, { recursive: true });
        const left = (grown.sizes[2] ?? 0) - cut;
        truncateSync(volume(directory), left);
        if (!withIndex) rmSync(join(directory, 'index'), { recursive: true });
        await expect(Store.open(directory, options)).rejects.toMatchObject({ code: 'AERGO_STORE_DAMAGED' });
        expect(readFileSync(volume(directory)).length).toBe(left);
      }
    }
  });
});

describe('a flipped bit', () => {
  test('in any byte of the volumes is named by opening, fsck and rebuilding, and changes no answer', async () => {
    const directory = newDirectory();
    const { blocks, seen } = await withStore(
      directory,
      async (store) => {
        const written = await writeChain(store, 2);
        return { blocks: written, seen: await answers(store, written) };
      },
      'create',
      { volumeLimit_bytes: 1000 },
    );
    for (const name of readdirSync(join(directory, 'volumes'))) {
      const path = join(directory, 'volumes', name);
      const whole = readFileSync(path);
      for (let at = 0; at < whole.length; at++) {
        const flipped = Buffer.from(whole);
        flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
        writeFileSync(path, flipped);
        const place = await placeOfDamage(directory, blocks, seen);
        expect(place?.volume, `${name} ${at}`).toBe(Number(name.slice(0, 8)));
        expect(place?.offset).toBeLessThanOrEqual(at);
        if (at % 97 === 0) {
          await expect(Store.rebuild(copyOf(directory), options)).rejects.toMatchObject({
            code: 'AERGO_STORE_DAMAGED',
          });
        }
      }
      writeFileSync(path, whole);
    }
    await withStore(directory, async (store) => expect(await answers(store, blocks)).toEqual(seen));
  }, 240_000);
});

function copyOf(directory: string): string {
  const copy = newDirectory();
  cpSync(directory, copy, { recursive: true });
  return copy;
}

/** Opens a damaged store, sees that it answers as before or refuses, and gives the first place that it names. */
async function placeOfDamage(directory: string, blocks: readonly BlockObjects[], seen: unknown) {
  const places: { volume?: unknown; offset?: unknown }[] = [];
  try {
    await withStore(directory, async (store) => {
      const answered = await refusalOr(() => answers(store, blocks));
      if (answered instanceof AergoError) places.push(answered.details);
      else expect(answered).toEqual(seen);
      const { problems } = await store.fsck();
      const [first] = problems;
      if (first !== undefined) places.push(first);
    });
  } catch (error) {
    if (!(error instanceof AergoError) || error.exitCode !== 6) throw error;
    places.push(error.details);
  }
  const [place] = places;
  return place && { volume: Number(place.volume), offset: Number(place.offset) };
}

async function refusalOr<T>(work: () => Promise<T>): Promise<T | AergoError> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AergoError && error.exitCode === 6) return error;
    throw error;
  }
}

describe('the index', () => {
  test('is made anew when it was deleted, emptied, or rebuilt, and says the same', async () => {
    const { directory, blocks, seen, copies } = await grow(4);
    const index = join(directory, 'index');
    rmSync(index, { recursive: true });
    await withStore(directory, async (store) => expect(await answers(store, blocks)).toEqual(seen.at(-1)));
    await withStore(directory, async (store) => expect(await answers(store, blocks)).toEqual(seen.at(-1)), 'rebuild');
    // An older index catches up.
    rmSync(index, { recursive: true });
    cpSync(join(copies[1] ?? '', 'index'), index, { recursive: true });
    await withStore(directory, async (store) => {
      expect(await answers(store, blocks)).toEqual(seen.at(-1));
      expect((await store.fsck()).problems).toEqual([]);
    });
  });

  test('of another repository is not believed', async () => {
    const { directory, blocks, seen } = await grow(2);
    const other = newDirectory();
    await withStore(other, (store) => writeChain(store, 2, 'other contents of the same length'), 'create');
    rmSync(join(directory, 'index'), { recursive: true });
    cpSync(join(other, 'index'), join(directory, 'index'), { recursive: true });
    const opened = await refusalOr(() => withStore(directory, (store) => answers(store, blocks)));
    if (!(opened instanceof AergoError)) expect(opened).toEqual(seen.at(-1));
    await withStore(directory, async (store) => expect(await answers(store, blocks)).toEqual(seen.at(-1)), 'rebuild');
  });

  test('that LevelDB cannot open is said to be damaged, and rebuild makes it anew', async () => {
    const { directory, blocks, seen } = await grow(2);
    for (const name of readdirSync(join(directory, 'index'))) {
      if (name !== 'LOCK') writeFileSync(join(directory, 'index', name), 'nonsense');
    }
    await expect(Store.open(directory, options)).rejects.toMatchObject({ code: 'AERGO_INDEX_DAMAGED', exitCode: 6 });
    await withStore(directory, async (store) => expect(await answers(store, blocks)).toEqual(seen.at(-1)), 'rebuild');
    await withStore(directory, async (store) => expect((await store.fsck()).problems).toEqual([]));
  });

  test('whose entries are nonsense gives errors of ours, never wrong answers', async () => {
    const { directory, blocks, seen } = await grow(2);
    const [first] = blocks;
    const object = Buffer.from(`6f${first?.id}`, 'hex');
    const other = Buffer.from(`6f${first?.objects[0]?.oid}`, 'hex');
    const short = Buffer.from('no');
    const faraway = Buffer.alloc(14, 0xff);
    const changes: [Buffer, (place: Buffer) => Buffer][] = [
      [Buffer.from('a'), () => short],
      [object, () => short],
      [object, () => faraway],
      [object, (place) => Buffer.concat([place.subarray(0, 4), faraway.subarray(0, 10)])],
      [object, (place) => Buffer.concat([place.subarray(0, 10), faraway.subarray(0, 4)])],
      [other, () => Buffer.alloc(14)],
    ];
    for (const [key, change] of changes) {
      const damaged = copyOf(directory);
      const level = new Level<Buffer, Buffer>(join(damaged, 'index'), {
        keyEncoding: 'buffer',
        valueEncoding: 'buffer',
      });
      await level.put(key, change((await level.get(key)) ?? short));
      await level.close();
      const answered = await refusalOr(() => withStore(damaged, (store) => answers(store, blocks)));
      expect(answered).toBeInstanceOf(AergoError);
      const problems = await refusalOr(() => withStore(damaged, async (store) => (await store.fsck()).problems));
      expect(problems).not.toEqual([]);
      await withStore(damaged, async (store) => expect(await answers(store, blocks)).toEqual(seen.at(-1)), 'rebuild');
    }
  });

  test('is compared with the log by fsck: what derive gave otherwise then is named', async () => {
    const { directory } = await grow(2);
    await withStore(
      directory,
      async (store) => {
        const { problems } = await store.fsck();
        expect(problems.map(({ problem }) => problem).join('\n')).toMatch(
          /does not say what follows from the blocks: x/,
        );
      },
      'open',
      { derive: () => [{ key: 'x', value: 'y' }] },
    );
  });

  test('is not scanned for, and no volume is, when there is nothing to recover', async () => {
    const { directory } = await grow(3);
    const { fileSystem, calls } = countingFileSystem();
    await withStore(directory, () => undefined, 'open', { fileSystem });
    expect(calls.filter((call) => call.startsWith('readAt')).length).toBeLessThanOrEqual(2);
    expect(calls.filter((call) => call.startsWith('writeAt') && !call.includes('lock'))).toEqual([]);
  });
});
