import { describe, expect, it } from 'vitest';
import type { MergeOptions } from '../../src/repository/merge.ts';
import { additiveSource, balancesOf, withAdditiveBank } from '../support/additive-bank.ts';
import { bankSource, fixedOptions, newRepository, type TestRepository } from '../support/repository.ts';

async function agreedBank(source = additiveSource): Promise<TestRepository> {
  const test = await newRepository();
  await withAdditiveBank(test, { alice: '100', bob: '100' }, source);
  await test.repository.createBranch('side', '@', { mergeContract: 'bank.settle' });
  return test;
}

const pay = ({ repository, admin: key }: TestRepository, on: string, amount: string) =>
  repository.call({ contract: 'bank', function: 'pay', args: ['alice', 'bob', amount], key, on });

const deploy = ({ repository, admin: key }: TestRepository, on: string, source: string, migrate?: string) =>
  repository.deploy({ name: 'bank', source, key, on, ...(migrate === undefined ? {} : { migrate }) });

const merge = ({ repository, admin: sealer }: TestRepository, options: Partial<MergeOptions> = {}) =>
  repository.merge({ source: 'side', sealer, ...options });

/** The contract with another resolver: theirs is taken. */
const takesTheirs = additiveSource.replace(/ {4}RETURN jsonb_build_object[^;]*;/, '    RETURN theirs;');

/** The contract with a column more, and what makes the rows of it. */
const withNote = additiveSource.replace(
  'CHECK (balance >= 0)',
  "CHECK (balance >= 0),\n    note text NOT NULL DEFAULT ''",
);
const addNote = "ALTER TABLE accounts ADD COLUMN note text DEFAULT '';";

