import { describe, expect, it } from 'vitest';
import type { SigningKey } from '../../src/crypto/key.ts';
import type { BlockContent } from '../../src/ledger/block.ts';
import { type SignedTransaction, signTransaction, type TransactionId } from '../../src/ledger/transaction.ts';
import type { Oid } from '../../src/object/oid.ts';
import { type Forgery, forge, sealed, verdict } from '../support/forgery.ts';
import { keyOf, newRepository, type TestRepository, withBank, withMember } from '../support/repository.ts';

const pay = (sender: string, recipient: string, amount: string) => ({
  args: [sender, recipient, amount],
  contract: 'bank',
  function: 'pay',
  kind: 'call',
});

/** Alice's 80 on side was dropped from main, where she had paid 50; then she got it back. */
async function withADrop(test: TestRepository): Promise<TransactionId> {
  const { repository, admin: key } = test;
  for (const name of ['bob', 'eve']) await withMember(test, name, 'write');
  await repository.createBranch('side');
  const { applied } = await repository.submit([JSON.stringify(pay('alice', 'bob', '80'))], {
    key: keyOf('eve'),
    sealer: key,
    on: 'side',
  });
  await repository.submit([JSON.stringify(pay('alice', 'bob', '50'))], { key, sealer: key });
  const merged = await repository.merge({ source: 'side', sealer: key });
  expect(merged.dropped).toHaveLength(1);
  await repository.submit([JSON.stringify(pay('bob', 'alice', '50'))], { key, sealer: key });
  return applied[0]?.transaction ?? expect.fail();
}

interface Dropped extends TestRepository {
  readonly dropped: TransactionId;
  /** The dropped one as it was signed. */
  readonly old: string;
  /** Signs the payment anew in its stead. */
  anew(options?: { instead?: string; by?: SigningKey; on?: string }): string;
  submit(line: string, on?: string): Promise<string | undefined>;
}

/** Submission gives the code of what was refused. */
async function dropped(): Promise<Dropped> {
  const test = await newRepository();
  await withBank(test, { alice: '100', bob: '100' });
  const { repository, admin: sealer } = test;
  const id = await withADrop(test);
  const { canonicalJson } = await import('../../src/crypto/canonical-json.ts');
  return {
    ...test,
    dropped: id,
    old: canonicalJson((await repository.transaction(id)).transaction as never),
    anew: ({ instead = id, by = keyOf('eve'), on } = {}) =>
      repository.sign({ ...pay('alice', 'bob', '80'), instead }, by, on),
    submit: async (line, on) => {
      const done = await repository.submit([line], { sealer, ...(on === undefined ? {} : { on }) });
      return done.rejected[0]?.error.code;
    },
  };
}

