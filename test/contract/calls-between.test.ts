/** Calls from one contract to another: through public functions only, as the contract that is called. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CallOutcome, Engine } from '../../src/contract/engine.ts';
import { checkContract } from '../../src/contract/gate.ts';
import { parseOid } from '../../src/object/oid.ts';
import { author, call, States } from './workbench.ts';

const ledger = `
CREATE TYPE side AS ENUM ('in', 'out');
CREATE DOMAIN cents AS numeric(10,2) CHECK (VALUE >= 0);
CREATE TABLE notes (id text PRIMARY KEY, n numeric(10,2));
CREATE FUNCTION note(id text, n numeric(10,2)) RETURNS numeric AS $$ BEGIN INSERT INTO notes VALUES (id, n); RETURN n * 2; END $$;
CREATE FUNCTION who() RETURNS text AS $$ BEGIN RETURN concat_ws('/', aergo.author(), coalesce(aergo.caller(), 'nobody')); END $$;
CREATE FUNCTION direct_only() RETURNS text AS $$ BEGIN
  IF aergo.caller() IS NOT NULL THEN RAISE EXCEPTION 'not through %', aergo.caller() USING ERRCODE = 'P0100'; END IF; RETURN 'fine'; END $$;
CREATE FUNCTION kinds(s side, c cents, v varchar(3), d date, t timestamptz, j jsonb, b bool, i int4, y bytea) RETURNS text AS $$ BEGIN
  RETURN concat_ws(' ', s, c, v, d, t, j, b, i, y); END $$;
CREATE FUNCTION flip(s side) RETURNS side AS $$ BEGIN RETURN CASE s WHEN 'in' THEN 'out' ELSE 'in' END; END $$;
CREATE FUNCTION nothing() RETURNS void AS $$ BEGIN END $$;
CREATE FUNCTION back(n int4) RETURNS text AS $$ BEGIN RETURN shop.down(n); END $$;
CREATE FUNCTION _secret() RETURNS text AS $$ BEGIN RETURN 'secret'; END $$;
`;
const shop = `
CREATE TABLE sales (id text PRIMARY KEY, n numeric);
CREATE FUNCTION sell(i text, amount numeric) RETURNS text AS $$ DECLARE r numeric; BEGIN
  INSERT INTO sales VALUES (i, amount); r := ledger.note(i, amount); RETURN r::text || ' ' || aergo.author() || coalesce(aergo.caller(), ''); END $$;
CREATE FUNCTION who() RETURNS text AS $$ BEGIN RETURN ledger.who() || ' ' || concat_ws('/', coalesce(aergo.caller(), 'nobody')); END $$;
CREATE FUNCTION try() RETURNS text AS $$ BEGIN RETURN ledger.direct_only(); END $$;
CREATE FUNCTION caught() RETURNS text AS $$ BEGIN
  BEGIN PERFORM ledger.note('x', 1); PERFORM ledger.direct_only(); EXCEPTION WHEN SQLSTATE 'P0100' THEN RETURN ledger.who() || coalesce(aergo.caller(), ' nobody'); END; RETURN '?'; END $$;
CREATE FUNCTION kinds() RETURNS text AS $$ BEGIN
  RETURN ledger.kinds('in', 1.50, 'abc', DATE '2026-11-20', now(), '{"a": [1]}', true, 7, '\\x00ff') || ' ' || ledger.flip('in') || coalesce(ledger.note(NULL, NULL)::text, ''); END $$;
CREATE FUNCTION void() RETURNS text AS $$ BEGIN PERFORM ledger.nothing(); RETURN 'void'; END $$;
CREATE FUNCTION down(n int4) RETURNS text AS $$ BEGIN IF n = 0 THEN RETURN 'bottom'; END IF; RETURN ledger.back(n - 1); END $$;
CREATE FUNCTION secret() RETURNS text AS $$ BEGIN RETURN ledger._secret(); END $$;
CREATE FUNCTION long_word() RETURNS text AS $$ BEGIN RETURN ledger.kinds('in', 1, 'abcd', now()::date, now(), '1', true, 7, ''); END $$;
CREATE FUNCTION for_ever() RETURNS text AS $$ BEGIN RETURN ledger.kinds('in', 1, 'abc', 'infinity', now(), '1', true, 7, ''); END $$;
CREATE FUNCTION below() RETURNS text AS $$ BEGIN RETURN ledger.kinds('in', -1, 'abc', now()::date, now(), '1', true, 7, ''); END $$;
CREATE FUNCTION colour() RETURNS text AS $$ BEGIN RETURN ledger.flip('red'); END $$;
CREATE FUNCTION half() RETURNS text AS $$ BEGIN RETURN ledger.kinds('in', 1.505, 'abc', now()::date, now(), '1', true, 7, ''); END $$;
CREATE FUNCTION nowhere() RETURNS text AS $$ BEGIN RETURN none.there(); END $$;
`;

const states = new States();
let engine: Engine;

beforeAll(async () => {
  engine = await Engine.open({ deadline_ms: 8_000 });
  await engine.moveTo(states.source, states.current);
  await engine.begin({ height: 1, time_ms: 0 });
  // The one that calls comes first: nothing is looked up before it runs.
  for (const [name, source] of Object.entries({ shop, ledger }))
    expect(await engine.deploy(name, source)).toMatchObject({ status: 'ok' });
});

afterAll(async () => {
  await engine?.close();
});

async function one(name: string, ...args: string[]): Promise<CallOutcome> {
  const [outcome] = await engine.run([call(name, ...args)]);
  if (outcome === undefined) throw new Error('no outcome');
  return outcome;
}

describe('a call from one contract to another', () => {
  it('writes the tables of both, under one transaction', async () => {
    const outcome = await one('shop.sell', 'a', '1.25');
    expect(outcome).toMatchObject({ status: 'ok', result: `2.50 ${author}` });
    expect(outcome.status === 'ok' && outcome.changes.map(({ table, name }) => `${table} ${name}`)).toEqual([
      'ledger.notes a-',
      'shop.sales a-',
    ]);
  });

  it('knows its caller, and whoever called directly has none', async () => {
    expect(await one('shop.who')).toMatchObject({ result: `${author}/shop nobody` });
    expect(await one('ledger.who')).toMatchObject({ result: `${author}/nobody` });
  });

  it('is rejected by the contract that is called, with its own words', async () => {
    expect(await one('shop.try')).toMatchObject({
      status: 'failed',
      sqlstate: 'P0100',
      raised: true,
      message: 'not through shop',
    });
    expect(await one('ledger.direct_only')).toMatchObject({ result: 'fine' });
  });

  it('is taken back where its exception is handled, and the caller is again who it was', async () => {
    expect(await one('shop.caught')).toMatchObject({ result: `${author}/shop nobody`, changes: [] });
  });

  it('passes every type, and NULL', async () => {
    expect(await one('shop.void')).toMatchObject({ result: 'void' });
    expect(await one('shop.kinds')).toMatchObject({ status: 'failed', constraint: 'not-null' });
    const text = shop.replace(`coalesce(ledger.note(NULL, NULL)::text, '')`, `ledger.flip(NULL)`);
    expect(await engine.deploy('shop', text)).toMatchObject({ status: 'ok' });
    expect(await one('shop.kinds')).toMatchObject({
      result: 'in 1.50 abc 2026-11-20 1970-01-01 00:00:00+00 {"a": [1]} t 7 \\x00ff outin',
    });
  });

  for (const [fn, sqlstate] of [
    ['long_word', '22023'],
    ['for_ever', '22023'],
    ['half', '22023'],
    ['below', '23514'],
    ['colour', '22P02'],
  ]) {
    it(`holds its arguments to their types: ${fn}`, async () => {
      expect(await one(`shop.${fn}`)).toMatchObject({ status: 'failed', sqlstate, raised: false });
    });
  }

  it('rounds nothing', async () => {
    expect(await one('shop.sell', 'b', '1.255')).toMatchObject({
      sqlstate: '22023',
      message: 'argument 2 (n numeric(10,2)) does not fit its type exactly',
    });
    expect(await one('shop.sell', 'b', '1.250')).toMatchObject({ status: 'ok' });
  });

  it('goes eight contracts deep, and no deeper', async () => {
    expect(await one('shop.down', '3')).toMatchObject({ result: 'bottom' });
    expect(await one('shop.down', '4')).toMatchObject({ status: 'failed', cause: 'limit', sqlstate: '54000' });
  });

  it('reaches no private function, and no contract that is not there', async () => {
    expect(await one('shop.secret')).toMatchObject({ status: 'failed', sqlstate: '42883' });
    expect(await one('shop.nowhere')).toMatchObject({ status: 'failed', sqlstate: '3F000' });
  });

  it('finds the contract that is there now, after it was deployed anew', async () => {
    expect(await engine.deploy('ledger', ledger.replace("'nobody'", "'no one'"))).toMatchObject({ status: 'ok' });
    expect(await one('ledger.who')).toMatchObject({ result: `${author}/no one` });
    expect(await one('shop.sell', 'c', '3')).toMatchObject({ status: 'ok', result: `6.00 ${author}` });
    await engine.finish(parseOid('e'.repeat(64)));
    expect((await engine.query('SELECT id FROM ledger.notes ORDER BY id')).rows).toEqual([['a'], ['b'], ['c']]);
  });
});

describe('the gate', () => {
  it('lets only plpgsql call out, and nothing but functions be named', async () => {
    const found = async (source: string) =>
      (await checkContract(source)).findings.map(({ line, column }) => [line, column]);
    expect(await found('CREATE FUNCTION f() RETURNS text RETURN bank.g();')).toEqual([[1, 41]]);
    expect(await found('CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT bank.g() $$;')).toEqual([[1, 60]]);
    expect(await found('CREATE VIEW v AS SELECT bank.g();')).toEqual([[1, 25]]);
    expect(await found('CREATE FUNCTION f() RETURNS text AS $$ BEGIN RETURN bank._g(); END $$;')).toHaveLength(1);
    expect(await found('CREATE FUNCTION f() RETURNS text AS $$ BEGIN RETURN "code$bank".g(); END $$;')).toHaveLength(1);
  });
});
