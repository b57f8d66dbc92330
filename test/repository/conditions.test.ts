import { describe, expect, it } from 'vitest';
import type { DroppedTransaction } from '../../src/repository/drop-causes.ts';
import { newRepository, type TestRepository, withBank } from '../support/repository.ts';

const payment = (sender: string, recipient: string, amount: string) => ({
  contract: 'bank',
  function: 'pay',
  args: [sender, recipient, amount],
});

const version = async ({ repository }: TestRepository, owner: string): Promise<string> =>
  (await repository.get('bank.accounts', [owner]))?.version ?? '';

const codes = (dropped: readonly DroppedTransaction[]) => dropped.map(({ receipt }) => receipt.code);

async function twoBranches(): Promise<TestRepository> {
  const test = await newRepository();
  await withBank(test, { alice: '100', bob: '100', carol: '100', dave: '100' });
  await test.repository.createBranch('side');
  return test;
}

describe('expect', () => {
  it('holds on submission for the version that stands there, for another row, and for a row that must not exist', async () => {
    const test = await twoBranches();
    const { repository, admin: key } = test;
    const expecting = (owner: string, at: string | null) => [{ table: 'bank.accounts', key: [owner], version: at }];
    const alice = await version(test, 'alice');
    await repository.call({ ...payment('alice', 'bob', '1'), expect: expecting('alice', alice), key });
    await expect(
      repository.call({ ...payment('alice', 'bob', '1'), expect: expecting('alice', alice), key }),
    ).rejects.toMatchObject({
      code: 'AERGO_EXPECTATION_FAILED',
      details: { expected: alice, found: await version(test, 'alice') },
    });
    await repository.call({ ...payment('alice', 'bob', '1'), expect: expecting('zoe', null), key });
    await expect(
      repository.call({ ...payment('alice', 'bob', '1'), expect: expecting('bob', null), key }),
    ).rejects.toMatchObject({ code: 'AERGO_EXPECTATION_FAILED' });
    await expect(
      repository.call({ ...payment('alice', 'bob', '1'), expect: expecting('zoe', alice), key }),
    ).rejects.toMatchObject({ code: 'AERGO_EXPECTATION_FAILED' });
  });

  it('holds inside a block against what ran before, and takes nothing else back', async () => {
    const test = await twoBranches();
    const { repository, admin: key } = test;
    const alice = await version(test, 'alice');
    const lines = [
      payment('bob', 'carol', '1'),
      payment('alice', 'bob', '1'),
      payment('alice', 'bob', '2'),
      payment('carol', 'bob', '3'),
    ].map((call, index) =>
      repository.sign(
        {
          ...call,
          kind: 'call',
          ...(index === 1 || index === 2
            ? { expect: [{ table: 'bank.accounts', key: ['alice'], version: alice }] }
            : {}),
        },
        key,
      ),
    );
    const done = await repository.submit(lines, { sealer: key });
    expect(done.applied.map((one) => one.line)).toEqual([1, 2, 4]);
    expect(done.rejected).toMatchObject([{ line: 3, error: { code: 'AERGO_EXPECTATION_FAILED' } }]);
    expect(done.blocks).toHaveLength(1);
    expect(await repository.get('bank.accounts', ['alice'])).toMatchObject({ row: { balance: '99.00' } });
    expect(await repository.get('bank.accounts', ['bob'])).toMatchObject({ row: { balance: '103.00' } });
    await repository.verify();
  });

  it('drops in a merge with the row, the version expected and the version found', async () => {
    const test = await twoBranches();
    const { repository, admin: key } = test;
    const expected = await version(test, 'alice');
    await repository.call({
      ...payment('bob', 'carol', '1'),
      expect: [{ table: 'bank.accounts', key: ['alice'], version: expected }],
      on: 'side',
      key,
    });
    const { transaction } = await repository.call({ ...payment('alice', 'dave', '1'), key });
    const merged = await repository.merge({ source: 'side', sealer: key });
    const found = await version(test, 'alice');
    expect(merged.dropped).toMatchObject([
      {
        receipt: { code: 'expectation-failed', row: ['bank.accounts', 'alice-'], expected, found },
        cause: { kind: 'target', transaction },
      },
    ]);
    await repository.verify();
  });
});