describe('instead', () => {
  it('lets one of the two take effect: the old one not after the new one', async () => {
    const { repository, anew, submit, old } = await dropped();
    expect(await submit(anew())).toBeUndefined();
    expect(await submit(old)).toBe('AERGO_TRANSACTION_REPEATED');
    expect(await submit(anew())).toBe('AERGO_TRANSACTION_REPEATED');
    expect(await repository.verify()).toBeDefined();
  });

  it('lets one of the two take effect: the new one not after the old one', async () => {
    const { repository, anew, submit, old } = await dropped();
    expect(await submit(old)).toBeUndefined();
    expect(await submit(anew())).toBe('AERGO_TRANSACTION_REPEATED');
    expect(await repository.verify()).toBeDefined();
  });

  it('counts them as one inside a submission', async () => {
    const { repository, admin, anew, old } = await dropped();
    const { applied, rejected } = await repository.submit([anew(), old, anew()], { sealer: admin });
    expect(applied.map((one) => one.line)).toEqual([1]);
    expect(rejected.map(({ line, error }) => [line, error.code])).toEqual([
      [2, 'AERGO_TRANSACTION_REPEATED'],
      [3, 'AERGO_TRANSACTION_REPEATED'],
    ]);
  });

  it('counts them as one in the pool of a merge, whichever of them the target has', async () => {
    const { repository, admin: sealer, anew, submit } = await dropped();
    expect(await submit(anew())).toBeUndefined();
    // Side has the old one in effect, so nothing of main's new one comes to it.
    const back = await repository.merge({ source: 'main', into: 'side', sealer });
    expect(back.applied.map((one) => one.tx)).toHaveLength(1);
    expect(back.dropped.map(({ receipt }) => receipt.code)).toEqual(['contract-error']);
    expect(await repository.get('bank.accounts', ['alice'], 'side')).toMatchObject({ row: { balance: '70.00' } });
    await repository.verify();
  });

  it('is refused for another author’s, for what is nowhere, and for what was not dropped here', async () => {
    const { repository, admin, anew, submit } = await dropped();
    expect(await submit(anew({ by: admin }))).toBe('AERGO_INSTEAD_INVALID');
    expect(await submit(anew({ instead: 'a'.repeat(64) }))).toBe('AERGO_INSTEAD_INVALID');
    await repository.createBranch('other', '@~3');
    expect(await submit(anew({ on: 'other' }), 'other')).toBe('AERGO_INSTEAD_INVALID');
  });

  it('names the first one, also where a merge dropped what was signed anew for it', async () => {
    const { repository, admin: sealer, anew, submit, dropped: first } = await dropped();
    await repository.createBranch('other', '@~3');
    await repository.submit([JSON.stringify(pay('alice', 'bob', '100'))], { key: sealer, sealer, on: 'other' });
    const second = (await repository.submit([anew()], { sealer })).applied[0]?.transaction ?? '';
    const merged = await repository.merge({ source: 'main', into: 'other', sealer });
    expect(merged.dropped.map(({ receipt }) => receipt.tx)).toContain(second);
    await repository.submit([JSON.stringify(pay('bob', 'alice', '100'))], { key: sealer, sealer, on: 'other' });
    expect(await submit(anew({ instead: second, on: 'other' }), 'other')).toBe('AERGO_INSTEAD_INVALID');
    expect(await submit(anew({ instead: first, on: 'other' }), 'other')).toBeUndefined();
    await repository.verify();
  });

  it('survives an index that is made anew', async () => {
    const { repository, directory, anew, submit, old, options, admin } = await dropped();
    expect(await submit(anew())).toBeUndefined();
    await repository.close();
    const { Repository } = await import('../../src/repository.ts');
    const rebuilt = await Repository.rebuild(directory, options);
    const { rejected } = await rebuilt.submit([old], { sealer: admin });
    expect(rejected.map(({ error }) => error.code)).toEqual(['AERGO_TRANSACTION_REPEATED']);
    await rebuilt.close();
  });
});

/** The head block is Alice's payment signed anew by eve; the forger puts what `change` makes of it in its place. */
async function forgedAnew(
  change: (signed: SignedTransaction, sign: (members: object, by?: SigningKey) => SignedTransaction) => unknown,
): Promise<TestRepository> {
  const replaced = (content: BlockContent, { reader }: Forgery): BlockContent => {
    const [signed = expect.fail()] = content.transactions;
    const { sig: _, author: __, ...unsigned } = signed.transaction;
    const repository = reader.repositoryOf(content.parents[0] as Oid);
    const sign = (members: object, by = keyOf('eve')) =>
      signTransaction(repository, { ...unsigned, ...members } as never, by);
    return { ...content, transactions: change(signed, sign) as SignedTransaction[] };
  };
  return forge(sealed(replaced), async (test) => {
    const instead = await withADrop(test);
    const line = test.repository.sign({ ...pay('alice', 'bob', '80'), instead }, keyOf('eve'));
    expect((await test.repository.submit([line], { sealer: test.admin })).rejected).toEqual([]);
  });
}

describe('verification of instead', () => {
  it.each([
    ['another author', (_: unknown, sign: (m: object, by?: SigningKey) => unknown) => [sign({}, keyOf('bob'))]],
    ['one that is nowhere', (_: unknown, sign: (m: object) => unknown) => [sign({ instead: 'b'.repeat(64) })]],
    ['two for the same one', (old: unknown, sign: (m: object) => unknown) => [old, sign({ nonce: 'A'.repeat(16) })]],
  ])('refuses a block with %s', async (_, change) => {
    const test = await forgedAnew(change);
    await expect(verdict(test)).rejects.toMatchObject({ code: 'AERGO_BLOCK_INVALID', exitCode: 6 });
  });

  it('takes the block as it was', async () => {
    const test = await forgedAnew((signed) => [signed]);
    expect(await verdict(test)).toBeDefined();
  });
});
