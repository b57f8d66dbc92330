/** What several foreign keys do on one change comes in the order of the source, whatever numbers PostgreSQL gave their triggers. */
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { engineFiles } from '../../src/contract/engine-description.ts';
import { sessionSql } from '../../src/contract/engine-sql.ts';
import { acceptContract } from '../../src/contract/gate.ts';
import { Materialiser } from '../../src/contract/materialiser.ts';
import { Session } from '../../src/contract/session.ts';
import { BlockTransaction } from '../../src/contract/transaction.ts';
import { call } from './workbench.ts';

/** Which of two keys refuses first shows in the SQLSTATE. */
const twoCodes = `
CREATE TABLE p (k int4 PRIMARY KEY);
CREATE TABLE c1 (k int4 PRIMARY KEY, p int4 REFERENCES p ON DELETE RESTRICT);
CREATE TABLE c2 (k int4 PRIMARY KEY, p int4 REFERENCES p ON DELETE NO ACTION);
CREATE FUNCTION fill() RETURNS void AS $$ BEGIN
  INSERT INTO p VALUES (1); INSERT INTO c1 VALUES (1, 1); INSERT INTO c2 VALUES (1, 1); END $$;
CREATE FUNCTION f() RETURNS text AS $$ BEGIN DELETE FROM p WHERE k = 1; RETURN 'gone';
EXCEPTION WHEN restrict_violation THEN RETURN 'c1'; WHEN foreign_key_violation THEN RETURN 'c2'; END $$;`;

/** The second child would keep the first, unless it is gone before. */
const diamond = `
CREATE TABLE p (k int4 PRIMARY KEY);
CREATE TABLE c1 (k int4 PRIMARY KEY, p int4 REFERENCES p ON DELETE CASCADE);
CREATE TABLE c2 (k int4 PRIMARY KEY, p int4 REFERENCES p ON DELETE CASCADE, c int4 REFERENCES c1 ON DELETE RESTRICT);
CREATE FUNCTION fill() RETURNS void AS $$ BEGIN
  INSERT INTO p VALUES (1); INSERT INTO c1 VALUES (1, 1); INSERT INTO c2 VALUES (1, 1, 1); END $$;
CREATE FUNCTION f() RETURNS text AS $$ BEGIN DELETE FROM p WHERE k = 1; RETURN 'gone';
EXCEPTION WHEN restrict_violation THEN RETURN 'kept'; END $$;`;

let session: Session;
let materialiser: Materialiser;

beforeEach(async () => {
  session = await Session.open({ archive: readFileSync(engineFiles().archive) });
  session.execute(sessionSql);
  materialiser = new Materialiser(session);
});

afterEach(async () => {
  await session?.close();
});

const number = (sql: string): number => Number(session.execute(sql).rows[0]?.[0]);
const nextNumber = "pg_nextoid('pg_proc', 'oid', 'pg_proc_oid_index')";

/** The first number that has a digit more. */
const longer = 100_000;

interface Played {
  readonly result: string | null | undefined;
  /** The numbers of the triggers on `p` that each child made. */
  readonly first: number;
  readonly second: number;
}

async function played(source: string): Promise<Played> {
  const contract = await acceptContract(source);
  session.execute('BEGIN');
  materialiser.install('keys', contract, []);
  session.execute('COMMIT');
  const ofChild = (table: string): number =>
    number(`SELECT min(t.oid::int8) FROM pg_trigger t WHERE tgisinternal AND tgrelid = 'keys.p'::regclass
            AND tgconstrrelid = 'keys.${table}'::regclass`);
  const [first, second] = [ofChild('c1'), ofChild('c2')];
  const block = new BlockTransaction(materialiser, 1);
  const outcomes = block.run([call('keys.fill'), call('keys.f')]);
  block.abandon();
  session.execute('BEGIN');
  materialiser.drop('keys');
  session.execute('COMMIT');
  const last = outcomes.at(-1);
  return { result: last?.status === 'ok' ? last.result : last?.status, first, second };
}

it.each([
  ['the key that refuses first', twoCodes, 'c1'],
  ['what a key takes away before another looks', diamond, 'gone'],
])('is the same where the numbers get a digit more: %s', async (_, source, expected) => {
  // The first time it makes the contract's role too.
  await played(source);
  const start = number(`SELECT ${nextNumber}`);
  const before = await played(source);
  expect(before.result).toBe(expected);
  // So that the second child's triggers have longer numbers, and the first one's do not.
  const target = longer - (before.second - start) + Math.floor((before.second - before.first) / 2);
  session.execute(`SELECT count(${nextNumber}) FROM generate_series(1, ${target} - ${nextNumber}::int8 - 1)`);
  const across = await played(source);
  expect([across.first < longer, across.second >= longer]).toEqual([true, true]);
  expect(across.result).toBe(expected);
});
