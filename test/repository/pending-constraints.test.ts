import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mergeValue } from '../../src/cli/merge-value.ts';
import { pendingAsJson } from '../../src/cli/render/conflict.ts';
import { type OpenPending, openPending } from '../../src/repository/pending.ts';
import { schemaFault } from '../cli/schemas.ts';
import { newRepository } from '../support/repository.ts';

const familySource = `
CREATE TABLE parents (id text PRIMARY KEY);
CREATE TABLE children (id int4 PRIMARY KEY, parent text REFERENCES parents (id));

CREATE FUNCTION add_parents(last int4) RETURNS void AS $$
BEGIN
    INSERT INTO parents SELECT 'p' || number FROM generate_series(0, last) AS number ORDER BY number;
END
$$;

CREATE FUNCTION add_children(parent text, first int4, last int4) RETURNS void AS $$
BEGIN
    INSERT INTO children SELECT number, add_children.parent FROM generate_series(first, last) AS number ORDER BY number;
END
$$;

CREATE FUNCTION remove_parent(who text) RETURNS void AS $$
BEGIN
    DELETE FROM parents WHERE id = who;
END
$$;
`;

/** Parents with so many children of ours each, whom theirs deleted, and a merge that waits. */
async function bereaved(...counts: number[]) {
  const { repository, directory, admin } = await newRepository();
  const call = (name: string, args: readonly string[], on = 'main') =>
    repository.call({ contract: 'family', function: name, args, key: admin, on });
  const names = counts.map((_, at) => `p${at}`);
  await repository.deploy({ name: 'family', source: familySource, key: admin });
  await call('add_parents', [String(counts.length - 1)]);
  await repository.createBranch('side');
  for (const [at, name] of names.entries()) {
    const first = at * 100_000;
    await call('add_children', [name, String(first + 1), String(first + (counts[at] ?? 0))]);
    await call('remove_parent', [name], 'side');
  }
  const merged = await repository.merge({ source: 'side', rows: true, sealer: admin });
  const open = (): OpenPending => {
    const found = openPending(directory);
    if (found === undefined) throw new Error('the pending merge has to be computed again');
    return found;
  };
  const size = () => statSync(join(directory, 'merge', 'conflicts.ndjson')).size;
  return { repository, admin, merged, open, size };
}

const everyIndex = ({ resolution }: OpenPending) => resolution.conflicts.keys().toArray();

describe('a parent that one side deleted and the other gave thousands of children', () => {
  it('takes space in line with the rows, on disk and for programs, and is settled by the table', {
    timeout: 180_000,
  }, async () => {
    const few = await bereaved(1000);
    const { repository, admin, merged, open, size } = await bereaved(10_000);
    expect(merged).toMatchObject({ pending: true, conflicts: { total: 10_001 } });
    const lengths = [few, { merged, open }].map(({ merged, open }) => [
      JSON.stringify(mergeValue(merged)).length,
      JSON.stringify(pendingAsJson(open(), everyIndex(open()))).length,
    ]);
    for (const at of [0, 1]) expect(lengths[1]?.[at]).toBeLessThan((lengths[0]?.[at] ?? 0) * 11);
    expect(size()).toBeLessThan(few.size() * 11);
    expect(size()).toBeLessThan(10_001 * 600);
    const { folder, merge, resolution } = open();
    for (const table of ['family.children', 'family.parents']) {
      await folder.append(merge, resolution.take(resolution.indexesOf(table), 'ours').changes);
    }
    expect(await repository.continueMerge({ key: admin })).toMatchObject({
      pending: false,
      conflicts: { total: 10_001 },
    });
    expect(await repository.get('family.parents', ['p0'])).toBeDefined();
    expect(await repository.get('family.children', ['10000'])).toBeDefined();
  });

  it('is one value for each constraint that fails, with the deleted row among the twenty that it names', async () => {
    const { merged, open } = await bereaved(25, 3);
    const conflicts = merged.conflicts?.left ?? [];
    for (const some of [conflicts, open().resolution.conflicts]) {
      const failed = new Set(some.map((one) => one.kind === 'constraint' && one.failed));
      expect(failed.size).toBe(2);
      const told = [...failed].map((one) => one && [one.constraint, one.count, one.rows.length, one.rows.at(-1)]);
      expect(told).toEqual([
        ['children_parent_fkey', 26, 20, ['family.parents', 'p0-']],
        ['children_parent_fkey', 4, 4, ['family.parents', 'p1-']],
      ]);
    }
    expect(open().resolution.conflicts.map(({ writers: _, ...one }) => one)).toEqual(conflicts);
  });

  it('is told with some of its rows where what people chose does not stand', async () => {
    const { repository, admin, open } = await bereaved(25);
    const { folder, merge, resolution } = open();
    await folder.append(merge, resolution.take(resolution.indexesOf('family.children'), 'ours').changes);
    await folder.append(merge, resolution.take(resolution.indexesOf('family.parents'), 'theirs').changes);
    await expect(repository.continueMerge({ key: admin })).rejects.toMatchObject({
      code: 'AERGO_MERGE_CONSTRAINT',
      message: expect.stringMatching(/for (family.children \d+, ){20}[56] other rows$/),
      details: { violations: [{ constraint: 'children_parent_fkey', rows: { length: 20 } }] },
    });
  });

  it('is told to programs once, with a place that each of its conflicts refers to', async () => {
    const { merged, open } = await bereaved(25, 3);
    expect(schemaFault({ schema: 'aergo.merge/1', ok: true, ...mergeValue(merged) })).toBeUndefined();
    expect(mergeValue(merged)).toMatchObject({ conflicts: { failed: [{ count: 26 }, { count: 4 }] } });
    const pending = open();
    const ofSecond = everyIndex(pending).filter((at) => pending.resolution.conflict(at).key[0]?.startsWith('1000'));
    const listed = pendingAsJson(pending, ofSecond);
    expect(schemaFault({ schema: 'aergo.resolve/1', ok: true, ...listed })).toBeUndefined();
    expect(listed).toMatchObject({ failed: [{ constraint: 'children_parent_fkey', count: 4 }] });
    expect(listed).toMatchObject({
      conflicts: ofSecond.map(() => ({ kind: 'constraint', constraint: 'children_parent_fkey', failed: 0 })),
    });
    expect(ofSecond).toHaveLength(3);
  });
});
