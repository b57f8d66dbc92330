import { describe, expect, it } from 'vitest';
import { BlockReader } from '../../src/ledger/block.ts';
import { History } from '../../src/ledger/history.ts';
import { conflictId } from '../../src/merge/conflict.ts';
import { parseOid } from '../../src/object/oid.ts';
import type { MergeOptions } from '../../src/repository/merge.ts';
import { Store } from '../../src/store/store.ts';
import { additiveSource, balancesOf, withAdditiveBank } from '../support/additive-bank.ts';
import { closeQuietly, fixedOptions, newRepository, type TestRepository } from '../support/repository.ts';

async function bank(source = additiveSource): Promise<TestRepository> {
  const test = await newRepository();
  await withAdditiveBank(test, { alice: '100', bob: '100', carol: '100' }, source);
  return test;
}

const payment = (sender: string, recipient: string, amount: string) => ({
  contract: 'bank',
  function: 'pay',
  args: [sender, recipient, amount],
});

/** The bases that a merge block names, read below the repository. */
async function basesOf({ directory }: TestRepository, block: string | undefined): Promise<readonly string[]> {
  const history = new History();
  const store = await Store.open(directory, { ...fixedOptions('read'), derive: history.derive.bind(history) });
  try {
    const header = new BlockReader(store).header(parseOid(block ?? ''));
    return header.kind === 'merge' ? header.base : [];
  } finally {
    await store.close();
  }
}

const merge = ({ repository, admin: sealer }: TestRepository, source: string, options: Partial<MergeOptions> = {}) =>
  repository.merge({ source, sealer, ...options });

/** A merge by rows where theirs is taken of every conflict. */
async function takeTheirs(test: TestRepository, source: string, into: string) {
  const { conflicts } = await merge(test, source, { into, rows: true, dryRun: true });
  const choices = new Map(conflicts?.left.map((one) => [conflictId(one), { row: one.theirs }]));
  return merge(test, source, { into, rows: true, choices });
}

describe('what came by a merge row by row', () => {
  it('is in effect: it cannot be submitted again, and no later merge brings it twice', async () => {
    const test = await bank();
    const { repository, admin: key } = test;
    await repository.createBranch('side');
    const signed = repository.sign({ ...payment('alice', 'bob', '10'), kind: 'call' }, key, 'side');
    await repository.submit([signed], { sealer: key, on: 'side' });
    await repository.call({ ...payment('carol', 'bob', '1'), key });
    await takeTheirs(test, 'side', 'main');
    expect(await balancesOf(test)).toBe('alice 90.00, bob 110.00, carol 99.00');
    const again = await repository.submit([signed], { sealer: key });
    expect(again.rejected.map(({ error }) => error.code)).toEqual(['AERGO_TRANSACTION_REPEATED']);
    // Side goes on; an automatic merge brings what is new there and nothing else.
    await repository.call({ ...payment('carol', 'alice', '5'), key, on: 'side' });
    const merged = await merge(test, 'side');
    expect(merged).toMatchObject({ mode: 'automatic', applied: [{ status: 'applied' }], dropped: [] });
    // A third branch has the first payment by itself and gets it by no other way again.
    await repository.createBranch('third', 'side~1');
    await repository.call({ ...payment('alice', 'carol', '2'), key, on: 'third' });
    expect(await merge(test, 'third')).toMatchObject({ applied: [{}], dropped: [] });
    expect(await balancesOf(test)).toBe('alice 93.00, bob 110.00, carol 96.00');
    await repository.verify();
  });

  it('cannot be run again: an automatic merge of such a branch needs what it took over on the target first', async () => {
    const test = await bank();
    const { repository, admin: key } = test;
    await repository.createBranch('side');
    await repository.createBranch('other');
    await repository.call({ ...payment('alice', 'bob', '10'), key, on: 'other' });
    await repository.call({ ...payment('alice', 'carol', '1'), key, on: 'side' });
    await takeTheirs(test, 'other', 'side');
    await expect(merge(test, 'side')).rejects.toMatchObject({
      code: 'AERGO_AGREED_MERGE_IN_SOURCE',
      message: expect.stringMatching(/^the source holds the rows merge of other, block [0-9a-f]{7}/),
    });
    await merge(test, 'other');
    // People's choices are of that merge alone: they are named as what does not come over.
    const merged = await merge(test, 'side');
    expect(merged.applied).toHaveLength(1);
    expect(merged.dropped.map(({ receipt, transaction }) => [transaction.kind, receipt.code])).toEqual([
      ['resolve', 'not-for-merge'],
    ]);
    await repository.verify();
  });

  it('is not played elsewhere: choices are for one merge and nothing else', async () => {
    const test = await bank();
    const { repository, admin: key } = test;
    await repository.createBranch('side');
    await repository.call({ ...payment('alice', 'bob', '10'), key, on: 'side' });
    await repository.call({ ...payment('alice', 'carol', '1'), key });
    const { block } = await takeTheirs(test, 'side', 'main');
    const shown = await repository.show(block?.id ?? '');
    if (shown.kind !== 'block') throw new Error('a block is shown as one');
    const [resolve] = shown.transactions;
    const { sig: _, author: __, ...unsigned } = resolve?.transaction ?? expect.fail();
    const { rejected } = await repository.submit([JSON.stringify({ ...unsigned, nonce: 'AAAAAAAAAAAAAAAA' })], {
      sealer: key,
      key,
    });
    expect(rejected.map(({ error }) => error.code)).toEqual(['AERGO_TRANSACTION_WRONG_BRANCH']);
  });
});

