import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Engine, type EngineCall } from '../../src/contract/engine.ts';
import { bank, call, States } from './workbench.ts';

let engine: Engine;
let states: States;
let height = 0;

async function begin(): Promise<void> {
  height += 1;
  await engine.begin({ height, time_ms: 1_000_000 * height });
}

async function balances(): Promise<string> {
  const { rows } = await engine.query('SELECT owner, balance FROM bank.accounts ORDER BY owner');
  return rows.map((row) => row.join('=')).join(' ');
}

function transfers(count: number, amount = '1'): EngineCall[] {
  return Array.from({ length: count }, () => call('bank.transfer', 'alice', 'bob', amount));
}

beforeAll(async () => {
  engine = await Engine.open();
});

afterAll(async () => {
  await engine?.close();
});

beforeEach(async () => {
  states = new States();
  await engine.moveTo(states.source, states.current);
  await begin();
  expect(await engine.deploy('bank', bank)).toMatchObject({ status: 'ok' });
  await states.deploy('bank', bank);
  states.apply(await engine.run([call('bank.open_account', 'alice', '1000'), call('bank.open_account', 'bob', '0')]));
  await engine.finish(states.current);
});

describe('a block', () => {
  it('that is finished stands for its state', async () => {
    await begin();
    states.apply(await engine.run(transfers(3)));
    await engine.finish(states.current);
    expect(engine.position).toBe(states.current);
    expect(await balances()).toBe('alice=997.00 bob=3.00');
  });

  it('that is abandoned leaves no trace', async () => {
    await begin();
    await engine.run(transfers(3));
    await engine.deploy('other', bank);
    await engine.abandon();
    expect(engine.position).toBe(states.current);
    expect([...engine.contracts.keys()]).toEqual(['bank']);
    expect(await balances()).toBe('alice=1000.00 bob=0.00');
    await begin();
    expect((await engine.run(transfers(1)))[0]).toMatchObject({ result: 'OK' });
    await engine.abandon();
  });

  it('holds more calls than one SQL transaction, and is abandoned whole', async () => {
    await begin();
    for (let run = 0; run < 3; run += 1) expect(await engine.run(transfers(200))).toHaveLength(200);
    await engine.abandon();
    expect(engine.position).toBe(states.current);
    expect(await balances()).toBe('alice=1000.00 bob=0.00');
    await begin();
    const outcomes = await engine.run(transfers(700));
    expect(outcomes.filter((outcome) => outcome.status === 'ok' && outcome.result === 'OK')).toHaveLength(700);
    expect(outcomes[699]).toMatchObject({ changes: [{ after: '{"balance":"300.00","owner":"alice"}\n' }, {}] });
    states.apply(outcomes.slice(-1));
    await engine.finish(states.current);
    expect(await balances()).toBe('alice=300.00 bob=700.00');
  });

  it('that deploys and commits in between, and is then abandoned, is made anew from the pages', async () => {
    await begin();
    await engine.deploy('other', bank);
    await engine.run(transfers(200));
    await engine.run(transfers(200));
    await engine.abandon();
    expect(engine.position).toBeNull();
    await engine.moveTo(states.source, states.current);
    expect([...engine.contracts.keys()]).toEqual(['bank']);
    expect(await balances()).toBe('alice=1000.00 bob=0.00');
  });

  it('takes back its last run, whatever its size, and no other', async () => {
    await begin();
    await engine.run(transfers(10));
    await engine.run(transfers(5));
    await engine.undo();
    expect((await engine.run(transfers(1)))[0]).toMatchObject({
      changes: [{ before: '{"balance":"990.00","owner":"alice"}\n' }, {}],
    });
    await engine.run(transfers(600));
    await engine.undo();
    expect((await engine.run(transfers(1)))[0]).toMatchObject({
      changes: [{ before: '{"balance":"989.00","owner":"alice"}\n' }, {}],
    });
    await engine.abandon();
    expect(await balances()).toBe('alice=1000.00 bob=0.00');
  });

  it('refuses a deployment that would change a table with rows, and takes one that does not', async () => {
    await begin();
    const wider = bank.replace('balance NUMERIC(15, 2)', 'balance NUMERIC(16, 2)');
    await expect(engine.deploy('bank', wider)).rejects.toMatchObject({ code: 'AERGO_CONTRACT_MIGRATION' });
    await expect(engine.deploy('bank', 'CREATE TABLE other (k text PRIMARY KEY);')).rejects.toMatchObject({
      code: 'AERGO_CONTRACT_MIGRATION',
    });
    await expect(engine.deploy('bank', 'CREATE TABLE t (k text);')).rejects.toMatchObject({
      code: 'AERGO_CONTRACT_REFUSED',
      exitCode: 5,
    });
    const kinder = `${bank.replace('Not enough balance', 'Too little')}\nCREATE TABLE log (k text PRIMARY KEY);\nCREATE INDEX rich ON accounts (balance);`;
    expect(await engine.deploy('bank', kinder)).toMatchObject({ status: 'ok' });
    const [poor] = await engine.run([call('bank.transfer', 'bob', 'alice', '5')]);
    expect(poor).toMatchObject({ result: 'Too little' });
    await engine.finish(await states.deploy('bank', kinder));
    expect(await balances()).toBe('alice=1000.00 bob=0.00');
  });

  it('says where a deployment failed that the gate let through, and goes on without it', async () => {
    await begin();
    const outcome = await engine.deploy(
      'odd',
      'CREATE TABLE t (k text PRIMARY KEY);\n\nCREATE VIEW v AS SELECT nothing FROM t;',
    );
    expect(outcome).toMatchObject({ status: 'failed', cause: 'contract', sqlstate: '42703', line: 3 });
    expect((await engine.run(transfers(1)))[0]).toMatchObject({ result: 'OK' });
    await engine.abandon();
  });

  it('keeps the rows of a deployment over enums and domains', async () => {
    const source = `CREATE TYPE colour AS ENUM ('red', 'blue'); CREATE DOMAIN price AS numeric(5,2);
      CREATE TABLE things (c colour PRIMARY KEY, p price, d int8 GENERATED ALWAYS AS (1) STORED);
      CREATE FUNCTION add(c colour, p price) RETURNS void AS $$ BEGIN INSERT INTO things VALUES (c, p); END $$;`;
    await begin();
    await engine.deploy('toys', source);
    await engine.run([call('toys.add', 'red', '1.5'), call('toys.add', 'blue', '2')]);
    const more = `${source} CREATE FUNCTION reds() RETURNS int8 AS $$ BEGIN RETURN (SELECT count(*) FROM things WHERE c = 'red'); END $$;`;
    expect(await engine.deploy('toys', more)).toMatchObject({ status: 'ok' });
    expect((await engine.run([call('toys.reds')]))[0]).toMatchObject({ result: '1' });
    await engine.abandon();
  });
});

