import { describe, expect, it } from 'vitest';
import type { SigningKey } from '../../src/crypto/key.ts';
import type { BlockContent } from '../../src/ledger/block.ts';
import { signTransaction } from '../../src/ledger/transaction.ts';
import type { Oid } from '../../src/object/oid.ts';
import { withAdditiveBank } from '../support/additive-bank.ts';
import { type Forgery, forge, sealed } from '../support/forgery.ts';
import {
  bankSource,
  closeQuietly,
  fixedOptions,
  keyOf,
  newRepository,
  openRepository,
  type TestRepository,
  withBank,
  withMember,
} from '../support/repository.ts';

const payment = { contract: 'bank', function: 'pay', args: ['alice', 'bob', '1'] };

async function bank(): Promise<TestRepository> {
  const test = await newRepository();
  await withBank(test, { alice: '100', bob: '100' });
  return test;
}

/** What the directory has against a repository needs nothing to run again. */
async function verdict(test: TestRepository): Promise<unknown> {
  const repository = await openRepository(test.directory);
  try {
    return await repository.verify({ fast: true });
  } finally {
    await closeQuietly(repository);
  }
}

/** An empty block beside the head, by this key, that names this version of the directory; nothing else is wrong with it. */
const besideHead =
  (by: SigningKey, directory: (forgery: Forgery) => Oid, branch?: { branch: string; start: string }) =>
  (forgery: Forgery): Oid => {
    const { reader, content } = forgery;
    const next = {
      ...content,
      header: {
        ...content.header,
        ...branch,
        counts: { applied: 0, dropped: 0, leftOut: 0 },
        directory: directory(forgery),
      } as BlockContent['header'],
      transactions: [],
      receipts: [],
      state: reader.block(content.parents[0] as Oid).state,
    };
    return sealed(() => next, by)(forgery);
  };

const named = ({ content }: Forgery): Oid =>
  (content.header.kind === 'genesis' ? content.parents[0] : content.header.directory) as Oid;

