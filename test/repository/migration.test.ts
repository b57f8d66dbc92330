/** A contract deployed over another with a migration: rows, receipts, merges, verification. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/crypto/canonical-json.ts';
import {
  bankSource,
  closeQuietly,
  newRepository,
  openRepository,
  type TestRepository,
  withBank,
} from '../support/repository.ts';

/** The bank with a column more, another scale, and a table of its own for what is closed. */
const second = bankSource
  .replace(
    'balance numeric(15,2) NOT NULL CHECK (balance >= 0)',
    'since timestamptz NOT NULL,\n    kind text NOT NULL,\n    balance numeric(18,3) NOT NULL CHECK (balance >= 0)',
  )
  .replace(
    'INSERT INTO accounts VALUES (open_account.owner, open_account.balance);',
    "INSERT INTO accounts VALUES (open_account.owner, now(), 'private', open_account.balance);",
  )
  .concat(
    '\nCREATE TABLE origins (owner text PRIMARY KEY REFERENCES accounts, tx text NOT NULL, author text NOT NULL);\n',
  );

const toSecond = `-- every account gets a date and a kind
ALTER TABLE accounts ADD COLUMN since timestamptz NOT NULL DEFAULT now();
ALTER TABLE accounts ADD COLUMN kind text, ALTER COLUMN balance TYPE numeric(18,3);
UPDATE accounts SET kind = CASE WHEN balance > 60 THEN 'rich' ELSE 'private' END;
CREATE TABLE origins (owner text PRIMARY KEY, tx text NOT NULL, author text NOT NULL);
INSERT INTO origins SELECT owner, aergo.tx_id(), aergo.author() FROM accounts;
`;

async function deployed(seed = 'migration'): Promise<TestRepository> {
  const test = await newRepository(seed);
  await withBank(test, { alice: '100', bob: '50' });
  return test;
}

const pay = (test: TestRepository, on?: string) =>
  test.repository.call({
    contract: 'bank',
    function: 'pay',
    args: ['alice', 'bob', '1'],
    key: test.admin,
    ...(on === undefined ? {} : { on }),
  });

