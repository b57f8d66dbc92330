import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conflictId } from '../../src/merge/conflict.ts';
import { balancesOf, withAdditiveBank } from '../support/additive-bank.ts';
import { newRepository, type TestRepository, withBank } from '../support/repository.ts';

const pay = (sender: string, recipient: string, amount: string, how = 'pay') => ({
  contract: 'bank',
  function: how,
  args: [sender, recipient, amount],
});

async function bank(): Promise<TestRepository> {
  const test = await newRepository();
  await withBank(test, { alice: '100', bob: '100', carol: '100' });
  return test;
}

/** Whether two revisions have the same rows and contracts. */
async function isSame({ repository }: TestRepository, from: string, to: string): Promise<boolean> {
  const { contracts, tables } = await repository.diff(from, to);
  return contracts.length === 0 && [...tables].length === 0;
}

describe('revert', () => {
  it('takes several back in one block, the latest first, in whatever order they are named', async () => {
    const test = await bank();
    const { repository, admin: key } = test;
    const one = await repository.call({ ...pay('alice', 'bob', '1'), key });
    const two = await repository.call({ ...pay('alice', 'bob', '2'), key });
    await repository.call({ ...pay('carol', 'carol', '3'), key });
    const dry = await repository.revert({ targets: [one.transaction, two.transaction], key, dryRun: true });
    expect(dry).toMatchObject({ reverted: [{ of: two.transaction }, { of: one.transaction }] });
    expect(dry.block).toBeUndefined();
    const { height } = repository.head.block;
    const done = await repository.revert({ targets: [one.transaction.slice(0, 8), two.transaction], key });
    expect(done.reverted).toMatchObject([
      { of: two.transaction, description: 'bank.pay alice bob 2', receipt: { status: 'applied' } },
      { of: one.transaction },
    ]);
    expect(done.block).toMatchObject({ height: height + 1, counts: { applied: 2 } });
    expect(await isSame(test, '@', `@${height - 3}`)).toBe(true);
    await repository.verify();
  });

  it('names the row and the later transaction that changed it, and writes nothing', async () => {
    const { repository, admin: key } = await bank();
    const one = await repository.call({ ...pay('alice', 'bob', '1'), key });
    const later = await repository.call({ ...pay('bob', 'carol', '2'), key });
    const head = repository.head.block;
    await expect(repository.revert({ targets: [one.transaction], key })).rejects.toMatchObject({
      code: 'AERGO_SNAPSHOT_CONFLICT',
      message: expect.stringContaining(
        `by ${later.transaction.slice(0, 7)} in block ${head.height}: bank.pay bob carol 2`,
      ),
      hint: expect.stringContaining(`aergo revert ${later.transaction.slice(0, 7)} ${one.transaction.slice(0, 7)}`),
      details: { row: ['bank.accounts', 'bob-'], later: later.transaction, block: head.id },
    });
    expect(repository.head.block.id).toBe(head.id);
  });

  it('takes a whole block back, and passes over what wrote nothing', async () => {
    const test = await bank();
    const { repository, admin: key } = test;
    const lines = [pay('alice', 'bob', '1'), pay('bob', 'carol', '150', 'transfer'), pay('bob', 'carol', '101')];
    await repository.submit(
      lines.map((call) => JSON.stringify({ kind: 'call', ...call })),
      { key, sealer: key },
    );
    expect((await repository.revert({ targets: ['@'], key })).reverted).toHaveLength(2);
    expect(await isSame(test, '@', '@~2')).toBe(true);
    expect((await repository.revert({ targets: ['@'], key })).reverted).toHaveLength(2);
    expect(await isSame(test, '@', '@~2')).toBe(true);
    await repository.verify();
  });

  it('of any block gives the state before it, and of that revert the state again, whatever the block mixes', async () => {
    const test = await bank();
    const { repository, admin: key } = test;
    const applied: string[] = [];
    const owner = fc.constantFrom('alice', 'bob', 'carol');
    const payment = fc.record({ sender: owner, recipient: owner, amount: fc.integer({ min: 1, max: 9 }) });
    const step = fc.oneof({ weight: 3, arbitrary: payment }, fc.record({ back: fc.nat(20) }));
    const unsigned = (drawn: { sender: string; recipient: string; amount: number } | { back: number }) =>
      'back' in drawn
        ? { kind: 'revert', of: applied.at(-1 - (drawn.back % applied.length)) }
        : { kind: 'call', ...pay(drawn.sender, drawn.recipient, String(drawn.amount)) };
    await fc.assert(
      fc.asyncProperty(payment, fc.array(step, { maxLength: 5 }), async (first, more) => {
        applied.push((await repository.call({ ...pay(first.sender, first.recipient, '1'), key })).transaction);
        const lines = more.map((drawn) => JSON.stringify(unsigned(drawn)));
        const done = await repository.submit(lines, { key, sealer: key });
        applied.push(...done.applied.map((one) => one.transaction));
        const writes = [...done.applied].some(({ receipt }) => receipt.writes?.length !== 0);
        if (!writes) return;
        await repository.revert({ targets: ['@'], key });
        expect(await isSame(test, '@', '@~2')).toBe(true);
        await repository.revert({ targets: ['@'], key });
        expect(await isSame(test, '@', '@~2')).toBe(true);
      }),
      { numRuns: 12 },
    );
    await repository.verify();
  });

  it('takes back what an automatic merge brought, as it ran there', async () => {
    const test = await bank();
    const { repository, admin: key } = test;
    await repository.createBranch('side');
    const there = await repository.call({ ...pay('alice', 'bob', '40'), on: 'side', key });
    await repository.call({ ...pay('bob', 'alice', '7', 'transfer'), on: 'side', key });
    await repository.call({ ...pay('alice', 'carol', '30'), key });
    await repository.merge({ source: 'side', sealer: key });
    const { reverted } = await repository.revert({ targets: ['@'], key });
    expect(reverted.map((one) => one.of)).toContain(there.transaction);
    expect(await isSame(test, '@', '@~2')).toBe(true);
    await repository.verify();
  });

  it('takes back a transaction whose rows came by a merge of rows, not that merge', async () => {
    const test = await bank();
    const { repository, admin: key } = test;
    await repository.createBranch('side');
    const there = await repository.call({ ...pay('alice', 'bob', '40'), on: 'side', key });
    await repository.call({ ...pay('carol', 'carol', '1', 'transfer'), key });
    const { block } = await repository.merge({ source: 'side', rows: true, sealer: key });
    await expect(repository.revert({ targets: ['@'], key })).rejects.toMatchObject({
      code: 'AERGO_REVERT_REFUSED',
      message: expect.stringContaining(`block ${block?.height} ${block?.id.slice(0, 7)} is a merge of rows`),
    });
    await repository.revert({ targets: [there.transaction], key });
    expect(await isSame(test, '@', '@~2')).toBe(true);
    await repository.verify();
  });

  it('names the merge that decided the row since, and no revert that would be refused', async () => {
    const test = await newRepository();
    await withAdditiveBank(test, { alice: '100', bob: '100', carol: '100', dave: '0' });
    const { repository, admin: key } = test;
    await repository.createBranch('side', '@', { mergeContract: 'bank.settle' });
    const payment = await repository.call({ ...pay('alice', 'bob', '1'), key });
    await repository.call({ ...pay('alice', 'bob', '2'), on: 'side', key });
    const other = await repository.call({ ...pay('carol', 'dave', '1'), key });
    const closing = { contract: 'bank', function: 'close_account', args: ['carol'] };
    const closed = await repository.call({ ...closing, on: 'side', key });
    const { conflicts } = await repository.merge({ source: 'side', sealer: key, dryRun: true });
    const theirs = (conflicts?.left ?? []).map((conflict) => [conflictId(conflict), { row: conflict.theirs }] as const);
    const { block, applied } = await repository.merge({ source: 'side', sealer: key, choices: new Map(theirs) });
    const resolve = applied[0]?.tx ?? '';
    const refusal = (target: string) => expect(repository.revert({ targets: [target], key })).rejects;
    const [short, at] = [(id = '') => id.slice(0, 7), `block ${block?.height}`];
    await refusal(payment.transaction).toMatchObject({
      code: 'AERGO_SNAPSHOT_CONFLICT',
      message: `bank.accounts alice was changed since ${short(payment.transaction)} wrote it, by ${at} ${short(block?.id)}: agreed merge of side`,
      hint: expect.stringMatching(/^write the row that you want/),
      details: { block: block?.id },
    });
    await refusal(other.transaction).toMatchObject({
      code: 'AERGO_SNAPSHOT_CONFLICT',
      message: `bank.accounts carol was changed since ${short(other.transaction)} wrote it, by ${short(resolve)} in ${at}: resolve 1`,
      hint: expect.stringMatching(/^write the row that you want/),
      details: { later: resolve },
    });
    await refusal(resolve).toMatchObject({ code: 'AERGO_REVERT_REFUSED' });
    // What a person took as theirs is as the source's transaction left it, which can be taken back.
    await repository.revert({ targets: [closed.transaction], key });
    expect(await balancesOf(test)).toBe('alice 97.00, bob 103.00, carol 100.00, dave 1.00');
    await repository.verify();
  });

  it('refuses with the reason: deployments, blocks without transactions, other branches, what is not in effect', async () => {
    const { repository, admin: key } = await bank();
    await repository.createBranch('side');
    const there = await repository.call({ ...pay('alice', 'bob', '1'), on: 'side', key });
    const none = await repository.call({ ...pay('alice', 'bob', '1000', 'transfer'), key });
    const refusal = (...targets: string[]) => expect(repository.revert({ targets, key })).rejects;
    await refusal('@1').toMatchObject({ code: 'AERGO_REVERT_REFUSED', message: expect.stringContaining('deploys') });
    await refusal('@0').toMatchObject({
      code: 'AERGO_REVERT_REFUSED',
      message: expect.stringContaining('no transaction'),
    });
    await refusal('side').toMatchObject({
      code: 'AERGO_REVERT_REFUSED',
      message: expect.stringContaining('is not on main'),
    });
    await refusal(there.transaction).toMatchObject({ code: 'AERGO_NOT_IN_EFFECT' });
    await refusal(none.transaction).toMatchObject({
      code: 'AERGO_REVERT_REFUSED',
      message: expect.stringContaining('no row'),
    });
    await refusal('ffffffff').toMatchObject({
      code: 'AERGO_TRANSACTION_UNKNOWN',
      message: '"ffffffff" is neither a block nor the beginning of a transaction’s id',
    });
  });
});