describe('the directory in force', { timeout: 120_000 }, () => {
  it('is named by every block, and its members do what their roles say', async () => {
    const test = await bank();
    const { repository, admin } = test;
    const writer = await withMember(test, 'writer', 'write');
    const sealer = await withMember(test, 'sealer', 'seal:team/*', 'write');
    const merger = await withMember(test, 'merger', 'merge');
    await repository.createBranch('team/a');
    const pay = (key: SigningKey, by: SigningKey, on: string) => repository.call({ ...payment, key, sealer: by, on });
    await expect(pay(writer, writer, 'main')).rejects.toMatchObject({ code: 'AERGO_SEALER_NOT_ALLOWED', exitCode: 4 });
    await expect(pay(sealer, sealer, 'main')).rejects.toMatchObject({ code: 'AERGO_SEALER_NOT_ALLOWED' });
    await expect(pay(merger, admin, 'main')).rejects.toMatchObject({ code: 'AERGO_AUTHOR_NOT_ALLOWED' });
    await pay(writer, sealer, 'team/a');
    await expect(repository.merge({ source: 'team/a', sealer })).rejects.toMatchObject({
      code: 'AERGO_SEALER_NOT_ALLOWED',
      message: expect.stringContaining('may not merge into main'),
    });
    await repository.merge({ source: 'team/a', sealer: merger });
    expect(await repository.verify()).toMatchObject({ directory: 4 });
    await closeQuietly(repository);
    const again = await openRepository(test.directory);
    expect(again.members().map(({ name }) => name)).toEqual(['ada', 'merger', 'sealer', 'writer']);
  });

  it('drops from a merge what its author may not write any more', async () => {
    const test = await bank();
    const { repository, admin } = test;
    const eve = await withMember(test, 'eve', 'write');
    await repository.createBranch('side');
    await repository.call({ ...payment, key: eve, sealer: admin, on: 'side' });
    await repository.call({ ...payment, key: admin, on: 'side' });
    await repository.removeMember({ member: 'eve', reason: 'left', key: admin });
    const merged = await repository.merge({ source: 'side', sealer: admin });
    expect(merged.dropped).toMatchObject([{ receipt: { code: 'author-not-allowed' } }]);
    expect(merged.applied).toHaveLength(1);
    await repository.verify();
  });

  it('lets merge only as the policy says, by the logics that it accepts', async () => {
    const test = await bank();
    const { repository, admin: key } = test;
    await repository.createBranch('side');
    await repository.call({ ...payment, key, on: 'side' });
    const rule = (holds: object | null) => repository.setPolicy({ key, rule: { ref: 'refs/heads/main', holds } });
    await rule({ merge: ['agreed'] });
    await expect(repository.merge({ source: 'side', sealer: key })).rejects.toMatchObject({
      code: 'AERGO_MERGE_MODE',
      message: 'the policy lets only agreed merges into main',
    });
    await rule(null);
    await repository.merge({ source: 'side', sealer: key });
    await rule({ merge: ['agreed'] });
    // What was merged when it was allowed stays good.
    await repository.verify();
  });

  it('lets an agreed merge go by the logics that the policy accepts, and by no other', async () => {
    const test = await newRepository();
    await withAdditiveBank(test, { alice: '100', bob: '100', carol: '100' });
    const { repository, admin: key } = test;
    const { logic } = await repository.createBranch('side', '@', { mergeContract: 'bank.settle' });
    await repository.call({ ...payment, key, on: 'side' });
    await repository.call({ ...payment, key });
    const accept = (hash: string) =>
      repository.setPolicy({ key, rule: { ref: 'refs/heads/*', holds: { resolvers: [hash] } } });
    await accept('0'.repeat(64));
    await expect(repository.merge({ source: 'side', sealer: key })).rejects.toMatchObject({
      code: 'AERGO_MERGE_MODE',
      message: 'the policy does not let a merge into main go by bank.settle',
    });
    await accept(logic?.hash ?? '');
    expect(await repository.merge({ source: 'side', sealer: key })).toMatchObject({ mode: 'agreed', pending: false });
    await repository.verify();
  });

  it('lets the new key of a contract’s author do what the old one did', async () => {
    const test = await newRepository();
    const { repository, admin } = test;
    const eve = await withMember(test, 'eve', 'seal', 'write');
    await repository.deploy({ name: 'bank', source: bankSource, key: eve });
    const successor = keyOf('eve 2');
    await expect(repository.rotateKey({ key: eve, successor: successor.id, reason: 'rotated' })).rejects.toMatchObject({
      code: 'AERGO_KEY_UNPUBLISHED',
      exitCode: 2,
    });
    await publishBy(test, admin);
    await repository.rotateKey({ key: eve, successor: successor.id, reason: 'rotated' });
    const again = { name: 'bank', source: `${bankSource}\n-- two` };
    await expect(repository.deploy({ ...again, key: eve })).rejects.toMatchObject({ exitCode: 4 });
    await repository.deploy({ ...again, key: successor });
    await repository.verify();
    expect(repository.members().filter(({ name }) => name === 'eve')).toMatchObject([
      { key: expect.any(String) },
      { key: expect.any(String) },
    ]);
  });
});

