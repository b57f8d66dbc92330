/** A history that is cut: where a ref says so a missing parent is none, anywhere else it is damage. */
import { expect, test } from 'vitest';
import type { Oid } from '../../src/object/oid.ts';
import { cutRefs } from '../../src/store/refs.ts';
import type { Store } from '../../src/store/store.ts';
import { blockWrite, newBlock, newDirectory, operation, options, withStore } from './workbench.ts';

const first = newBlock({ text: 'first' });
const second = newBlock({ text: 'second' }, [first.id]);
const third = newBlock({ text: 'third' }, [second.id]);

const cutAt = (old: Oid | null, id: Oid | null) => ({ name: `${cutRefs}${second.id}`, old, new: id });

const problemsOf = async (store: Store) => (await store.fsck()).problems.map(({ problem, id }) => [problem, id]);

test('a parent that is missing is damage, but for a block of which a ref says that the history is cut there', async () => {
  const missing = [[`object ${first.id}, which it names, is not there`, second.id]];
  await withStore(
    newDirectory(),
    async (store) => {
      await store.write({ blocks: [second], operation });
      expect(await problemsOf(store)).toEqual(missing);
      await store.write({ ...blockWrite(third), refs: [cutAt(null, second.id)] });
      expect(await problemsOf(store)).toEqual([]);
      expect(store.cut().map(({ oid }) => oid)).toEqual([second.id]);
      await store.write({ refs: [cutAt(second.id, null)], operation });
      expect(await problemsOf(store)).toEqual(missing);
      expect(store.cut()).toEqual([]);
      await store.write({ blocks: [first], operation });
      expect(await problemsOf(store)).toEqual([]);
    },
    'create',
  );
});

test('what is derived of a block follows from what was there when it came, in the write, the check and a rebuilt index', async () => {
  const derive = (block: Oid, source: { has(oid: Oid): boolean }) => [
    { key: `parents/${block}`, value: String([first, second].filter(({ id }) => source.has(id)).length) },
  ];
  const directory = newDirectory();
  const come = { ...options, derive };
  const known = (store: Store) => [second, third, first].map(({ id }) => store.derived(`parents/${id}`));
  await withStore(
    directory,
    async (store) => {
      await store.write({ blocks: [second], refs: [cutAt(null, second.id)], operation });
      await store.write({ blocks: [third], operation });
      await store.write({ blocks: [first], refs: [cutAt(second.id, null)], operation });
      expect(known(store)).toEqual(['1', '1', '2']);
      expect(await problemsOf(store)).toEqual([]);
    },
    'create',
    come,
  );
  await withStore(
    directory,
    async (store) => {
      expect(known(store)).toEqual(['1', '1', '2']);
      expect(await problemsOf(store)).toEqual([]);
    },
    'rebuild',
    come,
  );
});
