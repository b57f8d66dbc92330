/**
 * Escapes, each tried against every layer that is there for it, with the layers before it switched off: the gate alone; the
 * trampoline and grants behind no gate; the grants behind neither; the process, where somebody is PostgreSQL's superuser.
 */
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineFiles } from '../../src/contract/engine-description.ts';
import { sessionSql } from '../../src/contract/engine-sql.ts';
import { EngineThread } from '../../src/contract/engine-thread.ts';
import { acceptContract, checkContract } from '../../src/contract/gate.ts';
import { Materialiser } from '../../src/contract/materialiser.ts';
import type { ParsedContract } from '../../src/contract/parsed-contract.ts';
import { Session, SqlFailure } from '../../src/contract/session.ts';
import { BlockTransaction } from '../../src/contract/transaction.ts';
import { bank, call } from './workbench.ts';

/** What a statement in a function would do; `onlyTrampoline`: there the grants are not what holds it. */
interface Attempt {
  readonly what: string;
  readonly body: string;
  readonly onlyTrampoline?: true;
}

const attempts: readonly Attempt[] = [
  { what: 'to read a file', body: `PERFORM pg_read_file('/pglite/data/PG_VERSION');` },
  { what: 'to list a directory', body: `PERFORM pg_ls_dir('/');` },
  { what: 'to write a file', body: `COPY (SELECT 1) TO '/tmp/aergo-escape';` },
  { what: 'to run a program', body: `COPY (SELECT 1) TO PROGRAM 'true';` },
  { what: 'to import a large object', body: `PERFORM lo_import('/etc/passwd');` },
  { what: 'to load a library', body: `LOAD 'plpgsql';` },
  { what: 'to write in C', body: `CREATE FUNCTION evil.g() RETURNS int LANGUAGE c AS 'x', 'y';` },
  { what: 'to become the superuser', body: 'SET ROLE postgres;' },
  { what: 'to become another contract', body: 'SET ROLE "contract$bank";' },
  { what: 'to become the one in between', body: 'SET ROLE "aergo$bridge";' },
  { what: 'to become nobody in particular', body: 'RESET ROLE;', onlyTrampoline: true },
  { what: 'to become another session', body: 'SET SESSION AUTHORIZATION DEFAULT;', onlyTrampoline: true },
  { what: 'to change its trampoline', body: 'ALTER FUNCTION "call$evil".f(text[]) SECURITY INVOKER;' },
  { what: 'to change its own function', body: 'ALTER FUNCTION "code$evil".f() SECURITY DEFINER;' },
  { what: 'to change what others call', body: 'ALTER FUNCTION evil.f() SECURITY INVOKER;' },
  { what: 'to give itself rights', body: 'GRANT ALL ON bank.accounts TO "contract$evil";' },
  { what: 'to read the rows of another contract', body: 'PERFORM owner FROM bank.accounts;' },
  { what: 'to write the rows of another contract', body: 'UPDATE bank.accounts SET balance = 0;' },
  {
    what: "to pass through another contract's trampoline",
    body: `PERFORM "call$bank".transfer(ARRAY['a', 'b', '1']);`,
  },
  { what: "to run another contract's function as itself", body: `PERFORM "code$bank".transfer('a', 'b', 1);` },
  { what: "to write the host's tables", body: 'UPDATE "aergo$host".position SET state = NULL;' },
  { what: 'to hide what it changed', body: 'DELETE FROM pg_temp."aergo$captured";' },
  { what: 'to say whose call it is', body: `PERFORM "aergo$host".leave('0 x y z evil 1');` },
  { what: 'to set the context of the call', body: `PERFORM set_config('aergo.call', '0 x y', true);` },
  { what: 'to turn triggers off', body: 'SET session_replication_role = replica;' },
  { what: 'to read the catalogue', body: 'PERFORM relname FROM pg_class;' },
  { what: 'to read the settings', body: 'PERFORM setting FROM pg_settings;' },
  { what: 'to make a table', body: 'CREATE TABLE evil.t (k text);' },
  { what: 'to make a temporary table', body: 'CREATE TEMP TABLE t (k text);' },
  { what: 'to make a schema', body: 'CREATE SCHEMA mine;' },
  { what: 'to make a role', body: 'CREATE ROLE mine;' },
  { what: 'to draw a random number', body: 'PERFORM random();' },
  { what: 'to compute with floats', body: 'PERFORM 2::int4::float8;' },
  { what: 'to sleep', body: 'PERFORM pg_sleep(3600);' },
  { what: 'to hash by internals', body: `PERFORM hashtext('a');` },
  { what: 'to drop what it owns', body: 'DROP OWNED BY CURRENT_USER;' },
  { what: 'to drop what it owns and all that hangs on it', body: 'DROP OWNED BY CURRENT_USER CASCADE;' },
  { what: 'to hand on what it owns', body: 'REASSIGN OWNED BY CURRENT_USER TO "contract$bank";' },
  { what: 'to wait for others', body: 'PERFORM pg_advisory_lock(1);' },
];