describe('base', () => {
  it('lets the first committer win, on submission and in a merge', async () => {
    const test = await twoBranches();
    const { repository, admin: key } = test;
    await repository.call({ ...payment('alice', 'bob', '1'), base: '@', on: 'side', key });
    await repository.call({ ...payment('carol', 'dave', '1'), base: '@', on: 'side', key });
    const before = repository.head.block.id;
    await repository.call({ ...payment('bob', 'alice', '5'), key });
    await expect(repository.call({ ...payment('alice', 'carol', '1'), base: before, key })).rejects.toMatchObject({
      code: 'AERGO_SNAPSHOT_CONFLICT',
      details: { row: ['bank.accounts', 'alice-'] },
    });
    await repository.call({ ...payment('alice', 'carol', '1'), base: '@', key });
    const merged = await repository.merge({ source: 'side', sealer: key });
    expect(codes(merged.dropped)).toEqual(['snapshot-conflict', 'snapshot-conflict']);
    expect(merged.dropped.map(({ receipt }) => receipt.row)).toEqual([
      ['bank.accounts', 'alice-'],
      ['bank.accounts', 'carol-'],
    ]);
    await repository.verify();
  });

  it('is a conflict when it is not in the history of the block', async () => {
    const { repository, admin: key } = await twoBranches();
    const { block } = await repository.call({ ...payment('alice', 'bob', '1'), on: 'side', key });
    await expect(
      repository.call({ ...payment('alice', 'bob', '1'), base: block?.id ?? '', key }),
    ).rejects.toMatchObject({ code: 'AERGO_SNAPSHOT_CONFLICT' });
  });
});

describe('expires', () => {
  it('ends with the block time, on submission and in a merge', async () => {
    const { repository, admin: key, options } = await twoBranches();
    const soon = options.clock() + 4_000;
    await repository.call({ ...payment('alice', 'bob', '1'), expires: soon, on: 'side', key });
    while (repository.head.block.time <= soon) await repository.call({ ...payment('carol', 'dave', '1'), key });
    await expect(repository.call({ ...payment('alice', 'bob', '1'), expires: soon, key })).rejects.toMatchObject({
      code: 'AERGO_TRANSACTION_EXPIRED',
    });
    const merged = await repository.merge({ source: 'side', sealer: key });
    expect(codes(merged.dropped)).toEqual(['expired']);
    await repository.verify();
  });
});

describe('at most once', () => {
  it('refuses a transaction again: in the same submission, later, and after a merge brought it', async () => {
    const { repository, admin: key } = await twoBranches();
    const line = repository.sign({ ...payment('alice', 'bob', '1'), kind: 'call' }, key);
    const first = await repository.submit([line, line], { sealer: key });
    expect(first.rejected).toMatchObject([{ line: 2, error: { code: 'AERGO_TRANSACTION_REPEATED' } }]);
    const second = await repository.submit([line], { sealer: key });
    expect(second).toMatchObject({ blocks: [], rejected: [{ error: { code: 'AERGO_TRANSACTION_REPEATED' } }] });
    const onSide = repository.sign({ ...payment('carol', 'dave', '1'), kind: 'call' }, key, 'side');
    await repository.submit([onSide], { sealer: key, on: 'side' });
    await repository.merge({ source: 'side', sealer: key });
    const third = await repository.submit([onSide], { sealer: key });
    expect(third).toMatchObject({ blocks: [], rejected: [{ error: { code: 'AERGO_TRANSACTION_REPEATED' } }] });
  });

  it('lets a dropped transaction run again on the branch of the merge, as it stands', async () => {
    const { repository, admin: key } = await twoBranches();
    const line = repository.sign({ ...payment('alice', 'carol', '80'), kind: 'call' }, key, 'side');
    await repository.submit([line], { sealer: key, on: 'side' });
    const early = await repository.submit([line], { sealer: key });
    expect(early.rejected).toMatchObject([{ error: { code: 'AERGO_TRANSACTION_WRONG_BRANCH' } }]);
    await repository.call({ ...payment('alice', 'bob', '50'), key });
    expect((await repository.merge({ source: 'side', sealer: key })).dropped).toHaveLength(1);
    await repository.call({ ...payment('bob', 'alice', '50'), key });
    const again = await repository.submit([line], { sealer: key });
    expect(again).toMatchObject({ applied: [{ receipt: { status: 'applied' } }], rejected: [] });
    await repository.verify();
  });
});

