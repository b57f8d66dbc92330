import { describe, expect, it } from 'vitest';
import type { TransactionId } from '../../src/ledger/transaction.ts';
import { newRepository, type TestRepository, withBank } from '../support/repository.ts';

type Payment = readonly [sender: string, recipient: string, amount: string];

/** Alice, bob, carol and dave with 100 each, and a branch. */
async function bank(): Promise<TestRepository> {
  const test = await newRepository();
  await withBank(test, { alice: '100', bob: '100', carol: '100', dave: '100' });
  await test.repository.createBranch('side');
  return test;
}

/** Pays in one block; gives the ids in order. */
async function pay(
  { repository, admin }: TestRepository,
  on: string,
  ...payments: Payment[]
): Promise<TransactionId[]> {
  const lines = payments.map((args) => JSON.stringify({ args, contract: 'bank', function: 'pay', kind: 'call' }));
  const { applied, rejected } = await repository.submit(lines, { key: admin, sealer: admin, on });
  expect(rejected).toEqual([]);
  return applied.map((one) => one.transaction);
}

const causes = (dropped: Awaited<ReturnType<TestRepository['repository']['explainMerge']>>['dropped']) =>
  dropped.map(({ receipt, cause }) => [receipt.tx, cause?.kind, cause?.transaction]);

