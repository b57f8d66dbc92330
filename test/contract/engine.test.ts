import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CallOutcome, Engine } from '../../src/contract/engine.ts';
import { engineFiles } from '../../src/contract/engine-description.ts';
import { Session } from '../../src/contract/session.ts';
import { parseOid } from '../../src/object/oid.ts';
import { author, bank, call, States } from './workbench.ts';

const shop = `
CREATE TYPE colour AS ENUM ('red', 'blue');
CREATE DOMAIN price AS numeric(10,2) CHECK (VALUE >= 0);
CREATE DOMAIN short AS varchar(3);
CREATE TABLE boxes (id int4 PRIMARY KEY, colour colour NOT NULL, at timestamptz DEFAULT now(), note text, twice int8 GENERATED ALWAYS AS (id * 2) STORED, CHECK (id < 1000));
CREATE TABLE parts (box int4 NOT NULL REFERENCES boxes ON DELETE CASCADE ON UPDATE CASCADE, no text, PRIMARY KEY (box, no));
CREATE TABLE tree (id text PRIMARY KEY, parent text REFERENCES tree ON UPDATE CASCADE ON DELETE CASCADE);
CREATE TABLE flags (k bool PRIMARY KEY, d date, b bytea, i interval, u uuid, j jsonb, n numeric, t time, a text[]);
CREATE TABLE days (day date PRIMARY KEY);
CREATE VIEW reds AS SELECT id FROM boxes WHERE colour = 'red';
CREATE FUNCTION add(id int4, c colour) RETURNS int4 AS $$ BEGIN INSERT INTO boxes VALUES (id, c); INSERT INTO parts VALUES (id, 'a'), (id, 'b'); RETURN id; END $$;
CREATE FUNCTION renumber(old int4, new int4) RETURNS void AS $$ BEGIN UPDATE boxes SET id = new WHERE id = old; END $$;
CREATE FUNCTION remove(i int4) RETURNS void AS $$ BEGIN DELETE FROM boxes WHERE id = i; END $$;
CREATE FUNCTION there_and_back(i int4) RETURNS void AS $$ BEGIN
  UPDATE boxes SET note = 'x' WHERE id = i; UPDATE boxes SET note = NULL WHERE id = i;
  INSERT INTO boxes VALUES (999, 'red'); DELETE FROM boxes WHERE id = 999; END $$;
CREATE FUNCTION note(i int4, n text) RETURNS text AS $$ BEGIN UPDATE boxes SET note = n WHERE id = i; RETURN n; END $$;
CREATE FUNCTION part(box int4, no text) RETURNS void AS $$ BEGIN INSERT INTO parts VALUES (box, no); END $$;
CREATE FUNCTION guarded(i int4) RETURNS text AS $$ BEGIN
  BEGIN INSERT INTO boxes VALUES (i, 'red'); INSERT INTO boxes VALUES (i, 'blue'); EXCEPTION WHEN unique_violation THEN RETURN 'twice'; END; RETURN 'once'; END $$;
CREATE FUNCTION plant() RETURNS void AS $$ BEGIN INSERT INTO tree VALUES ('r', 'r'), ('s', 'r'), ('t', 's'); END $$;
CREATE FUNCTION rename(a text, b text) RETURNS void AS $$ BEGIN UPDATE tree SET id = b WHERE id = a; END $$;
CREATE FUNCTION fill() RETURNS void AS $$ BEGIN INSERT INTO flags VALUES (true, '2026-02-03', '\\x00ff', '1 day 2 hours', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"b":1,"a":[1.50,null]}', 1.500, '08:30', ARRAY['x','y z',NULL]); END $$;
CREATE FUNCTION yes() RETURNS bool RETURN true;
CREATE FUNCTION reds() RETURNS int8 AS $$ BEGIN RETURN (SELECT count(*) FROM reds); END $$;
CREATE FUNCTION who() RETURNS text AS $$ BEGIN RETURN aergo.author() || ' ' || coalesce(aergo.caller(), 'nobody') || ' ' || aergo.tx_id(); END $$;
CREATE FUNCTION clock() RETURNS text AS $$ BEGIN RETURN concat_ws(' ', aergo.block_height(), aergo.block_time() = now(), now() = clock_timestamp(), now(), CURRENT_DATE, 'now'::timestamp); END $$;
CREATE FUNCTION lots(salt text) RETURNS numeric AS $$ BEGIN RETURN aergo.random(salt); END $$;
CREATE FUNCTION fail(m text, code text) RETURNS void AS $$ BEGIN RAISE EXCEPTION '%', m USING ERRCODE = code; END $$;
CREATE FUNCTION _secret() RETURNS int4 RETURN 1;
CREATE FUNCTION day(d date) RETURNS date AS $$ BEGIN INSERT INTO days VALUES (d); RETURN d; END $$;
CREATE FUNCTION forever_day() RETURNS void AS $$ BEGIN INSERT INTO days VALUES ('infinity'); END $$;
CREATE FUNCTION long_key(n int4) RETURNS void AS $$ BEGIN INSERT INTO tree VALUES (repeat('k', n), NULL); END $$;
CREATE FUNCTION pay(p price) RETURNS price AS $$ BEGIN RETURN p; END $$;
CREATE FUNCTION brief(s short) RETURNS text AS $$ BEGIN RETURN s; END $$;
CREATE FUNCTION recurse(n int8) RETURNS int8 AS $$ BEGIN RETURN recurse(n + 1) + 1; END $$;
CREATE FUNCTION nest(n int4) RETURNS text AS $$ BEGIN RETURN length((repeat('[', n) || repeat(']', n))::jsonb::text); END $$;
CREATE FUNCTION divide(a int4, b int4) RETURNS int4 RETURN a / b;
CREATE FUNCTION many() RETURNS text AS $$ DECLARE x int4; BEGIN SELECT id INTO x FROM boxes; RETURN x; END $$;
CREATE FUNCTION endless() RETURNS void AS $$ BEGIN LOOP NULL; END LOOP; END $$;
`;