describe('engines', { timeout: 120_000 }, () => {
  const later = { ...fixedOptions('later'), engineDescription: '{"format":1}\n' };
  /** The policy accepts a second engine, and the last two blocks are of that. */
  const withLater = async (test: TestRepository) => {
    await closeQuietly(test.repository);
    const repository = await openRepository(test.directory, later);
    await expect(repository.call({ ...payment, key: test.admin })).rejects.toMatchObject({
      code: 'AERGO_ENGINE_NOT_ACCEPTED',
      exitCode: 2,
    });
    await repository.setPolicy({ key: test.admin, acceptEngine: true });
    for (let times = 0; times < 2; times++) await repository.call({ ...payment, key: test.admin });
    await closeQuietly(repository);
  };

  it('are accepted by the policy, and a branch never goes back to an earlier one', async () => {
    const test = await bank();
    await withLater(test);
    const repository = await openRepository(test.directory);
    expect(await repository.verify({ fast: true })).toMatchObject({ directory: 2 });
    await expect(repository.call({ ...payment, key: test.admin })).rejects.toMatchObject({
      code: 'AERGO_ENGINE_NOT_ACCEPTED',
      message: 'this branch has blocks of a later SQL engine than that of this version of aergo',
    });
  });

  it('are refused in verification where a block has an earlier one than its parent, or one that is not accepted', async () => {
    const withEngine = (engine: (forgery: Forgery) => Oid) => (forgery: Forgery) =>
      sealed((content) => ({ ...content, engine: engine(forgery) }))(forgery);
    const earlier = ({ reader, content }: Forgery) => reader.block(genesisOf(reader, content)).engine;
    const back = await forge(withEngine(earlier), withLater);
    await expect(verdict(back)).rejects.toMatchObject({ message: expect.stringMatching(/older than its parent/) });
    const strange = await forge(withEngine(({ buffer }) => buffer.put('blob', Buffer.from('{"format":3}\n'))));
    await expect(verdict(strange)).rejects.toMatchObject({ message: expect.stringMatching(/engine is not accepted/) });
  });
});

const genesisOf = (reader: Forgery['reader'], { header }: BlockContent): Oid =>
  header.kind === 'genesis' ? expect.fail() : reader.block(header.repository).id;

/** Publishes the heads: revoking somebody whose blocks are not published does. */
async function publishBy(test: TestRepository, admin: SigningKey): Promise<void> {
  const { repository } = test;
  const temporary = await withMember(test, 'temporary', 'seal', 'write');
  await repository.call({
    ...payment,
    contract: 'bank',
    function: 'open_account',
    args: ['temporary', '1'],
    key: temporary,
  });
  await repository.removeMember({ member: 'temporary', reason: 'done', key: admin });
}