describe('explaining a merge', () => {
  it('names for every drop what made it fail, along chains, and the one that all hang on', async () => {
    const test = await bank();
    const { repository, admin } = test;
    const [first, second, fits, third] = await pay(
      test,
      'side',
      ['alice', 'bob', '90'],
      ['bob', 'carol', '190'],
      ['dave', 'alice', '1'],
      ['carol', 'dave', '290'],
    );
    const [, took] = await pay(test, 'main', ['carol', 'dave', '1'], ['alice', 'dave', '30'], ['dave', 'carol', '1']);
    const head = repository.head.block.id;
    const explained = await repository.explainMerge({ merge: 'side' });
    expect(causes(explained.dropped)).toEqual([
      [first, 'target', took],
      [second, 'pool', first],
      [third, 'pool', second],
    ]);
    expect(explained.applied.map(({ tx }) => tx)).toEqual([fits]);
    expect(explained.explanation).toEqual({ amend: [first] });
    expect(repository.head.block.id).toBe(head);
    // The same of the block that comes of it, by its id, by the branch that is merged now, and as the last one.
    const merged = await repository.merge({ source: 'side', sealer: admin });
    for (const merge of [merged.block?.id, 'side', undefined]) {
      const again = await repository.explainMerge(merge === undefined ? {} : { merge });
      expect(again).toMatchObject({ block: { id: merged.block?.id }, explanation: { amend: [first] } });
      expect(again.dropped).toEqual(explained.dropped);
    }
  });

  it('names also what needs an earlier drop and fails by itself, found by running again with that one healed', async () => {
    const test = await bank();
    const [first, both, needing] = await pay(
      test,
      'side',
      ['alice', 'bob', '60'],
      ['bob', 'carol', '150'],
      ['carol', 'dave', '240'],
    );
    await pay(test, 'main', ['alice', 'dave', '50'], ['bob', 'dave', '60']);
    const { dropped, explanation } = await test.repository.explainMerge({ merge: 'side' });
    expect(causes(dropped).slice(1)).toEqual([
      [both, 'pool', first],
      [needing, 'pool', both],
    ]);
    expect(explanation?.amend).toEqual([first, both]);
  });

  it('counts what expired as what others needed', async () => {
    const test = await bank();
    const { repository, admin: key, options } = test;
    const expires = options.clock() + 3_000;
    const call = { contract: 'bank', function: 'pay', args: ['alice', 'bob', '90'] };
    const expired = await repository.call({ ...call, expires, on: 'side', key });
    const [needing] = await pay(test, 'side', ['bob', 'carol', '190']);
    while (repository.head.block.time <= expires) await pay(test, 'main', ['dave', 'carol', '1']);
    const { dropped, explanation } = await repository.explainMerge({ merge: 'side' });
    expect(causes(dropped)).toEqual([
      [expired.transaction, undefined, undefined],
      [needing, 'pool', expired.transaction],
    ]);
    expect(explanation?.amend).toEqual([expired.transaction]);
  });

  it('names the option that dropped a changed result, and the transaction that changed it', async () => {
    const test = await bank();
    const { repository, admin: key } = test;
    const transfer = { contract: 'bank', function: 'transfer', args: ['alice', 'bob', '80'] };
    const { transaction } = await repository.call({ ...transfer, on: 'side', key });
    const [took] = await pay(test, 'main', ['alice', 'carol', '50']);
    await pay(test, 'main', ['dave', 'carol', '50']);
    expect((await repository.explainMerge({ merge: 'side' })).dropped).toEqual([]);
    const { dropped } = await repository.explainMerge({ merge: 'side', dropChangedResults: true });
    expect(causes(dropped)).toEqual([[transaction, 'target', took]]);
  });

  it('finds the causes of drops that are spread over the pool, each its own', async () => {
    const test = await newRepository();
    const owners = Array.from({ length: 12 }, (_, index) => `owner ${index}`);
    await withBank(test, { clearing: '0' });
    const open = owners.map((owner) =>
      JSON.stringify({ args: [owner, '100'], contract: 'bank', function: 'open_account', kind: 'call' }),
    );
    await test.repository.submit(open, { key: test.admin, sealer: test.admin });
    await test.repository.createBranch('side');
    const onSide = await pay(test, 'side', ...owners.map((owner): Payment => [owner, 'clearing', '90']));
    const poor = owners.flatMap((owner, index) => (index % 3 === 0 ? [{ owner, index }] : []));
    const onMain = await pay(
      test,
      'main',
      ...poor.flatMap(({ owner }): Payment[] => [
        [owner, 'clearing', '5'],
        [owner, 'clearing', '20'],
      ]),
    );
    const { dropped, explanation } = await test.repository.explainMerge({ merge: 'side' });
    const expected = poor.map(({ index }, at) => [onSide[index], 'target', onMain[2 * at + 1]]);
    expect(causes(dropped)).toEqual(expected);
    expect(explanation?.amend).toEqual(expected.map(([tx]) => tx));
  });

  it('names a merge of rows by its block where that made a transaction fail', async () => {
    const test = await bank();
    const { repository, admin: sealer } = test;
    await repository.createBranch('other');
    await pay(test, 'other', ['alice', 'carol', '50']);
    const [poor] = await pay(test, 'side', ['alice', 'bob', '80']);
    await pay(test, 'main', ['dave', 'carol', '0.01'], ['carol', 'dave', '0.01']);
    const rows = await repository.merge({ source: 'other', rows: true, sealer });
    await pay(test, 'main', ['dave', 'bob', '1']);
    const { dropped, explanation } = await repository.explainMerge({ merge: 'side' });
    expect(dropped).toMatchObject([
      { receipt: { tx: poor }, cause: { kind: 'target', block: rows.block?.id, rows: [], branch: 'main' } },
    ]);
    expect(dropped[0]?.cause?.transaction).toBeUndefined();
    expect(explanation?.amend).toEqual([poor]);
  });

  it('is of merges of transactions', async () => {
    const { repository } = await bank();
    await expect(repository.explainMerge()).rejects.toMatchObject({ code: 'AERGO_MERGE_NONE', exitCode: 1 });
    await expect(repository.explainMerge({ merge: '@' })).rejects.toMatchObject({ code: 'AERGO_MERGE_NONE' });
    await expect(repository.explainMerge({ merge: 'nowhere' })).rejects.toMatchObject({
      code: 'AERGO_REVISION_UNKNOWN',
    });
  });
});