let engine: Engine;
const states = new States();

async function one(name: string, ...args: (string | null)[]): Promise<CallOutcome> {
  const [outcome] = await engine.run([call(name, ...args)]);
  if (outcome === undefined) throw new Error('no outcome');
  return outcome;
}

async function result(name: string, ...args: (string | null)[]): Promise<string | null> {
  const outcome = await one(name, ...args);
  if (outcome.status !== 'ok') throw new Error(JSON.stringify(outcome));
  return outcome.result;
}

async function changes(name: string, ...args: (string | null)[]): Promise<string[]> {
  const outcome = await one(name, ...args);
  if (outcome.status !== 'ok') throw new Error(JSON.stringify(outcome));
  return outcome.changes.map(
    ({ table, name: row, before, after }) => `${table} ${row} ${before?.trim() ?? '-'} ${after?.trim() ?? '-'}`,
  );
}

beforeAll(async () => {
  engine = await Engine.open({ deadline_ms: 8000 });
  await engine.moveTo(states.source, states.current);
  await engine.begin({ height: 7, time_ms: Date.UTC(2026, 10, 20, 8, 30, 0, 123) });
  for (const [name, source] of [
    ['bank', bank],
    ['shop', shop],
  ] as const) {
    expect(await engine.deploy(name, source)).toMatchObject({ status: 'ok' });
  }
});

afterAll(async () => {
  await engine?.close();
});

