/** Functions that call themselves: how deep is counted, equally everywhere, long before the stack ends. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CallOutcome, Engine } from '../../src/contract/engine.ts';
import { contractOf } from '../../src/contract/gate.ts';
import { engineLimits } from '../../src/contract/settings.ts';
import { call, States } from './workbench.ts';

async function counted(source: string): Promise<string[]> {
  const { statements } = await contractOf(source);
  return statements.filter((statement) => statement.counted !== undefined).map(({ name }) => name);
}

const fn = (name: string, body: string): string =>
  `CREATE FUNCTION ${name}(n int4) RETURNS int4 LANGUAGE plpgsql AS $$ BEGIN ${body} END $$;`;

describe('functions that may call themselves count', () => {
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ['one that names itself', fn('f', 'RETURN f(n + 1);'), ['f']],
    ['none that does not', fn('f', 'RETURN 1;') + fn('g', 'RETURN f(n) + f(n);'), []],
    [
      'two that call each other, and not who calls them',
      fn('f', 'RETURN g(n);') + fn('g', 'RETURN f(n);') + fn('h', 'RETURN f(n);'),
      ['f', 'g'],
    ],
    [
      'one that calls a function in SQL that calls it',
      `${fn('f', 'RETURN 1;')}CREATE FUNCTION s(n int4) RETURNS int4 LANGUAGE sql AS 'SELECT f(n)';${fn('g', 'RETURN s(n);')}`,
      [],
    ],
    [
      'one that inserts where a default calls it',
      `${fn('f', 'INSERT INTO t VALUES (n); RETURN n;')}CREATE TABLE t (k int4 PRIMARY KEY, d int4 DEFAULT f(1));`,
      ['f'],
    ],
    [
      'one behind a CHECK of a table that a row takes along',
      `${fn('f', 'DELETE FROM t; RETURN 1;')}CREATE TABLE t (k int4 PRIMARY KEY);CREATE TABLE u (k int4 PRIMARY KEY REFERENCES t ON DELETE CASCADE, c int4 CHECK (f(c) > 0));`,
      ['f'],
    ],
    [
      'one behind an index',
      `CREATE TABLE t (k int4 PRIMARY KEY);${fn('f', 'PERFORM 1 FROM t; RETURN n;')}CREATE INDEX i ON t (f(k));`,
      ['f'],
    ],
    ['one behind a view', `${fn('f', 'RETURN (SELECT max(x) FROM v);')}CREATE VIEW v AS SELECT f(1) AS x;`, ['f']],
    ['one behind a domain', `${fn('f', 'RETURN n::d;')}CREATE DOMAIN d AS int4 CHECK (f(VALUE) > 0);`, ['f']],
    ['one that spells its name', fn('f', 'RETURN "f"(n);'), ['f']],
    ['one that spells its name by code points', fn('f', 'RETURN U&"\\0066"(n);'), ['f']],
    ['none that is named in a text or a comment', fn('f', "RETURN length('f(1)'); -- f(n)\n"), []],
  ];
  for (const [what, source, expected] of cases) {
    it(what, async () => {
      expect(await counted(source)).toEqual(expected);
    });
  }

  it('the body keeps its options, labels, lines and what FOUND says', async () => {
    const states = new States();
    const engine = await Engine.open();
    try {
      await engine.moveTo(states.source, states.current);
      await engine.begin({ height: 1, time_ms: 1_000 });
      const source = `CREATE TABLE t (n int4 PRIMARY KEY);
CREATE FUNCTION f(n int4) RETURNS text AS '
  -- what comes first
  #variable_conflict use_column
  <<own>>
  DECLARE a text := ''it''''s '' || f.n;
  BEGIN
    IF own.a IS NULL THEN RETURN f(1); END IF;
    IF FOUND THEN RETURN ''found''; END IF;
    IF n > 1 THEN RAISE EXCEPTION ''here''; END IF;
    RETURN a;
  END own; -- done';
CREATE FUNCTION g() RETURNS text AS $$ BEGIN RETURN f(1); END; $$;
CREATE FUNCTION h(n int4) RETURNS text STABLE AS $$ BEGIN IF n = 0 THEN RETURN 'end'; END IF; RETURN h(n - 1); END; /* done */ $$;`;
      expect(await counted(source)).toEqual(['f', 'h']);
      expect(await engine.deploy('c', source)).toMatchObject({ status: 'ok' });
      expect(await engine.run([call('c.f', '1'), call('c.g'), call('c.h', '9'), call('c.f', '2')])).toMatchObject([
        { result: "it's 1" },
        { result: "it's 1" },
        { result: 'end' },
        { status: 'failed', raised: true, message: 'here' },
      ]);
    } finally {
      await engine.close();
    }
  });
});

const source = `
CREATE TABLE nodes (id int4 PRIMARY KEY, up int4);
CREATE FUNCTION endless(n int8) RETURNS int8 AS $$ BEGIN RETURN endless(n + 1) + 1; END $$;
CREATE FUNCTION down(n int4) RETURNS int4 AS $$ BEGIN IF n <= 1 THEN RETURN 1; END IF; RETURN down(n - 1) + 1; END $$;
CREATE FUNCTION ping(n int4) RETURNS int4 AS $$ BEGIN IF n <= 1 THEN RETURN 1; END IF; RETURN pong(n - 1) + 1; END $$;
CREATE FUNCTION pong(n int4) RETURNS int4 AS $$ BEGIN IF n <= 1 THEN RETURN 1; END IF; RETURN ping(n - 1) + 1; END $$;
CREATE FUNCTION plain(n int4) RETURNS int4 AS $$ BEGIN RETURN down(n); END $$;
CREATE FUNCTION heavy(n int4) RETURNS int4 AS $$
DECLARE r int4; one record; BEGIN
  IF n <= 1 THEN RETURN 1; END IF;
  BEGIN
    INSERT INTO nodes VALUES (n, (SELECT max(x) FROM (SELECT heavy(n - 1) AS x FROM generate_series(1, 1) ORDER BY 1) s)) RETURNING up INTO r;
    FOR one IN SELECT r AS v LOOP RETURN one.v + 1; END LOOP;
  EXCEPTION WHEN division_by_zero OR raise_exception THEN RETURN -1;
  END;
  RETURN 0;