describe('the resolver agreed on', () => {
  it('must be the one that the target has, or is taken from the past where that is asked for', async () => {
    const test = await agreedBank();
    await pay(test, 'side', '10');
    await pay(test, 'main', '5');
    await deploy(test, 'main', takesTheirs);
    await expect(merge(test)).rejects.toMatchObject({
      code: 'AERGO_MERGE_LOGIC_CHANGED',
      message: 'bank.settle is not as it was agreed on: the target has another definition',
      details: { agreed: expect.stringMatching(/^[0-9a-f]{64}$/), found: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    const merged = await merge(test, { pinned: true });
    expect(merged).toMatchObject({ mode: 'agreed', conflicts: { byContract: 2 } });
    expect(await balancesOf(test)).toBe('alice 85.00, bob 115.00');
    // What is asked is taken back: the contract in force stays the target's.
    expect((await test.repository.contract('bank')).text).toBe(takesTheirs);
    await pay(test, 'main', '1');
    await test.repository.verify();
  });

  it('must be the one that the merge takes over too', async () => {
    const test = await agreedBank();
    await pay(test, 'side', '10');
    await deploy(test, 'side', takesTheirs);
    await pay(test, 'side', '1');
    await pay(test, 'main', '5');
    await expect(merge(test)).rejects.toMatchObject({
      code: 'AERGO_MERGE_LOGIC_CHANGED',
      message: 'bank.settle is not as it was agreed on: the merge would take another definition over',
    });
    expect(await merge(test, { pinned: true })).toMatchObject({ conflicts: { byContract: 2 } });
    expect(await balancesOf(test)).toBe('alice 84.00, bob 116.00');
    await test.repository.verify();
  });

  it('says pinned only where that was needed', async () => {
    const test = await agreedBank();
    await pay(test, 'side', '10');
    await pay(test, 'main', '5');
    await merge(test, { pinned: true });
    await test.repository.verify();
  });

  it('must still run on the tables of today', async () => {
    const test = await agreedBank();
    await pay(test, 'side', '10');
    await pay(test, 'main', '5');
    await deploy(test, 'main', withNote.replace('is closed', 'was closed'), addNote);
    await expect(merge(test)).rejects.toMatchObject({ code: 'AERGO_MERGE_LOGIC_CHANGED' });
    await expect(merge(test, { pinned: true })).rejects.toMatchObject({ code: 'AERGO_MERGE_SCHEMA_DIFFERS' });
    await pay(test, 'main', '1');
    await test.repository.verify();
  });
});

describe('a resolver that does not end', () => {
  const endless = additiveSource.replace(
    '    RETURN jsonb_build_object',
    "    WHILE key->>0 = 'bob' LOOP NULL; END LOOP;\n    RETURN jsonb_build_object",
  );

  it('decides nothing: the merge stops, to be tried again, and what was there goes on', async () => {
    const test = await newRepository('endless', { ...fixedOptions('endless'), callDeadline_ms: 300 });
    await withAdditiveBank(test, { alice: '100', bob: '100' }, endless);
    await test.repository.createBranch('side', '@', { mergeContract: 'bank.settle' });
    await pay(test, 'side', '10');
    await pay(test, 'main', '5');
    await expect(merge(test)).rejects.toMatchObject({
      code: 'AERGO_MERGE_UNDECIDED',
      exitCode: 75,
      message: 'bank.settle took longer than a call may; the merge stopped',
    });
    await pay(test, 'main', '1');
    expect(await balancesOf(test)).toBe('alice 94.00, bob 106.00');
    // The way out that its hint names: one that ends on both branches, and a branch from the source that agrees on it.
    for (const on of ['main', 'side']) await deploy(test, on, additiveSource);
    await test.repository.createBranch('again', 'side', { mergeContract: 'bank.settle' });
    await test.repository.merge({ source: 'main', into: 'again', sealer: test.admin });
    await test.repository.merge({ source: 'again', sealer: test.admin });
    expect(await balancesOf(test)).toBe('alice 84.00, bob 116.00');
    await test.repository.verify();
  });

  it('nor does a check_merge that does not end, until one that does is deployed on the target', async () => {
    const check = (body: string) =>
      `${bankSource}CREATE FUNCTION check_merge() RETURNS text AS $$ BEGIN ${body} RETURN NULL; END $$;`;
    const test = await newRepository('endless', { ...fixedOptions('endless'), callDeadline_ms: 300 });
    await withAdditiveBank(test, { alice: '100', bob: '100' }, check('LOOP NULL; END LOOP;'));
    await test.repository.createBranch('side');
    await pay(test, 'side', '10');
    const rows = () => test.repository.merge({ source: 'side', rows: true, sealer: test.admin });
    await expect(rows()).rejects.toMatchObject({
      code: 'AERGO_MERGE_UNDECIDED',
      message: 'bank.check_merge took longer than a call may; the merge stopped',
    });
    await deploy(test, 'main', check(''));
    await rows();
    expect(await balancesOf(test)).toBe('alice 90.00, bob 110.00');
    await test.repository.verify();
  });
});

describe('a contract in a merge row by row', () => {
  // All functions are of the logic: what may change without asking are tables.
  const another = `${additiveSource}CREATE TABLE notes (id int4 PRIMARY KEY, note text);`;

  it('is taken as one value from the side that changed it, in either direction, with the rows of both', async () => {
    for (const [deployed, into] of [
      ['side', 'main'],
      ['main', 'main'],
    ] as const) {
      const test = await agreedBank();
      await deploy(test, deployed, another);
      await pay(test, 'side', '10');
      await pay(test, 'main', '5');
      await merge(test, { into });
      expect((await test.repository.contract('bank')).text).toBe(another);
      expect(await balancesOf(test)).toBe('alice 85.00, bob 115.00');
      await pay(test, 'main', '1');
      await test.repository.verify();
    }
  });

  it('brings its new tables and what a migration made of the rows, where the other side changed none of them', async () => {
    const test = await agreedBank();
    await deploy(test, 'side', withNote, addNote);
    await pay(test, 'side', '10');
    await merge(test);
    expect((await test.repository.get('bank.accounts', ['alice']))?.row).toEqual({
      owner: 'alice',
      balance: '90.00',
      note: '',
    });
    await pay(test, 'main', '1');
    await test.repository.verify();
  });

  it('stops the merge where one side changed a schema and the other rows of it, and where both deployed it differently', async () => {
    const test = await agreedBank();
    await deploy(test, 'side', withNote, addNote);
    await pay(test, 'main', '5');
    await expect(merge(test)).rejects.toMatchObject({
      code: 'AERGO_MERGE_SCHEMA_DIFFERS',
      message: 'one side changed the schema of bank.accounts, the other its rows',
    });
    await deploy(test, 'main', another);
    await expect(merge(test)).rejects.toMatchObject({
      code: 'AERGO_MERGE_CONTRACT_DIFFERS',
      details: { contract: 'bank' },
    });
    await test.repository.verify();
  });

  it('is alike where both sides deployed the same: rows that neither touched since stay', async () => {
    const test = await agreedBank();
    await deploy(test, 'side', withNote, addNote);
    await deploy(test, 'main', withNote, addNote);
    const open = { contract: 'bank', function: 'open_account', args: ['carol', '1'], key: test.admin };
    await test.repository.call({ ...open, on: 'side' });
    expect(await merge(test)).toMatchObject({ mode: 'agreed', conflicts: { total: 0 } });
    expect(await balancesOf(test)).toBe('alice 100.00, bob 100.00, carol 1.00');
    await test.repository.verify();
  });
});

describe('check_merge()', () => {
  it('that gives an empty text refuses as well, and does not say why', async () => {
    const silent = `${bankSource}CREATE FUNCTION check_merge() RETURNS text AS $$ BEGIN RETURN ''; END $$;`;
    const test = await newRepository();
    await withAdditiveBank(test, { alice: '100', bob: '100' }, silent);
    await test.repository.createBranch('side');
    await pay(test, 'side', '10');
    await expect(merge(test, { rows: true })).rejects.toMatchObject({
      code: 'AERGO_MERGE_CHECK_FAILED',
      message: 'check_merge() of bank refuses the merge, and does not say why',
    });
  });

  const checked = `${additiveSource}
CREATE FUNCTION check_merge() RETURNS text AS $$
BEGIN
    IF (SELECT sum(balance) FROM accounts) <> 200 THEN RETURN 'the money changed'; END IF;
    RETURN NULL;
END
$$;
`;

  it('is asked of the result, and its text stops the merge', async () => {
    const test = await agreedBank(checked);
    const { repository, admin: key } = test;
    await pay(test, 'side', '10');
    await pay(test, 'main', '5');
    await merge(test);
    await repository.call({ contract: 'bank', function: 'open_account', args: ['carol', '1'], key, on: 'side' });
    const head = repository.head.block.id;
    await expect(merge(test)).rejects.toMatchObject({
      code: 'AERGO_MERGE_CHECK_FAILED',
      message: 'check_merge() of bank refuses the merge: the money changed',
    });
    expect(repository.head.block.id).toBe(head);
    await pay(test, 'main', '1');
    await repository.verify();
  });
});