describe('branches that merged each other', () => {
  const criss = async (logic: { mergeContract?: string }) => {
    const test = await bank();
    const { repository, admin: key } = test;
    await repository.createBranch('one', '@', logic);
    await repository.createBranch('two', '@', logic);
    const pay = (on: string, ...args: [string, string, string]) => repository.call({ ...payment(...args), key, on });
    await pay('one', 'alice', 'bob', '10');
    await pay('two', 'alice', 'carol', '20');
    // Each merges the other as it was before: two best common ancestors from here on.
    await repository.createBranch('one-then', 'one');
    await merge(test, 'two', { into: 'one' });
    await merge(test, 'one-then', { into: 'two' });
    await pay('one', 'bob', 'carol', '1');
    await pay('two', 'bob', 'carol', '2');
    return test;
  };

  it('have a base that is merged by the same logic, so no change counts twice', async () => {
    const test = await criss({ mergeContract: 'bank.settle' });
    const { repository } = test;
    const merged = await merge(test, 'two', { into: 'one' });
    expect(merged).toMatchObject({ mode: 'agreed', pending: false });
    expect(await balancesOf(test, 'one')).toBe('alice 70.00, bob 107.00, carol 123.00');
    await repository.verify();
    await closeQuietly(repository);
    expect(await basesOf(test, merged.block?.id)).toHaveLength(2);
  });

  it('stop where that base would need people', async () => {
    const test = await bank();
    const { repository, admin: key } = test;
    await repository.createBranch('one');
    await repository.createBranch('two');
    const pay = (on: string, ...args: [string, string, string]) => repository.call({ ...payment(...args), key, on });
    await pay('one', 'alice', 'bob', '10');
    await pay('two', 'alice', 'carol', '20');
    await repository.createBranch('one-then', 'one');
    await takeTheirs(test, 'two', 'one');
    await takeTheirs(test, 'one-then', 'two');
    await expect(merge(test, 'two', { into: 'one', rows: true })).rejects.toMatchObject({
      code: 'AERGO_MERGE_CRISS_CROSS',
      details: { bases: [expect.any(String), expect.any(String)] },
    });
    // The engine stands where it can go on.
    await pay('one', 'bob', 'carol', '1');
    await repository.verify();
  });
});
