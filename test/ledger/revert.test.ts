import { describe, expect, it } from 'vitest';
import type { SigningKey } from '../../src/crypto/key.ts';
import type { BlockContent } from '../../src/ledger/block.ts';
import { signTransaction } from '../../src/ledger/transaction.ts';
import type { Oid } from '../../src/object/oid.ts';
import { type Forgery, forge, sealed, verdict } from '../support/forgery.ts';
import { keyOf, newRepository, type TestRepository, withBank } from '../support/repository.ts';

const pay = (sender: string, recipient: string, amount: string) => ({
  args: [sender, recipient, amount],
  contract: 'bank',
  function: 'pay',
  kind: 'call',
});

const state = async ({ repository }: TestRepository, at = '@') => {
  const rows: string[] = [];
  for await (const { row } of repository.scan('bank.accounts', at)) rows.push(`${row.owner} ${row.balance}`);
  return rows.join(', ');
};

async function bank(): Promise<TestRepository> {
  const test = await newRepository();
  await withBank(test, { alice: '100', bob: '100', carol: '100' });
  return test;
}

/** Submits in one block; gives the ids, or the code of each that was refused. */
async function submit({ repository, admin }: TestRepository, ...unsigned: object[]): Promise<string[]> {
  const lines = unsigned.map((one) => JSON.stringify(one));
  const { applied, rejected } = await repository.submit(lines, { key: admin, sealer: admin });
  const byLine = new Map<number, string>([
    ...applied.map((one) => [one.line, one.transaction] as const),
    ...rejected.map((one) => [one.line, one.error.code] as const),
  ]);
  return unsigned.map((_, index) => byLine.get(index + 1) ?? '');
}

const revert = (of: string | undefined) => ({ kind: 'revert', of });

describe('a revert', () => {
  it('right after a transaction gives the state before it, and a revert of the revert the state again', async () => {
    const test = await bank();
    const before = await state(test);
    const [payment] = await submit(test, pay('alice', 'bob', '10'));
    const after = await state(test);
    const [back] = await submit(test, revert(payment));
    expect(await state(test)).toBe(before);
    expect(await state(test, '@~2')).toBe(before);
    const shown = await test.repository.transaction(back ?? '');
    expect(shown.receipts[0]?.receipt).toMatchObject({
      status: 'applied',
      writes: [
        ['bank.accounts', 'alice-'],
        ['bank.accounts', 'bob-'],
      ],
    });
    await submit(test, revert(back));
    expect(await state(test)).toBe(after);
    await test.repository.verify();
  });

  it('is refused where a later transaction changed such a row, with the row', async () => {
    const test = await bank();
    const [first, second] = await submit(test, pay('alice', 'bob', '10'), pay('bob', 'carol', '1'));
    expect(await submit(test, revert(first))).toEqual(['AERGO_SNAPSHOT_CONFLICT']);
    expect(await submit(test, revert(second), revert(first))).not.toContain('AERGO_SNAPSHOT_CONFLICT');
    expect(await state(test)).toBe('alice 100.00, bob 100.00, carol 100.00');
    await test.repository.verify();
  });

  it('restores what a row was between transactions of one block', async () => {
    const test = await bank();
    const [, second, third] = await submit(
      test,
      pay('alice', 'bob', '10'),
      pay('alice', 'bob', '5'),
      pay('carol', 'alice', '1'),
    );
    await submit(test, revert(third));
    expect(await state(test)).toBe('alice 85.00, bob 115.00, carol 100.00');
    await submit(test, revert(second));
    expect(await state(test)).toBe('alice 90.00, bob 110.00, carol 100.00');
    await test.repository.verify();
  });

  it('takes back what ran in its own block, and inserts, deletes and imports', async () => {
    const test = await bank();
    const { repository, admin: key } = test;
    const nonce = 'AAAAAAAAAAAAAAAA';
    const opened = { ...pay('', '', ''), function: 'open_account', args: ['dave', '7'], nonce };
    const signed = repository.sign(opened, key);
    const of = (await repository.submit([signed], { sealer: key, dryRun: true })).applied[0]?.transaction;
    const both = [signed, repository.sign(revert(of), key)];
    expect((await repository.submit(both, { sealer: key })).rejected).toEqual([]);
    expect(await repository.get('bank.accounts', ['dave'])).toBeUndefined();
    const imported = await repository.importRows({
      table: 'bank.accounts',
      columns: ['owner', 'balance'],
      rows: (async function* () {
        yield ['erin', '5'];
        yield ['frank', '6'];
      })(),
      key,
    });
    const [back] = await submit(test, revert(imported.transaction));
    expect(await state(test)).toBe('alice 100.00, bob 100.00, carol 100.00');
    await submit(test, revert(back));
    expect(await repository.get('bank.accounts', ['frank'])).toMatchObject({ row: { balance: '6.00' } });
    await repository.verify();
  });

  it('is the contract’s author’s or an admin’s, and of nothing that is not in effect or deploys', async () => {
    const test = await bank();
    const { repository, admin } = test;
    const [payment] = await submit(test, pay('alice', 'bob', '10'));
    const eves = repository.sign(revert(payment), keyOf('eve'));
    const { rejected } = await repository.submit([eves], { sealer: admin });
    expect(rejected.map(({ error }) => error.code)).toEqual(['AERGO_AUTHOR_NOT_ALLOWED']);
    expect(await submit(test, revert('a'.repeat(64)))).toEqual(['AERGO_NOT_IN_EFFECT']);
    const { deploy } = await repository.contract('bank');
    expect(await submit(test, revert(deploy))).toEqual(['AERGO_REVERT_REFUSED']);
    await repository.createBranch('side', '@~1');
    const side = repository.sign(revert(payment), admin, 'side');
    expect((await repository.submit([side], { sealer: admin, on: 'side' })).rejected).toMatchObject([
      { error: { code: 'AERGO_NOT_IN_EFFECT' } },
    ]);
  });

  it('breaks no constraint: what others refer to stays', async () => {
    const test = await newRepository();
    const { repository, admin: key } = test;
    const source = `
CREATE TABLE people (name text PRIMARY KEY, mail text UNIQUE);
CREATE TABLE cars (plate text PRIMARY KEY, owner text NOT NULL REFERENCES people);
CREATE FUNCTION join_club(name text, mail text) RETURNS void AS $$ BEGIN INSERT INTO people VALUES (join_club.name, join_club.mail); END $$;
CREATE FUNCTION move(name text, mail text) RETURNS void AS $$ BEGIN UPDATE people SET mail = move.mail WHERE people.name = move.name; END $$;
CREATE FUNCTION buy(plate text, owner text) RETURNS void AS $$ BEGIN INSERT INTO cars VALUES (buy.plate, buy.owner); END $$;
`;
    await repository.deploy({ name: 'club', source, key });
    const call = (name: string, ...args: string[]) => ({ args, contract: 'club', function: name, kind: 'call' });
    const [ada] = await submit(test, call('join_club', 'ada', 'a@x'));
    await submit(test, call('buy', 'AA 1', 'ada'));
    expect(await submit(test, revert(ada))).toEqual(['AERGO_CONSTRAINT']);
    const [moved] = await submit(test, call('move', 'ada', 'b@x'));
    await submit(test, call('join_club', 'bob', 'a@x'));
    expect(await submit(test, revert(moved))).toEqual(['AERGO_CONSTRAINT']);
    await repository.verify();
  });

  it('in a merge takes back what the other one wrote here, and is dropped where that was', async () => {
    const test = await bank();
    const { repository, admin: key } = test;
    await repository.createBranch('side');
    const onSide = async (unsigned: object) =>
      (await repository.submit([JSON.stringify(unsigned)], { key, sealer: key, on: 'side' })).applied[0]?.transaction;
    const fits = await onSide(pay('alice', 'bob', '10'));
    await onSide(revert(fits));
    const poor = await onSide(pay('carol', 'bob', '100'));
    const reverted = await onSide(revert(poor));
    await submit(test, pay('alice', 'bob', '1'), pay('carol', 'alice', '1'));
    const before = await state(test);
    const merged = await repository.merge({ source: 'side', sealer: key });
    expect(merged.dropped).toMatchObject([
      { receipt: { tx: poor, code: 'contract-error' } },
      { receipt: { tx: reverted, code: 'not-in-effect' }, cause: { kind: 'pool', transaction: poor } },
    ]);
    expect(await state(test)).toBe(before);
    await repository.verify();
  });
});