describe('calls', () => {
  it("the paper's example runs as it stands", async () => {
    const outcomes = await engine.run([
      call('bank.open_account', 'alice', '100'),
      call('bank.open_account', 'bob', '50'),
      call('bank.transfer', 'alice', 'bob', '12.50'),
      call('bank.transfer', 'carol', 'bob', '1'),
      call('bank.transfer', 'alice', 'bob', '500'),
      call('bank.transfer', 'alice', 'carol', '1'),
    ]);
    expect(outcomes.map((outcome) => outcome.status === 'ok' && outcome.result)).toEqual([
      null,
      null,
      'OK',
      'Sender not found',
      'Not enough balance',
      'Receiver not found',
    ]);
    expect(outcomes[2]).toEqual({
      status: 'ok',
      result: 'OK',
      changes: [
        {
          table: 'bank.accounts',
          name: 'alice-',
          before: '{"balance":"100.00","owner":"alice"}\n',
          after: '{"balance":"87.50","owner":"alice"}\n',
        },
        {
          table: 'bank.accounts',
          name: 'bob-',
          before: '{"balance":"50.00","owner":"bob"}\n',
          after: '{"balance":"62.50","owner":"bob"}\n',
        },
      ],
    });
    expect(outcomes[4]).toMatchObject({ changes: [] });
  });

  it('results are the text that PostgreSQL writes', async () => {
    expect(await result('shop.yes')).toBe('t');
    expect(await result('bank.open_account', 'void', '0')).toBeNull();
    expect(await result('shop.note', '1', null)).toBeNull();
    expect(await result('shop.note', '1', '')).toBe('');
    expect(await result('shop.day', '2026-02-28')).toBe('2026-02-28');
    expect(await result('shop.pay', '1.5')).toBe('1.50');
    expect(await result('shop.note', '1', 'a "quoted", \\ text\n{NULL} é 🙂')).toBe('a "quoted", \\ text\n{NULL} é 🙂');
  });

  it('columns of every type are kept as PostgreSQL writes them', async () => {
    expect(await changes('shop.fill')).toEqual([
      'shop.flags t- - {"a":"{x,\\"y z\\",NULL}","b":"\\\\x00ff","d":"2026-02-03","i":"P1DT2H","j":"{\\"a\\": [1.50, null], \\"b\\": 1}","k":"t","n":"1.500","t":"08:30:00","u":"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}',
    ]);
  });

  it('a private function and one that is not there cannot be called, and nothing runs', async () => {
    for (const name of ['shop._secret', 'shop.nobody', 'nobody.f']) {
      await expect(engine.run([call('shop.plant'), call(name)])).rejects.toMatchObject({
        code: 'AERGO_FUNCTION_UNKNOWN',
      });
    }
  });

  it('arguments that only the engine can judge are refused there', async () => {
    expect(await one('shop.pay', '1.005')).toMatchObject({ status: 'failed', sqlstate: '22023', raised: false });
    expect(await one('shop.pay', 'NaN')).toMatchObject({ status: 'failed', raised: false });
    expect(await one('shop.pay', '-1')).toMatchObject({ status: 'failed', cause: 'constraint', constraint: 'check' });
    expect(await one('shop.brief', 'long')).toMatchObject({ status: 'failed', raised: false });
    expect(await one('shop.day', '20260228')).toMatchObject({ status: 'failed', raised: false });
    expect(await one('shop.add', '1', 'green')).toMatchObject({ status: 'failed', sqlstate: '22P02', raised: false });
  });
});

describe('what a call sees', () => {
  it('its author and id, and no caller', async () => {
    const asked = call('shop.who');
    const [outcome] = await engine.run([asked]);
    expect(outcome).toMatchObject({ result: `${author} nobody ${asked.id}` });
  });

  it("the block's height, and its time on every clock", async () => {
    const time = '2026-11-20 08:30:00.123';
    expect(await result('shop.clock')).toBe(`7 t t ${time}+00 2026-11-20 ${time}`);
  });

  it('randomness that follows from the transaction and the salt alone', async () => {
    const asked = { ...call('shop.lots', 'a'), id: 'ab'.repeat(32) };
    const again = await engine.run([asked, { ...asked, args: ['b'] }, asked]);
    // The first 64 bits of SHA-256("abab… a") over 2^64, cut to 18 digits.
    expect(again.map((outcome) => outcome.status === 'ok' && outcome.result)).toEqual([
      '0.688883508103310726',
      expect.stringMatching(/^0\.\d{18}$/),
      '0.688883508103310726',
    ]);
    expect(again[1]).not.toEqual(again[0]);
  });

  it('the pinned settings', async () => {
    const { rows } = await settings([
      'TimeZone',
      'DateStyle',
      'IntervalStyle',
      'enable_hashagg',
      'plpgsql.variable_conflict',
      'plpgsql.extra_errors',
      'lc_collate',
      'bytea_output',
      'search_path',
      'max_stack_depth',
      'synchronize_seqscans',
    ]);
    expect(rows).toEqual([
      ['UTC', 'ISO, YMD', 'iso_8601', 'off', 'error', 'too_many_rows', 'C', 'hex', 'pg_catalog', '400kB', 'off'],
    ]);
  });

  async function settings(names: string[]) {
    const session = await Session.open({ archive: readFileSync(engineFiles().archive) });
    try {
      return session.execute(
        `SELECT ${names.map((name) => (name === 'lc_collate' ? '(SELECT datcollate FROM pg_database LIMIT 1)' : `current_setting('${name}')`)).join(', ')}`,
      );
    } finally {
      await session.close();
    }
  }
});

