import { expect, it } from 'vitest';
import { newRepository, withBank } from '../support/repository.ts';

it('a receipt says why, along the chain of drops, what was signed anew for it, and what took it back', async () => {
  const test = await newRepository();
  await withBank(test, { alice: '100', bob: '100', carol: '100' });
  const { repository, admin: key } = test;
  await repository.createBranch('side');
  const call = (...args: string[]) => ({ contract: 'bank', function: 'pay', args, key });
  const onSide = async (...args: string[]) =>
    (await repository.call({ ...call(...args), base: 'side', on: 'side' })).transaction;
  const first = await onSide('alice', 'bob', '90');
  const second = await onSide('bob', 'carol', '190');
  const third = await onSide('carol', 'bob', '290');
  const took = await repository.call(call('alice', 'bob', '50'));
  await repository.merge({ source: 'side', sealer: key });
  await repository.call(call('bob', 'alice', '49'));
  const { receipts } = await repository.receipt(third);
  expect(receipts.map(({ receipt }) => receipt.status)).toEqual(['applied', 'dropped']);
  expect(receipts[1]).toMatchObject({
    receipt: { code: 'contract-error' },
    cause: { kind: 'pool', transaction: second },
    chain: [
      { receipt: { tx: second }, cause: { kind: 'pool', transaction: first } },
      { receipt: { tx: first }, cause: { kind: 'target', transaction: took.transaction } },
    ],
  });
  expect((await repository.receipt(first)).receipts[1]?.chain).toBeUndefined();

  const [anew] = (await repository.resubmit({ transactions: [first], key })).resubmitted;
  const back = await repository.revert({ targets: [anew?.transaction ?? ''], key });
  expect(anew?.signedAnew).toBe(true);
  expect(await repository.receipt(first)).toMatchObject({
    anew: [{ transaction: anew?.transaction, block: { id: anew?.block?.id } }],
    reverts: [],
  });
  expect(await repository.transaction(anew?.transaction ?? '')).toMatchObject({
    transaction: { instead: first },
    anew: [],
    reverts: [{ transaction: back.reverted[0]?.transaction, block: { id: back.block?.id } }],
  });
});