describe('an import', () => {
  const rows = [
    ['zoe', '1.5'],
    ['adam', null],
    ['tab\tand "quote" \\', '2'],
  ];

  it('writes rows as PostgreSQL does, in name order, and keeps nothing', async () => {
    const normal = await engine.normalise('bank.accounts', ['owner', 'balance'], rows, 1);
    expect(normal.map(({ line }) => line)).toEqual([
      '{"balance":null,"owner":"adam"}\n',
      '{"balance":"2.00","owner":"tab\\tand \\"quote\\" \\\\"}\n',
      '{"balance":"1.50","owner":"zoe"}\n',
    ]);
    expect(await balances()).toBe('alice=1000.00 bob=0.00');
  });

  it('fills defaults and generated columns', async () => {
    await begin();
    await engine.deploy(
      'd',
      `CREATE TABLE t (k int4 PRIMARY KEY, at timestamptz DEFAULT now(), note text DEFAULT 'none', twice int8 GENERATED ALWAYS AS (k * 2) STORED);`,
    );
    await engine.finish(
      await states.deploy(
        'd',
        `CREATE TABLE t (k int4 PRIMARY KEY, at timestamptz DEFAULT now(), note text DEFAULT 'none', twice int8 GENERATED ALWAYS AS (k * 2) STORED);`,
      ),
    );
    const normal = await engine.normalise('d.t', ['k'], [['10'], ['9'], ['-3']], Date.UTC(2026, 0, 1));
    expect(normal.map(({ name }) => name)).toEqual(['my6-'.replace('y6', 'z6'), 'pa9-', 'pb10-']);
    expect(normal[1]?.line).toBe('{"at":"2026-01-01 00:00:00+00","k":"9","note":"none","twice":"18"}\n');
    await begin();
    expect(
      await engine.importRows(
        'd.t',
        normal.map(({ line }) => line),
      ),
    ).toEqual({ status: 'ok' });
    await engine.abandon();
  });

  it('names the row and the column that do not fit', async () => {
    await expect(
      engine.normalise(
        'bank.accounts',
        ['owner', 'balance'],
        [
          ['a', '1'],
          ['b', '12,50'],
        ],
        1,
      ),
    ).rejects.toMatchObject({
      code: 'AERGO_IMPORT_INVALID',
      message: 'row 2 (balance): "12,50" is not a number',
    });
    await expect(engine.normalise('bank.accounts', ['owner', 'balance'], [['a', '1.505']], 1)).rejects.toMatchObject({
      code: 'AERGO_IMPORT_INVALID',
      message: 'row 1 (balance): "1.505" has more than 2 decimals',
    });
    await expect(engine.normalise('bank.accounts', ['owner'], [['x'.repeat(300)]], 1)).rejects.toMatchObject({
      code: 'AERGO_IMPORT_INVALID',
    });
    await expect(engine.normalise('bank.nothing', ['owner'], [['a']], 1)).rejects.toMatchObject({
      code: 'AERGO_TABLE_UNKNOWN',
    });
    await expect(engine.normalise('bank.accounts', ['nobody'], [['a']], 1)).rejects.toMatchObject({
      code: 'AERGO_IMPORT_INVALID',
    });
    expect(await engine.normalise('bank.accounts', ['owner'], [['a']], 1)).toHaveLength(1);
  });

  it('takes all rows with every constraint, or none', async () => {
    const normal = await engine.normalise('bank.accounts', ['owner', 'balance'], rows, 1);
    const lines = normal.map(({ line }) => line);
    await begin();
    expect(await engine.importRows('bank.accounts', [...lines, '{"balance":"1.00","owner":"alice"}\n'])).toMatchObject({
      status: 'failed',
      cause: 'constraint',
      constraint: 'unique',
    });
    await expect(engine.importRows('bank.accounts', ['{"balance":"1.5","owner":"x"}\n'])).rejects.toMatchObject({
      code: 'AERGO_IMPORT_NOT_NORMAL',
    });
    expect(await engine.importRows('bank.accounts', lines)).toEqual({ status: 'ok' });
    expect((await engine.run([call('bank.transfer', 'zoe', 'alice', '1')]))[0]).toMatchObject({ result: 'OK' });
    for (let run = 0; run < 2; run += 1) await engine.run(transfers(200));
    await engine.abandon();
    expect(await balances()).toBe('alice=1000.00 bob=0.00');
  });
});