describe('what a call changed', () => {
  it('defaults and generated columns are in the row, and rows are in order', async () => {
    expect(await changes('shop.add', '5', 'red')).toEqual([
      'shop.boxes pa5- - {"at":"2026-11-20 08:30:00.123+00","colour":"red","id":"5","note":null,"twice":"10"}',
      'shop.parts pa5-a- - {"box":"5","no":"a"}',
      'shop.parts pa5-b- - {"box":"5","no":"b"}',
    ]);
    expect(await result('shop.reds')).toBe('1');
  });

  it('a changed key is a delete and an insert, cascades included', async () => {
    expect((await changes('shop.renumber', '5', '6')).map((change) => change.replace(/ \{.*?\}/g, ' row'))).toEqual([
      'shop.boxes pa5- row -',
      'shop.boxes pa6- - row',
      'shop.parts pa5-a- row -',
      'shop.parts pa5-b- row -',
      'shop.parts pa6-a- - row',
      'shop.parts pa6-b- - row',
    ]);
  });

  it('a row that ends as it began is not named', async () => {
    expect(await changes('shop.there_and_back', '6')).toEqual([]);
  });

  it('a cascade back into the row that began it is told as one change', async () => {
    await changes('shop.plant');
    expect(await changes('shop.rename', 'r', 'q')).toEqual([
      'shop.tree q- - {"id":"q","parent":"q"}',
      'shop.tree r- {"id":"r","parent":"r"} -',
      'shop.tree s- {"id":"s","parent":"r"} {"id":"s","parent":"q"}',
    ]);
  });

  it('deleting takes the cascade along', async () => {
    expect((await changes('shop.remove', '6')).map((change) => change.split(' ').slice(0, 2).join(' '))).toEqual([
      'shop.boxes pa6-',
      'shop.parts pa6-a-',
      'shop.parts pa6-b-',
    ]);
  });

  it('what a handler took back leaves nothing', async () => {
    const outcome = await one('shop.guarded', '8');
    expect(outcome).toEqual({ status: 'ok', result: 'twice', changes: [] });
  });
});