describe('verification of a revert', () => {
  const prepare = async (test: TestRepository) => {
    await submit(test, pay('alice', 'bob', '1'), pay('bob', 'alice', '2'));
    await submit(test, pay('bob', 'alice', '1'));
    const [last] = await submit(test, pay('alice', 'bob', '4'));
    expect(await submit(test, revert(last))).not.toContain('AERGO_SNAPSHOT_CONFLICT');
  };
  const forged = (change: (reader: Forgery['reader'], head: Oid) => { of?: string; by?: SigningKey }) => {
    const replaced = (content: BlockContent, { reader, test, head }: Forgery): BlockContent => {
      const [signed = expect.fail()] = content.transactions;
      const { sig: _, author: __, ...unsigned } = signed.transaction;
      const { by = test.admin, ...members } = change(reader, head);
      const repository = reader.repositoryOf(content.parents[0] as Oid);
      return { ...content, transactions: [signTransaction(repository, { ...unsigned, ...members } as never, by)] };
    };
    return forge(sealed(replaced), prepare);
  };
  const parentOf = (reader: Forgery['reader'], block: Oid) => reader.block(block).commit.parents[0] as Oid;

  it('takes the block as it was, with the state id of the block before the one that it takes back', async () => {
    const test = await forge(
      sealed((content, { reader, head }) => {
        expect(content.state).toBe(reader.block(parentOf(reader, parentOf(reader, head))).state);
        return content;
      }),
      prepare,
    );
    expect(await verdict(test)).toBeDefined();
  });

  it.each([
    ['of a transaction that is nowhere', () => ({ of: 'a'.repeat(64) })],
    [
      'of a transaction whose rows are others now',
      (reader: Forgery['reader'], head: Oid) => {
        const [earlier] = reader.transactions(parentOf(reader, parentOf(reader, parentOf(reader, head))));
        return { of: earlier?.id ?? expect.fail() };
      },
    ],
    ['by somebody who may not', () => ({ by: keyOf('eve') })],
  ])('refuses one %s', async (_, change) => {
    const test = await forged(change);
    await expect(verdict(test)).rejects.toMatchObject({
      code: 'AERGO_BLOCK_INVALID',
      exitCode: 6,
      message: expect.stringMatching(/does not take effect when it runs again|may not/),
    });
  });
});
