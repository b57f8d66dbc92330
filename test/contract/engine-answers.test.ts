import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Engine, type EngineQuestion } from '../../src/contract/engine.ts';
import { call, States } from './workbench.ts';

const source = `
CREATE TYPE colour AS ENUM ('red', 'blue');
CREATE DOMAIN short AS varchar(3);
CREATE TABLE accounts (
  owner text PRIMARY KEY,
  balance numeric(15,2) NOT NULL CHECK (balance >= 0),
  hue colour, code short, seen timestamptz, live bool,
  doubled numeric GENERATED ALWAYS AS (balance * 2) STORED
);
CREATE FUNCTION open_account(who text, amount numeric(15,2)) RETURNS void AS $$
BEGIN INSERT INTO accounts VALUES (who, amount); END $$;
CREATE FUNCTION _balance(who text) RETURNS numeric(15,2) AS $$
BEGIN RETURN (SELECT balance FROM accounts WHERE owner = who); END $$;
CREATE FUNCTION _write(who text) RETURNS text AS $$
BEGIN UPDATE accounts SET balance = balance + 1 WHERE owner = who; RETURN 'written'; END $$;
CREATE FUNCTION _write_in_secret(who text) RETURNS text AS $$
BEGIN
  BEGIN DELETE FROM accounts WHERE owner = who; EXCEPTION WHEN read_only_sql_transaction THEN RETURN 'refused'; END;
  RETURN 'written';
END $$;
CREATE FUNCTION _who() RETURNS text AS $$
BEGIN RETURN concat_ws(',', aergo.author(), aergo.tx_id(), aergo.caller(), aergo.block_height()::text, aergo.block_time()::text); END $$;
CREATE FUNCTION _sum(a text, k jsonb, base jsonb, ours jsonb, theirs jsonb) RETURNS jsonb AS $$
BEGIN
  IF k->>0 = 'bob' THEN RAISE EXCEPTION 'nobody may touch %', k->>0 USING ERRCODE = 'AB123'; END IF;
  RETURN ours || jsonb_build_object('balance', ((ours->>'balance')::numeric + (theirs->>'balance')::numeric - (base->>'balance')::numeric)::text);
END $$;
CREATE FUNCTION _loop() RETURNS text AS $$ BEGIN LOOP END LOOP; END $$;
CREATE FUNCTION _exact(amount numeric(15,2), code short) RETURNS text AS $$ BEGIN RETURN amount || code; END $$;
`;

let engine: Engine;
let states: States;

const ask = (name: string, ...args: (string | null)[]): EngineQuestion => ({ contract: 'bank', function: name, args });
const row = (values: Record<string, unknown>) => ({
  table: 'bank.accounts',
  values: { owner: 'a', balance: '1.00', hue: null, code: null, seen: null, live: null, ...values },
});

beforeAll(async () => {
  engine = await Engine.open();
  states = new States();
  await states.deploy('bank', source);
  await engine.moveTo(states.source, states.current);
  await engine.begin({ height: 7, time_ms: Date.UTC(2026, 10, 20) });
  await engine.run([call('bank.open_account', 'alice', '10'), call('bank.open_account', 'bob', '20')]);
});

afterAll(async () => {
  await engine?.abandon();
  await engine?.close();
});