describe('a transaction that two merges left behind', () => {
  it('runs again on the branch of the later one, whatever ids the blocks have', { timeout: 120_000 }, async () => {
    for (const seed of ['one', 'two', 'three', 'four']) {
      const test = await newRepository(seed);
      await withBank(test, { alice: '100', bob: '0', carol: '0' });
      const { repository, admin: key } = test;
      await repository.createBranch('side');
      await repository.createBranch('through');
      const line = repository.sign({ kind: 'call', ...payment('alice', 'carol', '80') }, key, 'side');
      await repository.submit([line], { sealer: key, on: 'side' });
      await repository.merge({ source: 'side', into: 'through', sealer: key });
      await repository.call({ ...payment('alice', 'bob', '50'), key });
      expect(codes((await repository.merge({ source: 'side', sealer: key, causes: 0 })).dropped)).toEqual([
        'contract-error',
      ]);
      await repository.createBranch('later');
      const again = await repository.merge({ source: 'through', into: 'later', sealer: key, causes: 0 });
      expect(codes(again.dropped)).toEqual(['contract-error']);
      await repository.call({ ...payment('bob', 'alice', '50'), on: 'later', key });
      expect((await repository.submit([line], { sealer: key, on: 'later' })).applied).toHaveLength(1);
      await repository.verify();
    }
  });
});

describe('bound to repository and branch', () => {
  it('refuses another repository’s, another branch’s, a changed and a malformed transaction, and writes nothing', async () => {
    const test = await twoBranches();
    const { repository, admin: key } = test;
    const other = await newRepository('other');
    await withBank(other, { alice: '100', bob: '100' });
    const good = repository.sign({ ...payment('alice', 'bob', '1'), kind: 'call' }, key);
    const value = JSON.parse(good);
    const head = repository.head.block.id;
    const refused: [string, string][] = [
      [other.repository.sign({ ...payment('alice', 'bob', '1'), kind: 'call' }, key), 'AERGO_SIGNATURE_INVALID'],
      [
        repository.sign({ ...payment('alice', 'bob', '1'), kind: 'call' }, key, 'side'),
        'AERGO_TRANSACTION_WRONG_BRANCH',
      ],
      [good.replace('"1"', '"2"'), 'AERGO_SIGNATURE_INVALID'],
      [JSON.stringify({ ...value, sig: value.sig }, null, 1).replaceAll('\n', ' '), 'AERGO_JSON_NOT_CANONICAL'],
      [`\ufeff${good}`, 'AERGO_TRANSACTION_INVALID'],
      [good.replace('{"args"', '{"args":[],"args"'), 'AERGO_JSON_NOT_CANONICAL'],
      [good.replace('"kind":"call"', '"kind":"revert"'), 'AERGO_TRANSACTION_INVALID'],
      [good.replace('"nonce"', '"nonc_"'), 'AERGO_TRANSACTION_INVALID'],
      [good.replace('"1"]', '1]'), 'AERGO_TRANSACTION_INVALID'],
      [good.replace(/"sig":"..../, '"sig":"AAAA'), 'AERGO_SIGNATURE_INVALID'],
      [good.replace(/"sig":"./, '"sig":"'), 'AERGO_TRANSACTION_INVALID'],
      [`{"args":["${'x'.repeat(1_048_576)}"]${good.slice(good.indexOf(',"author"'))}`, 'AERGO_TRANSACTION_TOO_LARGE'],
      ['not json', 'AERGO_TRANSACTION_INVALID'],
      ['[]', 'AERGO_TRANSACTION_INVALID'],
    ];
    const done = await repository.submit(
      refused.map(([line]) => line),
      { sealer: key, key },
    );
    expect(done.applied).toEqual([]);
    expect(done.rejected.map((one) => one.error.code)).toEqual(refused.map(([, code]) => code));
    expect(repository.head.block.id).toBe(head);
  });
});
