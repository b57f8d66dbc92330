import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/crypto/canonical-json.ts';
import { signSsh } from '../../src/crypto/sshsig.ts';
import { type BlockContent, putBlockTree } from '../../src/ledger/block.ts';
import { signTransaction } from '../../src/ledger/transaction.ts';
import { type Commit, commitPayload, encodeCommit } from '../../src/object/commit.ts';
import type { Oid } from '../../src/object/oid.ts';
import { type Forgery, forge, sealed, verdict } from '../support/forgery.ts';
import {
  closeQuietly,
  fixedOptions,
  keyOf,
  newRepository,
  openRepository,
  type TestRepository,
  withBank,
} from '../support/repository.ts';

const withHeader = (changes: object) =>
  sealed((content) => ({ ...content, header: { ...content.header, ...changes } as BlockContent['header'] }));

/** The commit of the content, changed, then signed. */
const withCommit = (change: (commit: Commit) => Commit) => (forgery: Forgery) => {
  const { buffer, content, test, reader, head } = forgery;
  const { signature: _, ...before } = reader.block(head).commit;
  const commit = change({ ...before, tree: putBlockTree(buffer, content) });
  return buffer.put(
    'commit',
    encodeCommit({ ...commit, signature: signSsh(test.admin, commitPayload(commit), 'git') }),
  );
};

const forgeries: [string, (forgery: Forgery) => Oid, RegExp][] = [
  ['a sealer who is no member', sealed((content) => content, keyOf('eve')), /may not seal/],
  ['a height that is not the parent’s + 1', withHeader({ height: 9 }), /height/],
  ['a time that is not after the parent’s', withHeader({ time: 1_000 }), /time/],
  ['another repository', withHeader({ repository: 'a'.repeat(64) }), /./],
  ['a directory version that is not in force', withHeader({ directory: 'a'.repeat(64) }), /directory/],
  ['another start under the parent’s branch', withHeader({ start: '0123456789abcdef' }), /./],
  ['another branch with the parent’s start', withHeader({ branch: 'other' }), /was sealed on|keeps its name/],
  ['counts that do not follow', withHeader({ counts: { applied: 2, dropped: 0, leftOut: 0 } }), /message|header/],
  [
    'a state that differs from the run',
    sealed((content, { reader }) => ({ ...content, state: reader.block(content.parents[0] as Oid).state })),
    /state differs/,
  ],
  [
    'a receipt that is false',
    sealed((content) => ({ ...content, receipts: content.receipts.map((one) => ({ ...one, result: 'No' })) })),
    /receipt 0 differs/,
  ],
  ['a receipt that is missing', sealed((content) => ({ ...content, receipts: [] })), /receipt 0 differs/],
  [
    'a transaction twice',
    sealed((content) => ({ ...content, transactions: [...content.transactions, ...content.transactions] })),
    /twice/,
  ],
  [
    'a transaction that had taken effect before',
    sealed((content, { reader }) => ({ ...content, transactions: reader.transactions(content.parents[0] as Oid) })),
    /had taken effect before/,
  ],
  [
    'a transaction of another branch',
    sealed((content, { reader, test }) => {
      const { sig: _, author: __, ...unsigned } = content.transactions[0]?.transaction ?? expect.fail();
      const repository = reader.repositoryOf(content.parents[0] as Oid);
      return {
        ...content,
        transactions: [
          signTransaction(repository, { ...unsigned, branch: 'side:0123456789abcdef' } as never, test.admin),
        ],
      };
    }),
    /signed for side/,
  ],
  [
    'a transaction that its author did not sign',
    sealed((content) => ({
      ...content,
      transactions: content.transactions.map((signed) => {
        const transaction = { ...signed.transaction, args: ['alice', 'bob', '2'] } as typeof signed.transaction;
        return { ...signed, transaction, line: canonicalJson(transaction as never) };
      }),
    })),
    /not signed by/,
  ],
  ['no parent', withCommit((commit) => ({ ...commit, parents: [] })), /parents/],
  [
    'a message that does not follow',
    withCommit((commit) => ({ ...commit, message: 'Block 4 on main: all is well\n' })),
    /message/,
  ],
  [
    'seconds that do not follow',
    withCommit((commit) => ({ ...commit, committer: { ...commit.committer, seconds: 5 } })),
    /author and committer/,
  ],
  [
    'another author than sealer',
    withCommit((commit) => ({ ...commit, author: { ...commit.author, name: 'ada' } })),
    /author and committer/,
  ],
  [
    'no signature',
    ({ buffer, reader, head }) => {
      const { signature: _, ...commit } = reader.block(head).commit;
      return buffer.put('commit', encodeCommit(commit));
    },
    /not signed/,
  ],
  [
    'another commit’s signature',
    ({ buffer, reader, head }) => {
      const { commit } = reader.block(head);
      const other = reader.block(commit.parents[0] as Oid).commit;
      return buffer.put(
        'commit',
        encodeCommit({ ...commit, ...(other.signature === undefined ? {} : { signature: other.signature }) }),
      );
    },
    /signature does not hold/,
  ],
];