describe('a migration', { timeout: 60_000 }, () => {
  it('brings the rows into the new tables, counts them, and everything before stays as it was', async () => {
    const test = await deployed();
    const { repository, admin } = test;
    await expect(repository.deploy({ name: 'bank', source: second, key: admin })).rejects.toMatchObject({
      code: 'AERGO_CONTRACT_MIGRATION',
      message:
        'table bank.accounts is another in the new source, with since timestamptz NOT NULL; with kind text NOT NULL; balance numeric(15,2) NOT NULL → numeric(18,3) NOT NULL: say what becomes of its rows',
      hint: 'aergo contract deploy FILE --migrate MIGRATION.sql   with ALTER TABLE accounts ADD COLUMN since timestamptz DEFAULT …;',
    });
    const { receipt, transaction } = await repository.deploy({
      name: 'bank',
      source: second,
      migrate: toSecond,
      key: admin,
    });
    expect(receipt).toMatchObject({ status: 'applied', rows: 4 });
    expect(await repository.get('bank.accounts', ['alice'])).toMatchObject({
      row: { owner: 'alice', balance: '100.000', kind: 'rich' },
    });
    expect(await repository.get('bank.origins', ['bob'])).toMatchObject({
      row: { tx: transaction, author: admin.id },
    });
    expect(await repository.get('bank.accounts', ['alice'], '@~1')).toMatchObject({ row: { balance: '100.00' } });
    expect((await repository.schema('bank.accounts')).columns.map(({ name }) => name)).toEqual([
      'owner',
      'since',
      'kind',
      'balance',
    ]);
    expect((await repository.schema('bank.accounts')).elements[3]).toBe(
      'balance numeric(18,3) NOT NULL CHECK (balance >= 0)',
    );
    expect(await repository.contract('bank')).toMatchObject({ text: second, migrate: toSecond });
    await pay(test);
    expect((await repository.query('SELECT balance FROM bank.accounts ORDER BY owner')).rows).toEqual([
      ['99.000'],
      ['51.000'],
    ]);
    expect((await repository.query('SELECT balance FROM bank.accounts ORDER BY owner', '@~2')).rows).toEqual([
      ['100.00'],
      ['50.00'],
    ]);
    expect(await repository.verify()).toMatchObject({ blocks: 6 });
    // An engine that is made anew from the pages goes on as the one that migrated.
    await closeQuietly(repository);
    rmSync(join(test.directory, 'cache'), { recursive: true });
    const again = await openRepository(test.directory);
    const more = { contract: 'bank', function: 'open_account', args: ['dora', '3'], key: admin };
    await expect(again.call({ ...more, args: ['alice', '1'] })).rejects.toMatchObject({ code: 'AERGO_CONSTRAINT' });
    await again.call(more);
    expect(await again.verify()).toMatchObject({ blocks: 7 });
  });

  it('fails whole where a statement fails, a constraint breaks or something would be lost', async () => {
    const test = await deployed();
    const { repository, admin } = test;
    const head = repository.head.block.id;
    const deploy = (migrate: string, source = second) =>
      repository.deploy({ name: 'bank', source, migrate, key: admin });
    await expect(deploy('UPDATE accounts SET balance = balance / 0;')).rejects.toMatchObject({
      code: 'AERGO_CONTRACT_FAILED',
      message: expect.stringContaining('(migration, line 1)'),
    });
    await expect(deploy('ALTER TABLE accounts ADD COLUMN since timestamptz;')).rejects.toMatchObject({
      code: 'AERGO_CONTRACT_MIGRATION',
      hint: 'in the migration: ALTER TABLE accounts ADD COLUMN kind text;',
    });
    await expect(deploy(`${toSecond} ALTER TABLE accounts ADD COLUMN more text;`)).rejects.toMatchObject({
      hint: 'in the migration: ALTER TABLE accounts DROP COLUMN more;',
    });
    await expect(deploy(`${toSecond} CREATE TABLE more (k text PRIMARY KEY);`)).rejects.toMatchObject({
      hint: 'in the migration: DROP TABLE more;',
    });
    await expect(deploy(`${toSecond} INSERT INTO origins VALUES ('nobody', '', '');`)).rejects.toMatchObject({
      code: 'AERGO_CONSTRAINT',
    });
    await expect(deploy('ALTER TABLE accounts ENABLE ROW LEVEL SECURITY;')).rejects.toMatchObject({
      code: 'AERGO_CONTRACT_REFUSED',
      message: expect.stringContaining('line 1, column 1'),
    });
    await expect(deploy('-- nothing', bankSource.replace('balance >= 0', 'balance >= 60'))).rejects.toMatchObject({
      code: 'AERGO_CONSTRAINT',
    });
    expect(repository.head.block.id).toBe(head);
    await pay(test);
    await deploy('-- nothing: the rows are good already', bankSource.replace('balance >= 0', 'balance >= 1'));
    await expect(repository.deploy({ name: 'new', source: bankSource, migrate: '', key: admin })).rejects.toMatchObject(
      {
        code: 'AERGO_CONTRACT_UNKNOWN',
      },
    );
    expect(await repository.verify()).toMatchObject({ blocks: 6 });
  });

  it('is tried without a trace, keeps to its base, and runs on rows that changed meanwhile', async () => {
    const test = await deployed();
    const { repository, admin } = test;
    const head = repository.head.block.id;
    const options = { name: 'bank', source: second, migrate: toSecond, key: admin };
    expect(await repository.deploy({ ...options, dryRun: true })).toMatchObject({
      receipt: { rows: 4 },
      block: undefined,
    });
    expect(repository.head.block.id).toBe(head);
    await pay(test);
    const { source: replaces } = await repository.contract('bank');
    const line = { contract: 'bank', kind: 'deploy', migrate: toSecond, replaces, source: second };
    const more = canonicalJson({ args: ['dora', '1'], contract: 'bank', function: 'open_account', kind: 'call' });
    const { applied, rejected } = await repository.submit(
      [more, canonicalJson({ ...line, base: head }), more.replace('dora', 'emil')],
      {
        key: admin,
        sealer: admin,
      },
    );
    expect(rejected).toMatchObject([{ line: 2, error: { code: 'AERGO_SNAPSHOT_CONFLICT' } }]);
    expect(applied).toHaveLength(2);
    await repository.submit([more.replace('dora', 'fritz'), canonicalJson(line)], { key: admin, sealer: admin });
    expect((await repository.query('SELECT count(*), sum(balance) FROM bank.accounts')).rows).toEqual([
      ['5', '153.000'],
    ]);
    expect((await repository.query('SELECT count(*) FROM bank.origins')).rows).toEqual([['5']]);
    await repository.verify();
  });

  it('is merged: it migrates the rows of the branch that it comes to', async () => {
    const test = await deployed();
    const { repository, admin } = test;
    await repository.createBranch('side');
    await repository.deploy({ name: 'bank', source: second, migrate: toSecond, on: 'side', key: admin });
    await pay(test, 'side');
    await repository.call({ contract: 'bank', function: 'open_account', args: ['carol', '7'], key: admin });
    const merged = await repository.merge({ source: 'side', sealer: admin });
    expect(merged).toMatchObject({ applied: [{ rows: 6 }, { result: 'OK' }], dropped: [] });
    expect(await repository.get('bank.accounts', ['carol'])).toMatchObject({
      row: { balance: '7.000', kind: 'private' },
    });
    expect(await repository.get('bank.accounts', ['alice'])).toMatchObject({ row: { balance: '99.000' } });
    await repository.createBranch('late', '@~1');
    await repository.deploy({ name: 'bank', source: `${bankSource}-- late`, on: 'late', key: admin });
    const late = await repository.merge({ source: 'late', sealer: admin });
    expect(late).toMatchObject({ applied: [], dropped: [{ receipt: { code: 'contract-changed' } }] });
    await repository.verify();
  });

  it('calls no other contract, whose rows would change unnoticed', async () => {
    const { repository, admin } = await newRepository('foreign');
    const shared = `CREATE TABLE log (k text PRIMARY KEY);
CREATE FUNCTION put(k text) RETURNS text AS $$ BEGIN INSERT INTO log VALUES (put.k); RETURN 'OK'; END $$;
CREATE FUNCTION size() RETURNS int8 STABLE LANGUAGE sql AS 'SELECT count(*) FROM log';`;
    await repository.deploy({ name: 'shared', source: shared, key: admin });
    await repository.call({ contract: 'shared', function: 'put', args: ['a'], key: admin });
    const first = `CREATE TABLE t (k text PRIMARY KEY);
CREATE FUNCTION _put(k text) RETURNS text AS $$ BEGIN RETURN shared.put(k); END $$;
CREATE FUNCTION _size() RETURNS text AS $$ BEGIN RETURN shared.size()::text; END $$;`;
    await repository.deploy({ name: 'own', source: first, key: admin });
    const source = first.replace('PRIMARY KEY', 'PRIMARY KEY, v text');
    const deploy = (insert: string) =>
      repository.deploy({ name: 'own', source, migrate: `ALTER TABLE t ADD v text; ${insert}`, key: admin });
    for (const call of ["_put('b')", '_size()']) {
      await expect(deploy(`INSERT INTO t VALUES ('x', ${call});`)).rejects.toMatchObject({
        code: 'AERGO_CONTRACT_FAILED',
        message: 'own (migration, line 1) failed: a migration calls no other contract (0A000)',
      });
    }
    expect((await repository.query('SELECT k FROM shared.log')).rows).toEqual([['a']]);
    await repository.verify();
  });

  it('changes an enum and drops a table, through a submission of lines', async () => {
    const { repository, admin } = await newRepository('enum');
    const first = `CREATE TYPE state AS ENUM ('open', 'shut', 'lost');
CREATE TABLE cases (id text PRIMARY KEY, state state NOT NULL);
CREATE TABLE notes (id text PRIMARY KEY);
CREATE FUNCTION put(id text, state state) RETURNS void LANGUAGE sql AS 'INSERT INTO cases VALUES (id, state)';
CREATE FUNCTION note(id text) RETURNS void LANGUAGE sql AS 'INSERT INTO notes VALUES (id)';`;
    const next = `CREATE TYPE state AS ENUM ('open', 'closed');
CREATE TABLE cases (id text PRIMARY KEY, state state NOT NULL);
CREATE FUNCTION put(id text, state state) RETURNS void LANGUAGE sql AS 'INSERT INTO cases VALUES (id, state)';`;
    const migrate = `ALTER TABLE cases ALTER COLUMN state TYPE text USING state::text;
UPDATE cases SET state = 'closed' WHERE state <> 'open';
DROP TABLE notes;`;
    await repository.deploy({ name: 'court', source: first, key: admin });
    const { contract: before } = { contract: await repository.contract('court') };
    const call = (fn: string, ...args: string[]) =>
      canonicalJson({ args, contract: 'court', function: fn, kind: 'call' });
    await repository.submit([call('put', 'a', 'open'), call('put', 'b', 'lost'), call('note', 'n')], {
      key: admin,
      sealer: admin,
    });
    const lines = [
      call('put', 'd', 'shut'),
      canonicalJson({ contract: 'court', kind: 'deploy', migrate, replaces: before.source, source: next }),
      call('put', 'c', 'closed'),
      call('note', 'm'),
    ];
    const { applied, rejected } = await repository.submit(lines, { key: admin, sealer: admin });
    expect(rejected).toMatchObject([{ line: 4, error: { code: 'AERGO_FUNCTION_UNKNOWN' } }]);
    expect(applied[1]?.receipt.rows).toBe(3);
    const cases = async (at?: string) =>
      (await repository.query("SELECT string_agg(id || ' ' || state, ', ' ORDER BY id) FROM court.cases", at)).rows[0];
    // The engine goes back to rows with a label that the new type has not, and forth again.
    for (let turn = 0; turn < 2; turn++) {
      expect(await cases()).toEqual(['a open, b closed, c closed, d closed']);
      expect(await cases('@~1')).toEqual(['a open, b lost']);
    }
    await repository.call({ contract: 'court', function: 'put', args: ['e', 'closed'], key: admin });
    expect(await repository.tables()).toEqual(['court.cases']);
    await repository.verify();
    await repository.verify({ perturb: { seed: 'seed' } });
  });
});
