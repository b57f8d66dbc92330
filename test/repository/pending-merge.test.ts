import { cpSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { conflictId } from '../../src/merge/conflict.ts';
import { type OpenPending, openPending, shownDigest } from '../../src/repository/pending.ts';
import { disagreementSource } from '../support/disagreement.ts';
import { closeQuietly, newRepository, openRepository } from '../support/repository.ts';

/** Accounts that `main` and `what-if` changed differently, and a merge that waits. */
async function waiting(count = 3) {
  const { repository, directory, admin } = await newRepository();
  const call = (name: string, args: readonly string[], on = 'main') =>
    repository.call({ contract: 'bank', function: name, args, key: admin, on });
  await repository.deploy({ name: 'bank', source: disagreementSource, key: admin });
  await call('open_accounts', ['1', String(count)]);
  await repository.createBranch('what-if');
  await call('add_to_all', ['10'], 'what-if');
  await call('add_to_all', ['-20']);
  const merged = await repository.merge({ source: 'what-if', rows: true, sealer: admin });
  const open = (): OpenPending => {
    const found = openPending(directory);
    if (found === undefined) throw new Error('the pending merge has to be computed again');
    return found;
  };
  const take = async (index: number, way: 'ours' | 'theirs' | 'base' | 'both') => {
    const { folder, merge, resolution } = open();
    await folder.append(merge, resolution.take([index], way).changes);
  };
  const balances = async () => {
    const rows = [];
    for await (const { row } of repository.scan('bank.accounts')) rows.push([row.owner, row.balance]);
    return Object.fromEntries(rows);
  };
  return { repository, directory, admin, call, merged, open, take, balances };
}

const pendingCode = { code: 'AERGO_MERGE_PENDING' };
const notPendingCode = { code: 'AERGO_MERGE_NOT_PENDING' };

describe('a merge that leaves conflicts', () => {
  it('moves nothing and waits, with who stands behind each side', async () => {
    const { repository, merged, open } = await waiting();
    expect(merged).toMatchObject({ pending: true, mode: 'rows', conflicts: { total: 3, byContract: 0 } });
    expect(repository.head.block.height).toBe(3);
    const { merge, resolution } = open();
    expect(repository.pendingMerge()).toEqual(merge);
    expect(resolution.conflict(0)).toMatchObject({
      key: ['acc0000001'],
      writers: {
        ours: { description: 'bank.add_to_all -20', height: 3, name: 'ada' },
        theirs: { description: 'bank.add_to_all 10', height: 3 },
      },
    });
  });

  it('is the only one that waits, and keeps its two branches', async () => {
    const { repository, admin } = await waiting();
    await repository.createBranch('other');
    await expect(repository.merge({ source: 'other', sealer: admin })).rejects.toMatchObject(pendingCode);
    await expect(repository.deleteBranch('what-if', { force: true })).rejects.toMatchObject(pendingCode);
    await expect(repository.renameBranch('main', 'trunk')).rejects.toMatchObject(pendingCode);
    await repository.deleteBranch('other');
    await repository.switchTo('what-if');
    expect(
      await repository.merge({ source: 'what-if', into: 'main', rows: true, sealer: admin, dryRun: true }),
    ).toMatchObject({ pending: true });
  });

  it('is written down by no dry run', async () => {
    const { repository, directory, admin } = await waiting();
    repository.abortMerge();
    await repository.merge({ source: 'what-if', rows: true, sealer: admin, dryRun: true });
    expect([repository.pendingMerge(), existsSync(join(directory, 'merge'))]).toEqual([undefined, false]);
  });

  it('is sealed as it was chosen, when every conflict is settled and not before', async () => {
    const { repository, admin, open, take, balances } = await waiting(4);
    await take(0, 'ours');
    await take(1, 'theirs');
    const early = await repository.continueMerge({ key: admin });
    expect(early).toMatchObject({ pending: true, moved: false, conflicts: { total: 4 } });
    expect(early.conflicts?.left.map(({ key }) => key[0])).toEqual(['acc0000003', 'acc0000004']);
    await take(2, 'both');
    const { folder, merge, resolution } = open();
    await folder.append(merge, resolution.edit(3, new Map([['balance', '7']])).changes);
    const sealed = await repository.continueMerge({ key: admin });
    expect(sealed).toMatchObject({ pending: false, block: { height: 4, kind: 'merge', mode: 'rows' } });
    expect(await balances()).toEqual({
      acc0000001: '80.00',
      acc0000002: '110.00',
      acc0000003: '90.00',
      acc0000004: '7.00',
    });
    expect(repository.pendingMerge()).toBeUndefined();
    expect((await repository.verify()).blocks).toBe(6);
  });

  it('is forgotten by abort, with every choice', async () => {
    const { repository, admin, take, open } = await waiting();
    await take(0, 'ours');
    expect(repository.abortMerge()).toMatchObject({ source: 'what-if', target: 'main' });
    expect(() => repository.abortMerge()).toThrow(expect.objectContaining(notPendingCode));
    await expect(repository.continueMerge({ key: admin })).rejects.toMatchObject(notPendingCode);
    await repository.merge({ source: 'what-if', rows: true, sealer: admin });
    expect(open().resolution.resolved).toBe(0);
  });
});

describe('a branch that moves while a merge waits', () => {
  it('has the conflicts computed again, and choices kept where the rows are the very same', async () => {
    const { repository, directory, admin, call, open, take, balances } = await waiting();
    for (const index of [0, 1, 2]) await take(index, 'theirs');
    await call('set_balance', ['acc0000001', '55']);
    await call('set_balance', ['acc0000002', '100']);
    await call('open_accounts', ['8', '9']);
    expect(openPending(directory)).toBeUndefined();
    const early = await repository.continueMerge({ key: admin });
    expect(early).toMatchObject({ pending: true, moved: true, conflicts: { total: 2 } });
    expect(early.conflicts?.left.map(({ key }) => key[0])).toEqual(['acc0000001']);
    expect(open().resolution.choice(1)?.way).toBe('theirs');
    await take(0, 'ours');
    expect(await repository.continueMerge({ key: admin })).toMatchObject({ pending: false, moved: false });
    expect(await balances()).toMatchObject({
      acc0000001: '55.00',
      acc0000002: '110.00',
      acc0000003: '110.00',
      acc0000009: '100.00',
    });
  });

  it('seals at once where every choice still applies', async () => {
    const { repository, admin, call, take } = await waiting();
    for (const index of [0, 1, 2]) await take(index, 'ours');
    await call('open_accounts', ['8', '8']);
    expect(await repository.continueMerge({ key: admin })).toMatchObject({
      pending: false,
      moved: true,
      block: { height: 5 },
    });
  });

  it('does not let anything be sealed that was not shown', async () => {
    const { repository, admin, call, take, open } = await waiting();
    for (const index of [0, 1, 2]) await take(index, 'ours');
    const shown = shownDigest(open());
    await take(1, 'theirs');
    const moved = { code: 'AERGO_MERGE_MOVED' };
    await expect(repository.continueMerge({ key: admin, shown })).rejects.toMatchObject(moved);
    const again = shownDigest(open());
    await call('open_accounts', ['8', '8']);
    await expect(repository.continueMerge({ key: admin, shown: again })).rejects.toMatchObject(moved);
    const settled = shownDigest(open());
    expect(await repository.continueMerge({ key: admin, shown: settled })).toMatchObject({ pending: false });
  });

  it('also when it is the source that moves', async () => {
    const { repository, admin, call, take } = await waiting();
    for (const index of [0, 1, 2]) await take(index, 'theirs');
    await call('set_balance', ['acc0000003', '1'], 'what-if');
    const early = await repository.continueMerge({ key: admin });
    expect(early.conflicts?.left.map(({ key }) => key[0])).toEqual(['acc0000003']);
  });
});

describe('what goes wrong', () => {
  it('keeps the merge and its choices where the result would break a constraint', async () => {
    const { repository, admin, call, open } = await waiting();
    await call('set_note', ['acc0000001', 'taken'], 'what-if');
    await repository.refreshPendingMerge(admin);
    const { folder, merge, resolution } = open();
    const step = resolution.edit(1, new Map([['note', 'taken']]));
    await folder.append(merge, [...resolution.take([0, 2], 'theirs').changes, ...step.changes]);
    await expect(repository.continueMerge({ key: admin })).rejects.toMatchObject({ code: 'AERGO_MERGE_CONSTRAINT' });
    expect(repository.head.block.height).toBe(3);
    expect(open().resolution.resolved).toBe(3);
    const again = open();
    await again.folder.append(again.merge, again.resolution.take([1], 'theirs').changes);
    expect(await repository.continueMerge({ key: admin })).toMatchObject({ pending: false });
  });

  it('computes conflicts again whose file is damaged, and keeps the choices', async () => {
    const { repository, directory, admin, open, take } = await waiting();
    await take(1, 'theirs');
    const before = open().resolution.conflicts;
    writeFileSync(join(directory, 'merge', 'conflicts.ndjson'), 'gone\n');
    const { resolution } = await repository.refreshPendingMerge(admin);
    expect(resolution.conflicts).toEqual(before);
    expect(resolution.choice(1)?.way).toBe('theirs');
  });

  it('takes a merge that was sealed, but whose folder a crash left, for none', async () => {
    const { repository, directory, admin, take } = await waiting();
    for (const index of [0, 1, 2]) await take(index, 'ours');
    cpSync(join(directory, 'merge'), join(directory, 'kept'), { recursive: true });
    await repository.continueMerge({ key: admin });
    cpSync(join(directory, 'kept'), join(directory, 'merge'), { recursive: true });
    rmSync(join(directory, 'kept'), { recursive: true });
    await closeQuietly(repository);
    const again = await openRepository(directory);
    await expect(again.continueMerge({ key: admin })).rejects.toMatchObject(notPendingCode);
    expect(existsSync(join(directory, 'merge'))).toBe(false);
    await again.deleteBranch('what-if');
  });

  it('shows rows of both sides that fail a UNIQUE together', async () => {
    const { repository, admin, call, open } = await waiting();
    repository.abortMerge();
    await call('open_accounts', ['8', '8']);
    await call('open_accounts', ['9', '9'], 'what-if');
    await call('set_note', ['acc0000008', 'mine']);
    await call('set_note', ['acc0000009', 'mine'], 'what-if');
    await repository.merge({ source: 'what-if', rows: true, sealer: admin });
    const { resolution } = open();
    const constraints = resolution.conflicts.filter((conflict) => conflict.kind === 'constraint');
    expect(constraints.map(({ key }) => key)).toEqual([['acc0000008'], ['acc0000009']]);
    for (const { failed } of constraints) {
      const { constraint, rows } = failed;
      expect(constraint).toContain('note');
      expect(rows.map(([table, name]) => resolution.indexOf(conflictId({ table, name })))).toEqual([3, 4]);
    }
    const { folder, merge } = open();
    await folder.append(merge, resolution.take([0, 1, 2, 3, 4], 'ours').changes);
    expect(await repository.continueMerge({ key: admin })).toMatchObject({ pending: false });
    expect(await repository.get('bank.accounts', ['acc0000009'])).toBeUndefined();
  });
});