/** They fail as soon as the function is made, not when it runs: there is nothing to call. */
const copied: readonly Attempt[] = [
  {
    what: 'to see a number of the catalogue',
    body: `DECLARE p pg_am.amhandler%TYPE; BEGIN p := '1242'::text; RAISE EXCEPTION '%', p; END;`,
  },
  {
    what: 'to see a number of the catalogue in a row of it',
    body: `DECLARE p pg_am%ROWTYPE; BEGIN p.amhandler := '1242'::text; RAISE EXCEPTION '%', p; END;`,
  },
  {
    what: 'to see which roles there are',
    body: `DECLARE p pg_class.relacl%TYPE; BEGIN p := '{postgres=r/postgres}'::text; RAISE EXCEPTION '%', p; END;`,
  },
];

const source = (body: string): string =>
  `CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql AS $f$ BEGIN ${body} RETURN 'out'; END $f$`;

function evil(body: string): ParsedContract {
  return {
    tables: [],
    types: [],
    domains: [],
    views: [],
    functions: [{ name: 'f', arguments: [], returns: 'text' }],
    statements: [{ kind: 'function', name: 'f', line: 1, text: source(body) }],
  };
}

let session: Session;
let materialiser: Materialiser;

beforeAll(async () => {
  session = await Session.open({ archive: readFileSync(engineFiles().archive) });
  session.execute(sessionSql);
  materialiser = new Materialiser(session);
  session.execute('BEGIN');
  materialiser.install('bank', await acceptContract(bank), []);
  materialiser.install('evil', evil(''), []);
  session.execute('COMMIT');
});

afterAll(async () => {
  await session?.close();
});

/** What speaks of a right that is missing, or of something that is not there for whoever asks. */
const refusals = /^(42501|42704|42883|0LP01|0A000|3F000|42P01|2BP01)$/;

describe('the gate alone refuses', () => {
  for (const { what, body } of [...attempts, ...copied]) {
    it(what, async () => {
      expect((await checkContract(source(body))).findings).not.toEqual([]);
    });
  }
});

describe('trampoline and grants, with the gate switched off, refuse', () => {
  for (const { what, body } of attempts) {
    it(what, () => {
      session.execute('BEGIN');
      materialiser.install('evil', evil(body), []);
      session.execute('COMMIT');
      const block = new BlockTransaction(materialiser, 1);
      const [outcome] = block.run([call('evil.f')]);
      block.abandon();
      expect(outcome).toMatchObject({ status: 'failed', sqlstate: expect.stringMatching(refusals) });
    });
  }
});

describe('the grants, with gate and trampoline switched off, refuse', () => {
  for (const { what, body, onlyTrampoline } of [...attempts, ...copied]) {
    if (onlyTrampoline === true) continue;
    it(what, () => {
      session.execute('BEGIN; SET LOCAL SESSION AUTHORIZATION "contract$evil"');
      let failure: unknown;
      try {
        session.execute(`DO $do$ BEGIN ${body} END $do$`);
      } catch (error) {
        failure = error;
      }
      session.execute('ROLLBACK');
      expect(failure).toBeInstanceOf(SqlFailure);
      expect(failure instanceof SqlFailure && failure.server.sqlstate).toMatch(refusals);
    });
  }
});

describe('the process, with all else switched off: a superuser', () => {
  it("sees no file of the machine's, and makes none", () => {
    for (const sql of [
      `SELECT pg_read_file('${import.meta.filename}')`,
      "SELECT pg_read_file('/etc/passwd')",
      `SELECT pg_ls_dir('${import.meta.dirname}')`,
    ])
      expect(() => session.execute(sql)).toThrow(SqlFailure);
    try {
      session.execute("COPY (SELECT 1) TO '/tmp/aergo-escape'");
    } catch (error) {
      if (!(error instanceof SqlFailure)) throw error;
    }
    expect(existsSync('/tmp/aergo-escape')).toBe(false);
  });

  it('is ended wherever it is, and nothing of it stays', async () => {
    const thread = new EngineThread();
    await thread.request('open', { archive: readFileSync(engineFiles().archive) });
    await thread.request('moveBegin', {});
    const contract = evil('LOOP NULL; END LOOP;');
    await thread.request('install', { name: 'evil', contract, kept: [] });
    await thread.request('moveEnd', { position: 'e'.repeat(64) });
    await thread.request('begin', { height: 1, time_ms: 0 });
    await expect(thread.request('run', { calls: [call('evil.f')] }, 300)).rejects.toMatchObject({ exhausted: 'time' });
    expect(thread.usable).toBe(false);
  });
});