describe('verification by the directory', { timeout: 120_000 }, () => {
  const eve = keyOf('eve');
  const withEve = async (test: TestRepository) => {
    await withMember(test, 'eve', 'seal', 'write');
    for (let times = 0; times < 2; times++) await test.repository.call({ ...payment, key: eve });
  };
  const revoked = async (test: TestRepository) => {
    await withEve(test);
    await test.repository.removeMember({ member: 'eve', reason: 'stolen', key: test.admin });
  };

  it('keeps what a key sealed before it was revoked', async () => {
    const test = await bank();
    await revoked(test);
    expect(await test.repository.verify()).toMatchObject({ directory: 4 });
    expect(test.repository.showDirectory('3').heads).toMatchObject([{ branch: 'main', height: 5 }]);
    await expect(test.repository.call({ ...payment, key: eve })).rejects.toMatchObject({ exitCode: 4 });
  });

  it('refuses what a stolen key seals on the past, whatever version and date it names', async () => {
    const test = await forge(besideHead(eve, named), revoked);
    await expect(verdict(test)).rejects.toMatchObject({
      code: 'AERGO_BLOCK_INVALID',
      message: expect.stringMatching(
        /was revoked in version 4 of the directory, and no version before had published it/,
      ),
    });
  });

  it('refuses what it seals by the version that revoked it', async () => {
    const inForce = ({ store }: Forgery) => store.ref('refs/aergo/directory')?.oid as Oid;
    const test = await forge(besideHead(eve, inForce), revoked);
    await expect(verdict(test)).rejects.toMatchObject({
      message: expect.stringMatching(/may not seal on main by version 4/),
    });
  });

  it('refuses a merge of a kind that the policy of its version does not let in, and one by who may only seal', async () => {
    const inForce = ({ store }: Forgery) => store.ref('refs/aergo/directory')?.oid as Oid;
    const byVersion = (by?: SigningKey) => (forgery: Forgery) =>
      sealed(
        (content) => ({
          ...content,
          header: { ...content.header, directory: inForce(forgery) } as BlockContent['header'],
        }),
        by,
      )(forgery);
    const merged = async (test: TestRepository) => {
      const { repository, admin: key } = test;
      await withMember(test, 'eve', 'seal', 'write');
      await repository.createBranch('side');
      await repository.call({ ...payment, key, on: 'side' });
      await repository.merge({ source: 'side', sealer: key });
    };
    const forbidden = await forge(byVersion(), async (test) => {
      await merged(test);
      const rule = { ref: 'refs/heads/main', holds: { merge: ['agreed' as const] } };
      await test.repository.setPolicy({ key: test.admin, rule });
    });
    await expect(verdict(forbidden)).rejects.toMatchObject({
      message: expect.stringMatching(/the policy lets only agreed merges into main/),
    });
    const bySealer = await forge(byVersion(eve), merged);
    await expect(verdict(bySealer)).rejects.toMatchObject({
      message: expect.stringMatching(/may not merge into main/),
    });
  });

  it('refuses a version that is below the parent’s, and one of nowhere', async () => {
    // The first block after the genesis block names version 1.
    const first = ({ reader, content }: Forgery): Oid => {
      const [oldest] = [...walk(reader, content)].reverse();
      const header = reader.header(oldest as Oid);
      return (header.kind === 'genesis' ? 'none' : header.directory) as Oid;
    };
    const back = await forge(besideHead(keyOf('ada'), first), withEve);
    await expect(verdict(back)).rejects.toMatchObject({
      message: expect.stringMatching(/it names version 1 of the directory, its parent version 2/),
    });
    const nowhere = await forge(besideHead(keyOf('ada'), () => 'a'.repeat(64) as Oid));
    await expect(verdict(nowhere)).rejects.toMatchObject({
      message: expect.stringMatching(/is none of this repository/),
    });
  });

  it('refuses a transaction whose author may not write', async () => {
    const test = await forge(
      sealed((content) => content, keyOf('ada')),
      async (one) => {
        await withMember(one, 'eve', 'seal');
        await one.repository.call({ ...payment, key: one.admin });
      },
    );
    expect(await verdict(test)).toMatchObject({ directory: 2 });
    const strange = await forge((forgery) => {
      const { content, test: one } = forgery;
      const [signed] = content.transactions;
      if (signed === undefined || content.header.kind === 'genesis') throw new Error('the head is a payment');
      const { sig: _, author: __, ...unsigned } = signed.transaction;
      const line = signTransaction(content.header.repository, unsigned as never, eve);
      return sealed(
        (same) => ({ ...same, transactions: [line], receipts: [{ ...same.receipts[0], tx: line.id } as never] }),
        one.admin,
      )(forgery);
    });
    await expect(verdict(strange)).rejects.toMatchObject({
      message: expect.stringMatching(/may not write by version 1/),
    });
  });

  it('refuses a branch that the sealer’s role is not for', async () => {
    const test = await forge(besideHead(eve, named, { branch: 'other', start: 'aaaaaaaaaaaaaaaa' }), async (one) => {
      await withMember(one, 'eve', 'seal:team/*', 'write');
      await one.repository.call({ ...payment, key: eve, sealer: one.admin });
    });
    await expect(verdict(test)).rejects.toMatchObject({
      message: expect.stringMatching(/may not seal on other/),
    });
  });
});

function* walk(reader: Forgery['reader'], content: BlockContent): Generator<Oid> {
  for (let id = content.parents[0]; id !== undefined; id = reader.block(id).commit.parents[0]) {
    if (reader.block(id).header.kind !== 'genesis') yield id;
  }
}
