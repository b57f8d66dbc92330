import { describe, expect, it } from 'vitest';
import type { BlockContent } from '../../src/ledger/block.ts';
import type { MergeLogic } from '../../src/ledger/header.ts';
import type { Oid } from '../../src/object/oid.ts';
import { Store } from '../../src/store/store.ts';
import { type Forgery, forge, sealed, verdict } from '../support/forgery.ts';
import {
  bankSource,
  closeQuietly,
  fixedOptions,
  newRepository,
  openRepository,
  type TestRepository,
} from '../support/repository.ts';

const resolver = (name: string): string =>
  `CREATE FUNCTION ${name}(table_name text, key jsonb, base jsonb, ours jsonb, theirs jsonb) RETURNS jsonb AS $$
BEGIN RETURN theirs; END $$;
`;
const source = `${bankSource}${resolver('resolve')}${resolver('_quietly')}`;

async function withResolvers(test: TestRepository): Promise<void> {
  await test.repository.deploy({ name: 'bank', source, key: test.admin });
}

const open = ({ repository, admin: key }: TestRepository, owner: string, on?: string) =>
  repository.call({ contract: 'bank', function: 'open_account', args: [owner, '1'], key, ...(on && { on }) });

describe('the merge logic of a branch', () => {
  it('is named as it is made, stands with its ref, and then in every block of it', async () => {
    const test = await newRepository();
    await withResolvers(test);
    const { repository } = test;
    const made = await repository.createBranch('agreed', '@', { mergeContract: 'bank.resolve' });
    expect(made.logic).toEqual({
      contract: 'bank',
      function: 'resolve',
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(repository.branches().map(({ name, logic }) => [name, logic])).toEqual([
      ['agreed', made.logic],
      ['main', undefined],
    ]);
    const first = await open(test, 'alice', 'agreed');
    const second = await open(test, 'bob', 'agreed');
    for (const { block } of [first, second]) expect(block?.logic).toEqual(made.logic);
    expect((await open(test, 'carol', 'main')).block?.logic).toBeUndefined();
    await closeQuietly(repository);
    const again = await openRepository(test.directory);
    expect(again.branches()[0]?.logic).toEqual(made.logic);
    await again.verify();
  });

  it('is inherited by branches made from it, with and without blocks of its own, and kept by another name', async () => {
    const test = await newRepository();
    await withResolvers(test);
    const { repository } = test;
    const { logic } = await repository.createBranch('agreed', '@', { mergeContract: 'bank._quietly' });
    expect((await repository.createBranch('early', 'agreed')).logic).toEqual(logic);
    await repository.renameBranch('early', 'renamed');
    expect((await open(test, 'alice', 'renamed')).block?.logic).toEqual(logic);
    await open(test, 'bob', 'agreed');
    expect((await repository.createBranch('late', 'agreed')).logic).toEqual(logic);
    expect((await open(test, 'carol', 'late')).block?.logic).toEqual(logic);
    const own = await repository.createBranch('own', 'agreed', { mergeContract: 'bank.resolve' });
    expect(own.logic).toMatchObject({ function: 'resolve' });
    expect((await open(test, 'dora', 'own')).block?.logic).toEqual(own.logic);
    expect((await repository.createBranch('free', 'main')).logic).toBeUndefined();
    await repository.verify();
  });

  it('is refused where its contract has no such function, and no branch is made', async () => {
    const test = await newRepository();
    await withResolvers(test);
    const { repository } = test;
    const make = (mergeContract: string, from = '@') => repository.createBranch('agreed', from, { mergeContract });
    await expect(make('bank.pay')).rejects.toMatchObject({ code: 'AERGO_MERGE_LOGIC_INVALID' });
    await expect(make('bank.nothing')).rejects.toMatchObject({
      code: 'AERGO_MERGE_LOGIC_INVALID',
      details: { candidates: ['resolve', '_quietly'] },
    });
    await expect(make('bank')).rejects.toMatchObject({ code: 'AERGO_MERGE_LOGIC_INVALID', hint: /CONTRACT\.FUNCTION/ });
    await expect(make('shop.resolve')).rejects.toMatchObject({ code: 'AERGO_CONTRACT_UNKNOWN' });
    await expect(make('bank.resolve', '@0')).rejects.toMatchObject({ code: 'AERGO_CONTRACT_UNKNOWN' });
    expect(repository.branches()).toHaveLength(1);
  });
});

/** The last block of `main` with another branch, start and logic, on the head of `agreed` or on its own parent. */
const onBranch = (logic: (of: MergeLogic) => MergeLogic | undefined, parent: 'agreed' | 'own' = 'own') =>
  sealed((content, { store, reader }: Forgery): BlockContent => {
    const agreed = store.ref('refs/heads/agreed')?.oid as Oid;
    const of = store.ref('refs/heads/agreed')?.logic ?? expect.fail();
    const named = logic(of);
    const { logic: _, ...header } = content.header as Exclude<BlockContent['header'], { kind: 'genesis' }>;
    const parents = parent === 'own' ? content.parents : [agreed];
    const { height, time } = reader.header(parents[0] as Oid);
    const place = {
      branch: 'side',
      start: '0123456789abcdef',
      height: height + 1,
      time: Math.max(header.time, time + 1),
    };
    return { ...content, parents, header: { ...header, ...place, ...(named && { logic: named }) } };
  });

const prepare = async (test: TestRepository): Promise<void> => {
  await withResolvers(test);
  await test.repository.createBranch('agreed', '@', { mergeContract: 'bank.resolve' });
  await open(test, 'zoe', 'agreed');
  // So that a block after either head has the height of main's last one.
  await open(test, 'xaver', 'main');
  await open(test, 'yann', 'main');
};

describe('verification finds', () => {
  const forgeries: [string, (forgery: Forgery) => Oid, RegExp][] = [
    [
      'a logic in the middle of a branch',
      sealed((content, { store }) => {
        const logic = store.ref('refs/heads/agreed')?.logic ?? expect.fail();
        return { ...content, header: { ...content.header, logic } as BlockContent['header'] };
      }),
      /not that of its branch/,
    ],
    [
      'a branch that drops the logic of the one it is from',
      onBranch(() => undefined, 'agreed'),
      /drops the merge logic/,
    ],
    ['a logic that the contract does not have', onBranch((of) => ({ ...of, function: 'pay' })), /no such merge logic/],
    ['another hash than the contract has', onBranch((of) => ({ ...of, hash: 'a'.repeat(64) })), /no such merge logic/],
    ['a contract that is not there', onBranch((of) => ({ ...of, contract: 'shop' })), /no such merge logic/],
  ];
  it('a ref with another logic than the blocks of its branch', async () => {
    const test = await newRepository();
    await prepare(test);
    await closeQuietly(test.repository);
    const store = await Store.open(test.directory, { ...fixedOptions('forge'), derive: () => [] });
    const { name, oid, start, height, logic } = store.ref('refs/heads/agreed') ?? expect.fail();
    if (start === undefined || height === undefined || logic === undefined)
      throw new Error('the ref says all of these');
    const other = { ...logic, function: '_quietly' };
    await store.write({
      refs: [{ name, old: oid, new: oid, start, height, logic: other }],
      operation: { time: 1, command: 'forge', head: 'refs/heads/main' },
    });
    await store.close();
    await expect(verdict(test)).rejects.toMatchObject({ code: 'AERGO_REF_INVALID', message: /another merge logic/ });
  });

  it.each(forgeries)('%s', async (_, make, message) => {
    const test = await forge(make, prepare);
    await expect(verdict(test)).rejects.toMatchObject({ code: 'AERGO_BLOCK_INVALID', message });
  });
});