describe('calls that fail', () => {
  it('change nothing, and say which constraint', async () => {
    const outcomes = await engine.run([
      call('shop.add', '20', 'red'),
      call('shop.add', '20', 'red'),
      call('shop.part', '21', 'a'),
      call('shop.add', '1000', 'red'),
      call('shop.add', '22', null),
      call('shop.add', '23', 'red'),
    ]);
    expect(
      outcomes.map((outcome) =>
        outcome.status === 'failed' ? [outcome.cause, outcome.constraint, outcome.sqlstate] : outcome.status,
      ),
    ).toEqual([
      'ok',
      ['constraint', 'unique', '23505'],
      ['constraint', 'foreign-key', '23503'],
      ['constraint', 'check', '23514'],
      ['constraint', 'not-null', '23502'],
      'ok',
    ]);
    expect(outcomes[5]).toMatchObject({ changes: [{ name: 'pb23-' }, { name: 'pb23-a-' }, { name: 'pb23-b-' }] });
  });

  it("are told apart by whether the contract itself raised: only then is the message the author's to see in a block", async () => {
    expect(await one('shop.fail', 'Not enough', 'P0001')).toEqual({
      status: 'failed',
      cause: 'contract',
      sqlstate: 'P0001',
      message: 'Not enough',
      raised: true,
    });
    expect(await one('shop.fail', 'as if', '23505')).toMatchObject({
      cause: 'contract',
      sqlstate: '23505',
      raised: true,
    });
    expect(await one('shop.divide', '1', '0')).toMatchObject({ cause: 'contract', sqlstate: '22012', raised: false });
    expect(await one('shop.many')).toMatchObject({ cause: 'contract', sqlstate: 'P0003', raised: false });
  });

  it('cannot take a batch with them by raising an error of the engine', async () => {
    for (const code of ['57014', 'XX000', '54001', 'P0004', '40001']) {
      const [failed, next] = await engine.run([call('shop.fail', 'x', code), call('shop.yes')]);
      expect(failed).toMatchObject({ status: 'failed', cause: 'contract', sqlstate: code, raised: true });
      expect(next).toMatchObject({ result: 't' });
    }
  });

  it('by a key that no repository can hold, and the calls after them run without them', async () => {
    const outcomes = await engine.run([
      call('shop.long_key', '239'),
      call('shop.long_key', '240'),
      call('shop.forever_day'),
      call('shop.yes'),
      call('shop.long_key', '300'),
      call('shop.long_key', '10'),
    ]);
    expect(
      outcomes.map((outcome) => (outcome.status === 'failed' ? [outcome.cause, outcome.keyTooLong] : outcome.status)),
    ).toEqual(['ok', ['limit', true], ['limit', undefined], 'ok', ['limit', true], 'ok']);
    const { rows } = { rows: outcomes.flatMap((outcome) => (outcome.status === 'ok' ? outcome.changes : [])) };
    expect(rows.map((row) => row.name.length)).toEqual([240, 11]);
  });

  it('by endless recursion or deep nesting with the right error, and the next call is right', async () => {
    const cases = [
      [call('shop.recurse', '1'), { status: 'failed', cause: 'limit', sqlstate: '54000' }],
      [call('shop.nest', '100000'), { status: 'deadline', exhausted: 'stack' }],
    ] as const;
    for (const [bad, expected] of cases) {
      const [failed, next] = await engine.run([bad, call('shop.divide', '42', '2')]);
      expect(failed).toMatchObject(expected);
      expect(next).toMatchObject({ status: 'ok', result: '21' });
      expect(await result('shop.divide', '42', '2')).toBe('21');
    }
  });
});

describe('the deadline', () => {
  it('names the call that outlasts it, runs the others, and the engine goes on where it was', async () => {
    const own = await Engine.open({ deadline_ms: 700 });
    try {
      const kept = new States();
      await own.moveTo(kept.source, kept.current);
      await own.begin({ height: 1, time_ms: 1000 });
      await own.deploy('bank', bank);
      await own.deploy('shop', shop);
      await own.run([call('bank.open_account', 'alice', '10'), call('bank.open_account', 'bob', '0')]);
      const outcomes = await own.run([
        call('bank.transfer', 'alice', 'bob', '1'),
        call('shop.endless'),
        call('bank.transfer', 'alice', 'bob', '2'),
      ]);
      expect(outcomes.map((outcome) => outcome.status)).toEqual(['ok', 'deadline', 'ok']);
      expect(outcomes[2]).toMatchObject({
        changes: [{ name: 'alice-', before: '{"balance":"9.00","owner":"alice"}\n' }, { name: 'bob-' }],
      });
      await own.undo();
      const [again] = await own.run([call('bank.transfer', 'alice', 'bob', '4')]);
      expect(again).toMatchObject({ changes: [{ before: '{"balance":"10.00","owner":"alice"}\n' }, {}] });
      expect(await own.run([call('shop.endless')])).toEqual([{ status: 'deadline', exhausted: 'time' }]);
      await own.run([call('bank.open_account', 'carol', '1')]);
      await own.finish(parseOid('e'.repeat(64)));
      expect((await own.query('SELECT * FROM bank.accounts ORDER BY owner')).rows).toEqual([
        ['alice', '6.00'],
        ['bob', '4.00'],
        ['carol', '1.00'],
      ]);
    } finally {
      await own.close();
    }
  });
});
