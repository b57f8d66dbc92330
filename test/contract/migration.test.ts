/** Migrations inside a block of the engine: what does not end, what is taken back, what a migration may say. */
import { expect, it, onTestFinished } from 'vitest';
import { Engine } from '../../src/contract/engine.ts';
import { acceptContract, acceptMigration } from '../../src/contract/gate.ts';
import { AergoError } from '../../src/errors.ts';
import { author, call, States } from './workbench.ts';

it('a deployment whose migration does not end is left out, and the block goes on', { timeout: 60_000 }, async () => {
  const states = new States();
  const first = `CREATE TABLE t (k text PRIMARY KEY);
CREATE FUNCTION put(k text) RETURNS void LANGUAGE sql AS 'INSERT INTO t VALUES (k)';
CREATE FUNCTION _loop() RETURNS text AS $$ BEGIN LOOP NULL; END LOOP; END $$;`;
  const state = await states.deploy('box', first);
  const engine = await Engine.open({ deployDeadline_ms: 500 });
  onTestFinished(() => engine.close());
  await engine.moveTo(states.source, state);
  await engine.begin({ height: 1, time_ms: 0 });
  await engine.run([call('box.put', 'a')]);
  const migrate = { source: 'UPDATE t SET k = _loop();', id: '0'.repeat(64), author };
  const next = first.replace('(k text PRIMARY KEY)', '(k text PRIMARY KEY, v text)');
  expect(await engine.deploy('box', next, migrate)).toEqual({ status: 'deadline', exhausted: 'time' });
  const good = { ...migrate, source: "ALTER TABLE t ADD COLUMN v text DEFAULT 'v';" };
  const outcome = await engine.deploy('box', next, good);
  expect(outcome.status === 'ok' && outcome.rows?.get('t')).toEqual([{ name: 'a-', line: '{"k":"a","v":"v"}\n' }]);
  await engine.undo();
  expect(await engine.run([call('box.put', 'a')])).toMatchObject([{ status: 'failed', constraint: 'unique' }]);
  await engine.deploy('box', next, good);
  await engine.abandon();
  expect((await engine.query('SELECT count(*) FROM box.t')).rows).toEqual([['0']]);
});

const first = `CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TABLE t (k text PRIMARY KEY, v text, mood mood);
CREATE TABLE u (k text PRIMARY KEY REFERENCES t);
CREATE VIEW w AS SELECT k FROM t;
CREATE FUNCTION f() RETURNS text LANGUAGE sql AS 'SELECT ''f''';
CREATE FUNCTION put(k text) RETURNS text AS $$ BEGIN INSERT INTO t VALUES (put.k); RETURN 'OK'; END $$;`;

it.each([
  'ALTER TABLE t ADD COLUMN n numeric(5,2) DEFAULT 0 NOT NULL, DROP COLUMN v CASCADE;',
  'ALTER TABLE t ALTER COLUMN v SET DEFAULT aergo.tx_id(), ALTER v SET NOT NULL, ALTER v DROP NOT NULL, ALTER v DROP DEFAULT;',
  'ALTER TABLE t ALTER v TYPE int8 USING length(v), DROP CONSTRAINT t_pkey;',
  'ALTER TABLE t RENAME COLUMN v TO x; ALTER TABLE t RENAME TO s; UPDATE s SET x = f();',
  'DROP VIEW w; DROP TABLE u; DROP FUNCTION f; CREATE TABLE u (k int8 PRIMARY KEY);',
  "INSERT INTO t VALUES ('a', 'b', 'good'); DELETE FROM u; UPDATE t SET v = 'x' WHERE k = 'a';",
  '-- nothing',
  '',
])('a migration may say: %s', async (migration) => {
  await acceptMigration(migration, await acceptContract(first));
});

it.each([
  [
    'ALTER TABLE t ADD CONSTRAINT c CHECK (k <> v);',
    'line 1, column 1: this ALTER TABLE is not allowed in a migration',
  ],
  ['ALTER TABLE t\n  ADD COLUMN r real;', 'line 2, column 16: float4'],
  ['ALTER TABLE t ADD COLUMN r text DEFAULT random()::text;', 'line 1, column 41: random() is random'],
  ['ALTER TABLE t OWNER TO eve;', 'line 1, column 1: this ALTER TABLE'],
  ['ALTER TABLE t ENABLE ROW LEVEL SECURITY;', 'this ALTER TABLE'],
  ['ALTER TABLE other.t DROP COLUMN v;', 'other.t is outside the contract'],
  ['ALTER TABLE t RENAME TO pg_t;', 'cannot name a table'],
  ['ALTER TABLE t RENAME CONSTRAINT a TO b;', 'only tables and their columns can be renamed'],
  ['ALTER VIEW w OWNER TO eve;', 'only tables can be altered'],
  ['DROP SCHEMA t;', 'cannot be dropped by a migration'],
  ['DROP ROLE eve;', 'DROP ROLE is not allowed in a migration'],
  ['DROP TABLE other.t;', 'other.t is outside the contract'],
  ['UPDATE t SET v = gen_random_uuid()::text;', 'gen_random_uuid() is random'],
  ['ALTER FUNCTION f() SECURITY DEFINER;', 'is not allowed in a migration'],
  ["ALTER TYPE mood ADD VALUE 'odd';", 'is not allowed in a migration'],
  ['CREATE TABLE t (k text PRIMARY KEY);', 't is defined twice'],
  ['DO $$ BEGIN END $$;', 'is not allowed in a migration'],
  ['SET ROLE postgres;', 'is not allowed in a migration'],
  ["UPDATE t SET k = k || 'x';", 'k is unique'],
  ['INSERT INTO u SELECT v FROM t ON CONFLICT DO NOTHING;', 'which of two rows'],
  ['UPDATE t SET v = put(k);', 'put() changes rows'],
  ['ALTER TABLE t ALTER v TYPE text USING put(k);', 'put() changes rows'],
  ['SELECT f();', 'is not allowed in a migration'],
  ['ALTER TABEL t;', 'syntax error'],
])('a migration may not say: %s', async (migration, message) => {
  const refused = await acceptMigration(migration, await acceptContract(first)).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(AergoError);
  expect(refused).toMatchObject({ code: 'AERGO_CONTRACT_REFUSED', message: expect.stringContaining(message) });
});