describe('functions that are asked', () => {
  it('may be private, and see the rows of the block', async () => {
    expect(await engine.answer([ask('_balance', 'alice'), ask('_balance', 'nobody'), ask('_balance', 'bob')])).toEqual([
      { status: 'ok', result: '10.00' },
      { status: 'ok', result: null },
      { status: 'ok', result: '20.00' },
    ]);
    expect(await engine.answer([])).toEqual([]);
  });

  it('have the clock of the block, and neither author nor transaction nor caller', async () => {
    expect(await engine.answer([ask('_who')])).toEqual([{ status: 'ok', result: '7,2026-11-20 00:00:00+00' }]);
  });

  it('fail where they write, each for itself, and nothing has changed', async () => {
    const outcomes = await engine.answer([
      ask('_write', 'alice'),
      ask('_write_in_secret', 'alice'),
      ask('open_account', 'carol', '1'),
      ask('_balance', 'alice'),
      ask('_balance', 'carol'),
    ]);
    expect(outcomes).toMatchObject([
      { status: 'failed', sqlstate: '25006', raised: false },
      { status: 'ok', result: 'refused' },
      { status: 'failed', sqlstate: '25006' },
      { status: 'ok', result: '10.00' },
      { status: 'ok', result: null },
    ]);
    // Calls may write as before.
    expect(await engine.run([call('bank.open_account', 'carol', '30')])).toMatchObject([{ status: 'ok' }]);
    await engine.undo();
  });

  it('say what they raise with its SQLSTATE, and are held to their types', async () => {
    const sides = ['{"balance":"10.00"}', '{"balance":"11.00"}', '{"balance":"12.50"}'];
    const outcomes = await engine.answer([
      ask('_sum', 'bank.accounts', '["alice"]', ...sides),
      ask('_sum', 'bank.accounts', '["bob"]', ...sides),
      ask('_sum', 'bank.accounts', 'no JSON', ...sides),
      ask('_exact', '1', 'abc'),
      ask('_exact', '1', 'abcd'),
    ]);
    expect(outcomes).toMatchObject([
      { status: 'ok', result: '{"balance": "13.50"}' },
      { status: 'failed', sqlstate: 'AB123', message: 'nobody may touch bob', raised: true },
      { status: 'failed', sqlstate: '22P02', raised: false },
      { status: 'ok', result: '1.00abc' },
      { status: 'failed', sqlstate: '22023' },
    ]);
    await expect(engine.answer([ask('nothing')])).rejects.toMatchObject({ code: 'AERGO_FUNCTION_UNKNOWN' });
  });

  it('are stopped at the deadline, the others still answer, and the block is as it was', async () => {
    const outcomes = await engine.answer([ask('_balance', 'alice'), ask('_loop'), ask('_balance', 'bob')]);
    expect(outcomes).toMatchObject([
      { result: '10.00' },
      { status: 'deadline', exhausted: 'time' },
      { result: '20.00' },
    ]);
  });
});

describe('rows that are judged', () => {
  it('come as PostgreSQL writes them, generated columns computed whatever was given', async () => {
    const fits = await engine.fitRows([
      row({ balance: '1.5', hue: 'red', code: 'abc', seen: '2026-11-20T08:00:00Z', live: 'true' }),
      row({ doubled: '99' }),
      row({ owner: 'ö "x"\n', balance: '1e2' }),
    ]);
    expect(fits).toEqual([
      {
        name: 'a-',
        line: '{"balance":"1.50","code":"abc","doubled":"3.00","hue":"red","live":"t","owner":"a","seen":"2026-11-20 08:00:00+00"}\n',
      },
      expect.objectContaining({ line: expect.stringContaining('"doubled":"2.00"') }),
      { fault: expect.objectContaining({ kind: 'type', constraint: 'balance' }) },
    ]);
  });

  it('that cannot stand say why, each for itself', async () => {
    const faults: [Record<string, unknown>, string, string | undefined, RegExp][] = [
      [{ balance: '-1' }, 'check', 'accounts_balance_check', /CHECK accounts_balance_check does not hold/],
      [{ balance: null }, 'not-null', 'balance', /balance must not be NULL/],
      [{ owner: null }, 'not-null', 'owner', /owner must not be NULL/],
      [{ balance: '1.005' }, 'type', 'balance', /more than 2 decimals/],
      [{ balance: 1 }, 'type', 'balance', /neither a text nor null/],
      [{ balance: 'x' }, 'type', 'balance', /balance/],
      [{ hue: 'green' }, 'type', 'hue', /invalid input value for enum/],
      [{ code: 'abcd' }, 'type', 'code', /more than 3 characters/],
      [{ live: 'maybe' }, 'type', 'live', /live: invalid input syntax/],
      [{ seen: '2026-02-30' }, 'type', 'seen', /out of range/],
      [{ colour: 'red' }, 'columns', 'colour', /has no column "colour"/],
      [{ hue: undefined }, 'columns', 'hue', /hue is absent/],
      [{ owner: 'x'.repeat(300) }, 'key', undefined, /240/],
    ];
    const fits = await engine.fitRows(faults.map(([values]) => row(values)));
    for (const [at, [, kind, constraint, message]] of faults.entries()) {
      expect(fits[at]?.fault).toMatchObject({ kind, message: expect.stringMatching(message) });
      expect(fits[at]?.fault?.constraint).toBe(constraint);
    }
    await expect(engine.fitRows([{ table: 'bank.none', values: {} }])).rejects.toMatchObject({
      code: 'AERGO_TABLE_UNKNOWN',
    });
    expect(await engine.answer([ask('_balance', 'a')])).toMatchObject([{ result: null }]);
  });
});
