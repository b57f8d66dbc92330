/**
 * The sandbox behind the gate: contracts are installed without having been read, as if the gate had let everything through.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineFiles } from '../../src/contract/engine-description.ts';
import { sessionSql } from '../../src/contract/engine-sql.ts';
import { acceptContract } from '../../src/contract/gate.ts';
import { Materialiser } from '../../src/contract/materialiser.ts';
import type { ParsedContract } from '../../src/contract/parsed-contract.ts';
import { Session, SqlFailure } from '../../src/contract/session.ts';
import { BlockTransaction } from '../../src/contract/transaction.ts';
import { bank, call } from './workbench.ts';

let session: Session;
let materialiser: Materialiser;

/** A contract whose one function has this body. */
function evil(body: string, declarations = ''): ParsedContract {
  return {
    tables: [],
    types: [],
    domains: [],
    views: [],
    functions: [{ name: 'f', arguments: [], returns: 'text' }],
    statements: [
      {
        kind: 'function',
        name: 'f',
        line: 1,
        text: `CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql AS $f$ DECLARE r text; ${declarations} BEGIN ${body} RETURN r; END $f$`,
      },
    ],
  };
}

function run(body: string): string {
  session.execute('BEGIN');
  materialiser.install('evil', evil(body), []);
  session.execute('COMMIT');
  const block = new BlockTransaction(materialiser, 1);
  const [outcome] = block.run([call('evil.f')]);
  block.abandon();
  session.execute('BEGIN');
  materialiser.drop('evil');
  session.execute('COMMIT');
  if (outcome?.status === 'ok') return `ok: ${outcome.result}`;
  return outcome?.status === 'failed' ? outcome.sqlstate : 'deadline';
}

beforeAll(async () => {
  session = await Session.open({ archive: readFileSync(engineFiles().archive) });
  session.execute(sessionSql);
  materialiser = new Materialiser(session);
  session.execute('BEGIN');
  materialiser.install('bank', await acceptContract(bank), []);
  materialiser.load('bank.accounts', ['{"balance":"10.00","owner":"alice"}\n']);
  session.execute('COMMIT');
});

afterAll(async () => {
  await session?.close();
});

