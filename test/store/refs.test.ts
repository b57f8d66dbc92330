import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseOid } from '../../src/object/oid.ts';
import { nodeFileSystem } from '../../src/store/file-system.ts';
import { checkRefName, type RefState, type RefUpdate } from '../../src/store/refs.ts';
import { decodeRefsFile, encodeRefsFile, readRefsFile } from '../../src/store/refs-file.ts';
import type { Store } from '../../src/store/store.ts';
import { blockWrite, newBlock, newDirectory, operation, withStore, writeChain } from './workbench.ts';

const absent = parseOid('0'.repeat(64));

async function refused(store: Store, refs: RefUpdate[], code: string): Promise<void> {
  const before = { refs: store.refs(), sizes: store.sizes().volumes };
  await expect(store.write({ blocks: [newBlock({ text: 'late' })], refs, operation })).rejects.toMatchObject({ code });
  expect({ refs: store.refs(), sizes: store.sizes().volumes }).toEqual(before);
}

describe('refs', () => {
  test('move only from where they stand; otherwise nothing is written', async () => {
    await withStore(
      newDirectory(),
      async (store) => {
        const [first, second] = await writeChain(store, 2);
        if (first === undefined || second === undefined) throw new Error('two blocks');
        const name = 'refs/heads/main';
        await refused(store, [{ name, old: first.id, new: first.id }], 'AERGO_REF_MOVED');
        await refused(store, [{ name, old: null, new: first.id }], 'AERGO_REF_MOVED');
        await refused(store, [{ name: 'refs/heads/none', old: first.id, new: null }], 'AERGO_REF_MOVED');
        await refused(store, [{ name, old: second.id, new: absent }], 'AERGO_OBJECT_MISSING');
        const twice = { name, old: second.id, new: first.id };
        await refused(store, [twice, twice], 'AERGO_REF_MOVED');
        await refused(store, [{ name: 'refs/heads/main/sub', old: null, new: first.id }], 'AERGO_REF_NAME_INVALID');
        await refused(store, [{ name: 'refs/heads', old: null, new: first.id }], 'AERGO_REF_NAME_INVALID');
        expect(store.ref(name)?.oid).toBe(second.id);
      },
      'create',
    );
  });

  test('keep their start and merge logic while they move, and lose them when another branch takes the name', async () => {
    await withStore(
      newDirectory(),
      async (store) => {
        const [block] = await writeChain(store, 1);
        if (block === undefined) throw new Error('a block');
        const name = 'refs/heads/what-if';
        const move = (update: Omit<RefUpdate, 'name'>) => store.write({ refs: [{ name, ...update }], operation });
        const logic = { contract: 'bank', function: 'resolve', hash: 'ab'.repeat(32) };
        await move({ old: null, new: block.id, start: 'aaaaaaaaaaaaaaaa', height: 0, logic });
        await move({ old: block.id, new: block.id, height: 1 });
        expect(store.ref(name)).toEqual({ name, oid: block.id, start: 'aaaaaaaaaaaaaaaa', height: 1, logic });
        await move({ old: block.id, new: block.id, start: 'bbbbbbbbbbbbbbbb' });
        expect(store.ref(name)).toEqual({ name, oid: block.id, start: 'bbbbbbbbbbbbbbbb' });
        await move({ old: block.id, new: null });
        expect(store.ref(name)).toBeUndefined();
        expect(store.refs('refs/heads/what').length).toBe(0);
        expect((await store.fsck()).problems).toEqual([]);
      },
      'create',
    );
  });

  test('are read without the lock while another has the store, as of the last acknowledged write', async () => {
    const directory = newDirectory();
    await withStore(
      directory,
      async (store) => {
        const blocks = await writeChain(store, 3);
        await store.write({
          refs: [{ name: 'refs/tags/a', old: null, new: blocks[0]?.id ?? null }],
          operation: { ...operation, head: 'refs/heads/other' },
        });
        const read = readRefsFile(nodeFileSystem, directory);
        expect(read?.refs).toEqual(store.refs());
        expect(read?.head).toBe('refs/heads/other');
        expect(read?.acknowledged).toEqual({ volume: 1, offset: store.sizes().volumes, sequence: 4 });
        expect(readFileSync(join(directory, 'HEAD'), 'utf8')).toBe('ref: refs/heads/other\n');
      },
      'create',
    );
  });

  test('a damaged refs file is told from a whole one whichever byte is wrong, and written anew by opening', async () => {
    const directory = newDirectory();
    await withStore(directory, (store) => writeChain(store, 2), 'create');
    const path = join(directory, 'refs');
    const whole = readFileSync(path);
    for (let at = 0; at < whole.length; at++) {
      const broken = Buffer.from(whole);
      broken[at] = (broken[at] ?? 0) ^ 0x10;
      expect(decodeRefsFile(broken.toString())).toBeUndefined();
      expect(decodeRefsFile(whole.toString('utf8', 0, at))).toBeUndefined();
    }
    writeFileSync(path, '');
    writeFileSync(join(directory, 'HEAD'), 'ref: refs/heads/nonsense\n');
    expect(readRefsFile(nodeFileSystem, directory)).toBeUndefined();
    await withStore(directory, (store) => expect(store.head).toBe('refs/heads/main'));
    expect(readFileSync(path).equals(whole)).toBe(true);
    expect(readFileSync(join(directory, 'HEAD'), 'utf8')).toBe('ref: refs/heads/main\n');
  });

  test('the refs file gives back what was put into it', () => {
    const hex = (digits: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`));
    const ref: fc.Arbitrary<RefState> = fc.record(
      {
        name: fc.stringMatching(/^refs\/heads\/[a-zé]{1,9}$/),
        oid: hex(64).map(parseOid),
        start: hex(16),
        height: fc.nat(),
        logic: fc.record({ contract: fc.string(), function: fc.string(), hash: hex(64) }),
      },
      { requiredKeys: ['name', 'oid'] },
    );
    const acknowledged = fc.record({ volume: fc.nat(), offset: fc.nat(2 ** 30), sequence: fc.maxSafeNat() });
    const file = fc.record({ head: fc.constant('refs/heads/main'), refs: fc.array(ref), acknowledged });
    fc.assert(
      fc.property(file, (contents) => {
        expect(decodeRefsFile(encodeRefsFile(contents))).toEqual(contents);
      }),
    );
  });

  test('have names that Git allows, and ours', () => {
    const good = [
      'refs/heads/main',
      'refs/heads/a/b',
      'refs/tags/v1.0',
      'refs/aergo/directory',
      'refs/heads/é',
      'refs/heads/a@b',
    ];
    for (const name of good) expect(() => checkRefName(name), name).not.toThrow();
    const bad = [
      'main',
      'refs/',
      'refs/heads/',
      'refs/heads//a',
      'refs/heads/a..b',
      'refs/heads/a b',
      'refs/heads/a\nb',
      'refs/heads/a\0',
      'refs/heads/.a',
      'refs/heads/a.',
      'refs/heads/a.lock',
      'refs/heads/a.lock/b',
      'refs/heads/a~1',
      'refs/heads/a^',
      'refs/heads/a:b',
      'refs/heads/a?',
      'refs/heads/a*',
      'refs/heads/a[b',
      'refs/heads/a\\b',
      'refs/heads/a@{1}',
      'refs/heads/-a',
      'refs/heads/@12',
      'refs/heads/@',
      'refs/heads/\ud800',
      `refs/heads/${'a'.repeat(2000)}`,
      'refs/heads/a\x7f',
      'refs/heads/a\x85',
    ];
    for (const name of bad) {
      expect(() => checkRefName(name), name).toThrow(expect.objectContaining({ code: 'AERGO_REF_NAME_INVALID' }));
    }
  });

  test('a write names its refs by the same rules', async () => {
    await withStore(
      newDirectory(),
      async (store) => {
        const block = newBlock({ text: 'x' });
        const bad = { name: 'refs/heads/a..b', old: null, new: block.id };
        await expect(store.write({ blocks: [block], refs: [bad], operation })).rejects.toMatchObject({
          code: 'AERGO_REF_NAME_INVALID',
        });
        await expect(
          store.write({ ...blockWrite(block), operation: { ...operation, head: 'HEAD' } }),
        ).rejects.toMatchObject({ code: 'AERGO_REF_NAME_INVALID' });
        expect([...store.operations()]).toEqual([]);
      },
      'create',
    );
  });
});