/** A repository in which `side` was merged into `main` with one transaction applied and one dropped, forged by its admin. */
async function forgeMerge(change: (content: BlockContent, forgery: Forgery) => BlockContent): Promise<TestRepository> {
  return forge(sealed(change), async ({ repository, admin: key }) => {
    const pay = (amount: string, on: string) =>
      repository.call({ contract: 'bank', function: 'pay', args: ['alice', 'bob', amount], key, on });
    await repository.createBranch('side');
    await pay('80', 'side');
    await pay('1', 'side');
    await pay('50', 'main');
    await repository.merge({ source: 'side', sealer: key });
  });
}

const forgedMerges: [string, (content: BlockContent, forgery: Forgery) => BlockContent, RegExp][] = [
  [
    'another base',
    (content) => ({
      ...content,
      header: { ...content.header, base: [content.parents[0] as Oid] } as BlockContent['header'],
    }),
    /merge base/,
  ],
  [
    'another source',
    (content) => ({
      ...content,
      header: { ...content.header, source: 'side:0123456789abcdef' } as BlockContent['header'],
    }),
    /source/,
  ],
  [
    'options that were not used',
    (content) => ({
      ...content,
      header: { ...content.header, options: { dropChangedResults: true } } as BlockContent['header'],
      receipts: content.receipts.map((one) => ({ ...one, result: 'No' })),
    }),
    /receipt/,
  ],
  [
    'a drop hidden',
    (content) => ({
      ...content,
      header: { ...content.header, counts: { applied: 1, dropped: 0, leftOut: 0 } },
      receipts: content.receipts.filter((one) => one.status === 'applied'),
    }),
    /receipt 1 differs/,
  ],
  [
    'a receipt of something that was not in the pool left out',
    (content) => ({
      ...content,
      header: { ...content.header, counts: { applied: 1, dropped: 1, leftOut: 1 } },
      receipts: [...content.receipts, { status: 'left-out', tx: 'a'.repeat(64) as never }],
    }),
    /receipt 2 differs/,
  ],
  [
    'receipts out of order',
    (content) => ({ ...content, receipts: content.receipts.toReversed() }),
    /receipt 0 differs/,
  ],
  [
    'what the branch has already',
    (content, { reader }) => {
      const [first] = content.parents;
      const before = reader.block(first as Oid).commit.parents[0] as Oid;
      return { ...content, parents: [first as Oid, before] };
    },
    /has already/,
  ],
];

describe('verification of a merge', () => {
  it.each(forgedMerges)('refuses %s', async (_, change, message) => {
    const test = await forgeMerge(change);
    await expect(verdict(test)).rejects.toMatchObject({ exitCode: 6, message: expect.stringMatching(message) });
  });

  it('takes a transaction that its sealer left out as left out', async () => {
    const test = await forgeMerge((content, { reader }) => ({
      ...content,
      header: { ...content.header, counts: { applied: 0, dropped: 1, leftOut: 1 } },
      transactions: [],
      receipts: [
        ...content.receipts.filter((one) => one.status === 'dropped'),
        { status: 'left-out', tx: content.transactions[0]?.id as never },
      ],
      state: reader.block(content.parents[0] as Oid).state,
    }));
    expect(await verdict(test)).toMatchObject({ transactions: 6 });
  });
});

describe('verification', () => {
  it.each(forgeries)('refuses %s with exit code 6 and the block', async (_, make, message) => {
    const test = await forge(make);
    await expect(verdict(test)).rejects.toMatchObject({ exitCode: 6, message: expect.stringMatching(message) });
  });

  it('takes the block that was forged without a change', async () => {
    const test = await forge(
      sealed((content) => ({ ...content, header: { ...content.header, time: content.header.time + 1 } })),
    );
    expect(await verdict(test)).toMatchObject({ blocks: 5 });
  });

  it('says that it cannot tell of a block that another engine made', async () => {
    const options = { ...fixedOptions('engine'), engineDescription: '{"format":1}\n' };
    const test = await newRepository('engine', options);
    await withBank(test, { alice: '1' });
    expect(await test.repository.verify()).toMatchObject({ blocks: 3 });
    await closeQuietly(test.repository);
    const repository = await openRepository(test.directory);
    await expect(repository.verify()).rejects.toMatchObject({ code: 'AERGO_VERIFY_ENGINE', exitCode: 75 });
    await expect(
      repository.call({ contract: 'bank', function: 'pay', args: ['alice', 'alice', '1'], key: test.admin }),
    ).rejects.toMatchObject({ code: 'AERGO_ENGINE_NOT_ACCEPTED' });
    expect(await repository.verify({ fast: true })).toMatchObject({ blocks: 3, fast: true });
  });

  it('checks snapshots: signed, of the block they say', async () => {
    const test = await newRepository();
    await withBank(test, { alice: '1' });
    await test.repository.createSnapshot('v1', '@~1', keyOf('eve'));
    expect(test.repository.snapshots()).toMatchObject([{ name: 'v1', tagger: keyOf('eve').id, block: { height: 1 } }]);
    expect(await test.repository.verify()).toMatchObject({ snapshots: 1 });
    await expect(test.repository.createSnapshot('v1', '@', test.admin)).rejects.toMatchObject({
      code: 'AERGO_SNAPSHOT_EXISTS',
    });
  });
});
