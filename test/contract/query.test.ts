import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Engine } from '../../src/contract/engine.ts';
import { engineFiles } from '../../src/contract/engine-description.ts';
import { sessionSql } from '../../src/contract/engine-sql.ts';
import { acceptContract } from '../../src/contract/gate.ts';
import { Materialiser } from '../../src/contract/materialiser.ts';
import { readQuery } from '../../src/contract/read-query.ts';
import { Session, SqlFailure } from '../../src/contract/session.ts';
import { bank, call, States } from './workbench.ts';

describe('a query', () => {
  it('is stopped when it takes too long, and the next one is answered', async () => {
    const engine = await Engine.open({ queryDeadline_ms: 300 });
    try {
      await expect(engine.query('SELECT count(*) FROM generate_series(1, 1000000000) AS n')).rejects.toMatchObject({
        code: 'AERGO_QUERY_DEADLINE',
        exitCode: 75,
      });
      expect((await engine.query('SELECT 1 + 1 AS two')).rows).toEqual([['2']]);
    } finally {
      await engine.close();
    }
  });
});

describe('the reading role behind the gate', () => {
  let session: Session;

  beforeAll(async () => {
    session = await Session.open({ archive: readFileSync(engineFiles().archive) });
    session.execute(sessionSql);
    const materialiser = new Materialiser(session);
    session.execute('BEGIN');
    const view = 'CREATE FUNCTION _twice(n numeric) RETURNS numeric RETURN n * 2;';
    materialiser.install(
      'bank',
      await acceptContract(`${bank}${view} CREATE VIEW doubled AS SELECT owner, _twice(balance) AS b FROM accounts;`),
      [],
    );
    materialiser.load('bank.accounts', ['{"balance":"10.00","owner":"alice"}\n']);
    session.execute('COMMIT');
  });

  afterAll(async () => {
    await session?.close();
  });

  function read(sql: string): unknown {
    session.execute('BEGIN');
    try {
      return readQuery(session, sql, 100).rows;
    } catch (error) {
      if (error instanceof SqlFailure) return error.server.sqlstate;
      throw error;
    } finally {
      session.execute('ROLLBACK');
    }
  }

  it('reads tables, and views with what they call', () => {
    expect(read('SELECT a.*, d.b FROM bank.accounts a JOIN bank.doubled d USING (owner)')).toEqual([
      ['alice', '10.00', '20.00'],
    ]);
  });

  it('gives every value as PostgreSQL writes it', () => {
    const values = `'a "b", \\c', '', NULL, ARRAY['x,y', NULL], '{"a": [1]}'::jsonb, '\\x00ff'::bytea, ROW(1, 'z'), DATE '2026-11-20'`;
    const texts = ['a "b", \\c', '', null, '{"x,y",NULL}', '{"a": [1]}', '\\x00ff', '(1,z)', '2026-11-20'];
    expect(read(`SELECT ${values}`)).toEqual([texts]);
    expect(read('SELECT')).toEqual([[]]);
    expect(read('SELECT NULL')).toEqual([[null]]);
  });

  for (const sql of [
    'SELECT pg_sleep(3600)',
    'SELECT random()',
    "SELECT pg_read_file('/pglite/data/PG_VERSION')",
    "SELECT set_config('role', 'postgres', false)",
    "SELECT current_setting('aergo.call')",
    'SELECT state FROM "aergo$host".position',
    'SELECT relname FROM pg_class',
    'SELECT rolname FROM pg_authid',
    "SELECT \"call$bank\".transfer(ARRAY['alice', 'bob', '1'])",
    'WITH gone AS (DELETE FROM bank.accounts RETURNING 1) SELECT * FROM gone',
    'SELECT * FROM bank.accounts FOR UPDATE',
    'DELETE FROM bank.accounts',
    'CREATE TEMP TABLE t (k text)',
    'RESET ROLE',
    'SET ROLE postgres',
    'RESET ROLE; SELECT pg_sleep(3600)',
    'DO $$ BEGIN RESET ROLE; END $$',
    "COPY (SELECT 1) TO PROGRAM 'true'",
    'COPY bank.accounts TO STDOUT',
    'COMMIT',
    'EXPLAIN ANALYZE DELETE FROM bank.accounts',
  ]) {
    it(`cannot ${sql}`, () => {
      expect(read(sql)).toMatch(/^(42501|42P11|42601|3F000|42P10|25006|0A000)$/);
      expect(read('SELECT owner FROM bank.accounts')).toEqual([['alice']]);
    });
  }
});

describe('a query as of another state', () => {
  it('sees its rows and contracts, and leaves the engine where it stands', async () => {
    const states = new States();
    const engine = await Engine.open();
    try {
      const empty = states.current;
      const deployed = await states.deploy('bank', bank);
      await engine.moveTo(states.source, deployed);
      await engine.begin({ height: 1, time_ms: 1_000 });
      const opened = states.apply(await engine.run([call('bank.open_account', 'alice', '5')]));
      await engine.finish(opened);
      const rows = async (state: typeof empty, sql = 'SELECT owner, balance, now() FROM bank.accounts') =>
        (await engine.queryAt(states.source, state, sql, { time_ms: 2_000 })).rows;
      expect(await rows(opened)).toEqual([['alice', '5.00', '1970-01-01 00:00:02+00']]);
      expect(await rows(deployed)).toEqual([]);
      expect(engine.position).toBe(opened);
      await expect(rows(empty)).rejects.toMatchObject({ code: 'AERGO_QUERY_FAILED' });
      expect(await rows(empty, 'SELECT 1')).toEqual([['1']]);
      expect(engine.position).toBe(opened);
      await engine.moveTo(states.source, empty);
      expect(await rows(opened)).toEqual([['alice', '5.00', '1970-01-01 00:00:02+00']]);
      expect(engine.position).toBe(empty);
    } finally {
      await engine.close();
    }
  });

  it('is loaded into a spare engine where too much differs', async () => {
    const states = new States();
    const engine = await Engine.open();
    try {
      const deployed = await states.deploy('bank', bank);
      const rows = Array.from({ length: 1_500 }, (_, at) => `a${String(at).padStart(5, '0')}`);
      const full = states.load(
        'bank.accounts',
        rows.map((owner) => ({ name: `${owner}-`, line: `{"balance":"1.00","owner":"${owner}"}\n` })),
      );
      await engine.moveTo(states.source, deployed);
      const sum = async () =>
        (await engine.queryAt(states.source, full, 'SELECT sum(balance) FROM bank.accounts')).rows;
      expect(await sum()).toEqual([['1500.00']]);
      expect(engine.position).toBe(deployed);
      expect((await engine.query('SELECT count(*) FROM bank.accounts')).rows).toEqual([['0']]);
    } finally {
      await engine.close();
    }
  });
});