END $$;
CREATE FUNCTION caught(n int8) RETURNS text AS $$ BEGIN
  BEGIN PERFORM endless(n); EXCEPTION WHEN raise_exception OR data_exception THEN RETURN 'caught'; END; RETURN 'not reached'; END $$;
CREATE FUNCTION often(n int4) RETURNS int4 AS $$ DECLARE r int4; BEGIN FOR i IN 1..n LOOP r := down(60); END LOOP; RETURN r; END $$;
`;

describe('a call', () => {
  const states = new States();
  let engine: Engine;
  const most = engineLimits.functionDepth;
  const tooDeep = {
    status: 'failed',
    cause: 'limit',
    sqlstate: '54000',
    raised: false,
    message: `functions call each other more than ${most} deep`,
  };

  async function open(): Promise<Engine> {
    const opened = await Engine.open({ deadline_ms: 8_000 });
    await opened.moveTo(states.source, states.current);
    await opened.begin({ height: 1, time_ms: 1_000 });
    expect(await opened.deploy('c', source)).toMatchObject({ status: 'ok' });
    return opened;
  }

  async function run(name: string, ...args: string[]): Promise<CallOutcome | undefined> {
    return (await engine.run([call(`c.${name}`, ...args)]))[0];
  }

  beforeAll(async () => {
    engine = await open();
  });

  afterAll(async () => {
    await engine?.close();
  });

  it(`goes ${most} functions deep, and no deeper, whichever they are`, async () => {
    for (const name of ['down', 'ping', 'heavy']) {
      expect(await run(name, String(most))).toMatchObject({ status: 'ok', result: String(most) });
      expect(await run(name, String(most + 1))).toEqual(tooDeep);
    }
    // Who does not call itself counts where one that does is below.
    expect(await run('plain', String(most - 1))).toMatchObject({ status: 'ok' });
    expect(await run('plain', String(most))).toEqual(tooDeep);
  });

  it('comes to the same in an engine that has never run the function', async () => {
    for (const name of ['endless', 'heavy']) {
      const fresh = await open();
      try {
        const outcome = await fresh.run([call(`c.${name}`, '1000')]);
        expect(outcome).toEqual([tooDeep]);
        expect(await run(name, '1000')).toEqual(tooDeep);
      } finally {
        await fresh.close();
      }
    }
  });

  it('cannot handle it', async () => {
    expect(await run('caught', '1')).toEqual(tooDeep);
  });

  it('starts from nothing again after every call that went too deep, and as often as it likes', async () => {
    const [bad, good] = await engine.run([call('c.down', '1000'), call('c.down', String(most))]);
    expect([bad, good]).toMatchObject([tooDeep, { status: 'ok' }]);
    expect(await run('often', '30')).toMatchObject({ result: '60' });
  });
});