describe('a contract that the gate had let through', () => {
  it('runs as its own role', () => {
    expect(run(`r := format('%s', current_user);`)).toBe('ok: contract$evil');
  });

  for (const [zone, expected] of Object.entries({
    'Europe/Berlin': '22023',
    'Etc/UTC': '22023',
    PST: '22007',
    CEST: '22007',
    UTC: 'ok: 2026-07-01 12:00:00+00',
    Z: 'ok: 2026-07-01 12:00:00+00',
    '+02:00': 'ok: 2026-07-01 10:00:00+00',
  }))
    it(`knows no time zone but UTC: ${zone}`, () => {
      expect(run(`r := '${zone}'; r := ('2026-07-01 12:00 ' || r)::timestamptz;`)).toBe(expected);
    });

  it('reads none out of a text either', () => {
    expect(run(`r := to_timestamp('2026-07-01 12 PST', 'YYYY-MM-DD HH24 TZ');`)).toBe('22007');
    expect(run(`r := to_timestamp('2026-07-01 12 UTC', 'YYYY-MM-DD HH24 TZ');`)).toBe('ok: 2026-07-01 12:00:00+00');
  });

  const refused: [string, string][] = [
    ['cannot become somebody else', 'SET ROLE postgres;'],
    ['cannot go back to who called', 'RESET ROLE;'],
    ['cannot set the session to another', 'SET SESSION AUTHORIZATION postgres;'],
    ['cannot reset the session', 'RESET SESSION AUTHORIZATION;'],
    ["cannot read another contract's table", 'SELECT owner INTO r FROM bank.accounts;'],
    ["cannot write another contract's table", 'UPDATE bank.accounts SET balance = 0;'],
    ["cannot call another contract's own function behind its public one", `r := "code$bank".transfer('a', 'b', 1);`],
    ['cannot say whose call it is', `r := "aergo$host".enter('bank');`],
    ["cannot call another contract's trampoline", `r := "call$bank".transfer(ARRAY['a', 'b', '1']);`],
    ['cannot change its own trampoline', 'ALTER FUNCTION "call$evil".f(text[]) SECURITY INVOKER;'],
    ['cannot change its own function', 'ALTER FUNCTION evil.f() SECURITY DEFINER;'],
    ['cannot make tables', 'CREATE TABLE evil.t (k text);'],
    ['cannot make temporary tables', 'CREATE TEMP TABLE t (k text);'],
    ['cannot make schemas', 'CREATE SCHEMA mine;'],
    ['cannot make roles', 'CREATE ROLE mine;'],
    ["cannot touch the host's tables", 'UPDATE "aergo$host".position SET state = NULL;'],
    ['cannot touch the capture', 'DELETE FROM pg_temp."aergo$captured";'],
    ['cannot set the context of the call', `PERFORM set_config('aergo.call', '0 x me', true);`],
    ['cannot read settings', `r := current_setting('aergo.call');`],
    ['cannot read files', `r := pg_read_file('/pglite/data/PG_VERSION');`],
    ['cannot list directories', `SELECT pg_ls_dir('/') INTO r;`],
    ['cannot copy to a program', `COPY (SELECT 1) TO PROGRAM 'true';`],
    ['cannot copy to a file', `COPY (SELECT 1) TO '/tmp/x';`],
    ['cannot make large objects', 'r := lo_create(0);'],
    ['cannot end a backend', 'r := pg_terminate_backend(1);'],
    ['cannot sleep', 'PERFORM pg_sleep(1);'],
    ['cannot draw random numbers', 'r := random();'],
    ['cannot draw random ids', 'r := gen_random_uuid();'],
    ['cannot compute with floats', 'r := sqrt(2);'],
    ['cannot raise to a float power', 'r := 2 ^ 3;'],
    ['cannot hash by internals', `r := hashtext('a');`],
    ['cannot run other languages', `CREATE FUNCTION evil.g() RETURNS int LANGUAGE internal AS 'pg_sleep';`],
    ['cannot turn triggers off', 'SET session_replication_role = replica;'],
    ['cannot load libraries', `LOAD 'plpgsql';`],
  ];
  for (const [what, body] of refused) {
    it(what, () => {
      expect(run(body)).toMatch(/^(42501|42704|42883|0LP01|0A000|3F000)$/);
    });
  }

  it('cannot end the transaction of its batch', () => {
    for (const body of ['COMMIT;', 'ROLLBACK;', 'SAVEPOINT s;']) expect(run(body)).toMatch(/^(2D000|0A000)$/);
  });

  it('can compute all that a contract may', () => {
    expect(
      run(
        `r := round(sqrt(2::numeric), 3) || ' ' || upper('a') || ' ' || jsonb_build_object('a', 1)::text || ' ' || (DATE '2026-01-31' + INTERVAL '1 month')::date || ' ' || (SELECT string_agg(x::text, ',' ORDER BY x) FROM generate_series(1, 3) x) || ' ' || encode(sha256('a'), 'hex') || 7 / 2;`,
      ),
    ).toBe('ok: 1.414 A {"a": 1} 2026-02-28 1,2,3 ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb3');
  });

  it('cannot do at deploy what it cannot do in a call', () => {
    for (const text of [
      'SET ROLE postgres',
      'CREATE TABLE bank.t (k text)',
      'CREATE TABLE "aergo$host".t (k text)',
      'ALTER FUNCTION "call$evil"."$deploy"(text) SECURITY INVOKER',
      'CREATE VIEW v AS SELECT pg_read_file($$x$$)',
      "COPY (SELECT 1) TO PROGRAM 'true'",
    ]) {
      session.execute('BEGIN');
      const contract: ParsedContract = { ...evil(''), statements: [{ kind: 'comment', name: '', text, line: 1 }] };
      let failure: unknown;
      try {
        materialiser.install('evil', contract, []);
      } catch (error) {
        failure = error instanceof Error ? error.cause : error;
      }
      session.execute('ROLLBACK');
      materialiser.reload();
      if (text.startsWith('CREATE VIEW') && !(failure instanceof SqlFailure)) continue;
      expect(failure, text).toBeInstanceOf(SqlFailure);
    }
  });

  it("a view on another contract's table reads nothing, although the host owns it", () => {
    session.execute('BEGIN');
    const contract = evil('SELECT owner INTO r FROM v;');
    session.execute('GRANT USAGE ON SCHEMA bank TO PUBLIC');
    materialiser.install(
      'evil',
      {
        ...contract,
        views: ['v'],
        statements: [
          { kind: 'view', name: 'v', line: 1, text: 'CREATE VIEW v AS SELECT * FROM bank.accounts' },
          ...contract.statements,
        ],
      },
      [],
    );
    session.execute('COMMIT');
    const block = new BlockTransaction(materialiser, 1);
    expect(block.run([call('evil.f')])[0]).toMatchObject({ status: 'failed', sqlstate: '42501' });
    block.abandon();
  });
});
