import { describe, expect, it } from 'vitest';
import type { TransactionId } from '../../src/ledger/transaction.ts';
import { keyOf, newRepository, type TestRepository, withBank, withMember } from '../support/repository.ts';

const pay = (sender: string, recipient: string, amount: string) => ({
  contract: 'bank',
  function: 'pay',
  args: [sender, recipient, amount],
});

async function twoBranches(): Promise<TestRepository> {
  const test = await newRepository();
  await withBank(test, { alice: '100', bob: '100', carol: '100' });
  await test.repository.createBranch('side');
  return test;
}

const balance = async ({ repository }: TestRepository, owner: string) =>
  (await repository.get('bank.accounts', [owner]))?.row.balance;

describe('resubmit', () => {
  it('runs a dropped transaction as it was signed where it fits now, whoever asks for it', async () => {
    const test = await twoBranches();
    const { repository, admin } = test;
    const { transaction } = await repository.call({
      ...pay('alice', 'bob', '80'),
      on: 'side',
      key: await withMember(test, 'eve', 'write'),
      sealer: admin,
    });
    await repository.call({ ...pay('alice', 'carol', '50'), key: admin });
    await repository.merge({ source: 'side', sealer: admin });
    const again = () => repository.resubmit({ transactions: [transaction.slice(0, 8)], key: admin });
    expect((await again()).rejected).toMatchObject([
      { of: transaction, error: { code: 'AERGO_CONTRACT_REJECTED', message: expect.stringMatching('Not enough') } },
    ]);
    await repository.call({ ...pay('carol', 'alice', '50'), key: admin });
    expect((await again()).resubmitted).toMatchObject([
      { of: transaction, transaction, signedAnew: false, receipt: { status: 'applied', result: 'OK' } },
    ]);
    expect(await balance(test, 'alice')).toBe('20.00');
    expect((await again()).rejected).toMatchObject([{ error: { code: 'AERGO_TRANSACTION_REPEATED' } }]);
    await repository.verify();
  });

  it('signs anew, for the author alone, what was signed on rows that are others now', async () => {
    const test = await twoBranches();
    const { repository, admin } = test;
    const [eve, sealer] = [await withMember(test, 'eve', 'write'), admin];
    const version = (await repository.get('bank.accounts', ['alice']))?.version ?? null;
    const expectation = [{ table: 'bank.accounts', key: ['alice'], version }];
    const dropped: TransactionId[] = [];
    for (const conditions of [{ base: '@' }, { expect: expectation }]) {
      const call = { ...pay('alice', 'bob', '1'), ...conditions, on: 'side', key: eve, sealer };
      if ('expect' in conditions) await repository.createBranch('other');
      dropped.push((await repository.call({ ...call, on: 'expect' in conditions ? 'other' : 'side' })).transaction);
    }
    await repository.call({ ...pay('alice', 'carol', '50'), key: admin });
    await repository.merge({ source: 'side', sealer });
    await repository.merge({ source: 'other', sealer });
    const others = await repository.resubmit({ transactions: dropped, key: admin });
    expect(others.resubmitted).toEqual([]);
    expect(others.rejected).toMatchObject(
      dropped.map(() => ({
        error: { code: 'AERGO_RESUBMIT_AUTHOR', details: { author: eve.id }, hint: expect.stringMatching('--key') },
      })),
    );
    const dry = await repository.resubmit({ transactions: dropped, key: eve, sealer, dryRun: true });
    expect(dry.resubmitted.map(({ of, block }) => [of, block])).toEqual(dropped.map((of) => [of, undefined]));
    expect(await balance(test, 'alice')).toBe('50.00');
    const head = repository.head.block.id;
    const done = await repository.resubmit({ transactions: dropped, key: eve, sealer, expires: Date.UTC(2030, 0) });
    expect(done.rejected).toEqual([]);
    expect(done.resubmitted.map((one) => [one.of, one.signedAnew])).toEqual(dropped.map((of) => [of, true]));
    const [first, second] = await Promise.all(done.resubmitted.map((one) => repository.transaction(one.transaction)));
    expect(first?.transaction).toMatchObject({ instead: dropped[0], base: head, expires: Date.UTC(2030, 0) });
    expect(second?.transaction).toMatchObject({ instead: dropped[1], expect: [{ key: ['alice'] }] });
    expect(second?.transaction.base).toBeUndefined();
    expect(await balance(test, 'alice')).toBe('48.00');
    expect((await repository.resubmit({ transactions: dropped, key: eve, sealer })).rejected).toMatchObject(
      dropped.map(() => ({ error: { code: 'AERGO_TRANSACTION_REPEATED' } })),
    );
    await repository.verify();
  });

  it('signs anew what has expired, what was for its branch alone, also on a branch made from here', async () => {
    const test = await twoBranches();
    const { repository, admin: key, options } = test;
    const soon = options.clock() + 4_000;
    const expired = await repository.call({ ...pay('alice', 'bob', '1'), expires: soon, on: 'side', key });
    const alone = await repository.call({ ...pay('alice', 'bob', '2'), merge: false, on: 'side', key });
    while (repository.head.block.time <= soon) await repository.call({ ...pay('bob', 'carol', '1'), key });
    const merged = await repository.merge({ source: 'side', sealer: key });
    expect(merged.dropped.map(({ receipt }) => receipt.code)).toEqual(['expired', 'not-for-merge']);
    await repository.createBranch('later');
    const here = await repository.resubmit({ transactions: [expired.transaction], key });
    const there = await repository.resubmit({ transactions: [alone.transaction], key, on: 'later' });
    expect([here, there].map(({ resubmitted }) => resubmitted[0]?.signedAnew)).toEqual([true, true]);
    // Each branch has one of the two; a merge brings the other one, which is still for its branch alone.
    expect((await repository.merge({ source: 'later', sealer: key })).dropped).toMatchObject([
      { receipt: { tx: there.resubmitted[0]?.transaction, code: 'not-for-merge' } },
    ]);
    await repository.verify();
  });

  it('runs a later one on what an earlier one of the list left, and in a dry run says the same', async () => {
    const test = await twoBranches();
    const { repository, admin: key } = test;
    const transactions: string[] = [];
    for (const [sender, recipient, amount] of [
      ['alice', 'bob', '100'],
      ['bob', 'carol', '200'],
    ] as const) {
      transactions.push((await repository.call({ ...pay(sender, recipient, amount), on: 'side', key })).transaction);
    }
    await repository.call({ ...pay('alice', 'carol', '1'), key });
    expect((await repository.merge({ source: 'side', sealer: key })).dropped).toHaveLength(2);
    await repository.call({ ...pay('carol', 'alice', '1'), key });
    const dry = await repository.resubmit({ transactions, key, dryRun: true });
    const done = await repository.resubmit({ transactions, key });
    expect(done.rejected).toEqual([]);
    expect(dry.resubmitted.map((one) => one.receipt)).toEqual(done.resubmitted.map((one) => one.receipt));
    expect(await balance(test, 'carol')).toBe('300.00');
  });

  it('signs anew with the key that came in the place of the author’s', async () => {
    const test = await twoBranches();
    const { repository, admin } = test;
    const call = { ...pay('alice', 'bob', '1'), base: '@', on: 'side', key: admin };
    const { transaction } = await repository.call(call);
    await repository.call({ ...pay('alice', 'carol', '50'), key: admin });
    await repository.merge({ source: 'side', sealer: admin });
    const key = keyOf('ada later');
    await repository.rotateKey({ key: admin, successor: key.id, reason: 'rotated' });
    expect(await repository.resubmit({ transactions: [transaction], key })).toMatchObject({
      resubmitted: [{ of: transaction, signedAnew: true }],
      rejected: [],
    });
    await repository.verify();
  });

  it('is for what a merge dropped: nothing else, and nothing that does not exist', async () => {
    const { repository, admin: key } = await twoBranches();
    const { transaction } = await repository.call({ ...pay('alice', 'bob', '1'), on: 'side', key });
    expect((await repository.resubmit({ transactions: [transaction], key })).rejected).toMatchObject([
      { error: { code: 'AERGO_NOT_DROPPED' } },
    ]);
    await expect(repository.resubmit({ transactions: ['ffffffff'], key })).rejects.toMatchObject({
      code: 'AERGO_TRANSACTION_UNKNOWN',
    });
  });
});