describe('a query', () => {
  it('gives columns with their types, and values as text', async () => {
    expect(
      await engine.query(
        "SELECT owner, balance, balance > 10 AS rich, 1.50 AS n FROM bank.accounts WHERE owner = 'alice'",
      ),
    ).toEqual({
      columns: [
        { name: 'owner', type: 'character varying' },
        { name: 'balance', type: 'numeric(15,2)' },
        { name: 'rich', type: 'boolean' },
        { name: 'n', type: 'numeric' },
      ],
      rows: [['alice', '1000.00', 't', '1.50']],
      more: false,
    });
  });

  it('says when there are more rows than asked for', async () => {
    expect(await engine.query('VALUES (1), (2), (3)', { maxRows: 2 })).toMatchObject({
      rows: [['1'], ['2']],
      more: true,
    });
    expect(await engine.query('VALUES (1), (2), (3)', { maxRows: 3 })).toMatchObject({
      rows: [['1'], ['2'], ['3']],
      more: false,
    });
  });

  for (const sql of [
    '',
    'SELECT 1; SELECT 2',
    "INSERT INTO bank.accounts VALUES ('x', 1)",
    'WITH d AS (DELETE FROM bank.accounts RETURNING 1) SELECT * FROM d',
    'SELECT 1 INTO x',
    'COPY bank.accounts TO STDOUT',
    'SET ROLE x',
    'SELEC 1',
    'ROLLBACK',
    'EXPLAIN SELECT 1',
    'SELECT * FROM bank.accounts FOR UPDATE',
    'TABLE pg_catalog.pg_class',
    'SELECT * FROM pg_class',
    'SELECT * FROM information_schema.tables',
    'SELECT * FROM "aergo$host".position',
    "SELECT bank.open_account('x', 1)",
    "SELECT set_config('search_path', 'bank', false)",
    'SELECT pg_sleep(1)',
    "SELECT pg_catalog.pg_read_file('PG_VERSION')",
    "SELECT lo_import('/etc/passwd')",
  ]) {
    it(`refuses ${sql === '' ? 'nothing' : sql}`, async () => {
      await expect(engine.query(sql)).rejects.toMatchObject({ code: 'AERGO_QUERY_REFUSED', exitCode: 2 });
    });
  }

  it('leaves nothing behind', async () => {
    await expect(engine.query('SELECT * FROM nothing')).rejects.toMatchObject({ code: 'AERGO_QUERY_FAILED' });
    expect(await balances()).toBe('alice=1000.00 bob=0.00');
  });
});
