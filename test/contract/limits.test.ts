/** What a call may take: counted limits, which are verdicts, and those of the machine, which never are. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CallOutcome, Engine } from '../../src/contract/engine.ts';
import { engineLimits } from '../../src/contract/settings.ts';
import { author, bank, call, States } from './workbench.ts';

const source = `
CREATE TABLE items (id int4 PRIMARY KEY, note text);
CREATE TABLE parts (id int4 PRIMARY KEY REFERENCES items);
CREATE FUNCTION fill(first int4, last int4) RETURNS void AS $$ BEGIN INSERT INTO items SELECT n FROM generate_series(first, last) AS n; END $$;
CREATE FUNCTION again(times int4) RETURNS void AS $$ BEGIN FOR i IN 1..times LOOP UPDATE items SET note = i::text WHERE id = 1; END LOOP; END $$;
CREATE FUNCTION vain(times int4) RETURNS void AS $$ BEGIN
  INSERT INTO items VALUES (-1); FOR i IN 1..times LOOP UPDATE items SET note = 'x' WHERE id = -7; END LOOP; DELETE FROM items WHERE id = -1; END $$;
CREATE FUNCTION link(n int4) RETURNS void AS $$ BEGIN INSERT INTO parts SELECT id FROM items WHERE id BETWEEN 1 AND n; END $$;
CREATE FUNCTION big(size int4) RETURNS void AS $$ BEGIN INSERT INTO items VALUES (-2, repeat('ä', size)); END $$;
CREATE FUNCTION say(size int4) RETURNS text AS $$ BEGIN RETURN repeat('x', size); END $$;
CREATE FUNCTION deep_json(n int4) RETURNS text AS $$ BEGIN RETURN length((repeat('{"a":', n) || '1' || repeat('}', n))::jsonb::text); END $$;
CREATE FUNCTION deep_pattern(n int4) RETURNS bool AS $$ BEGIN RETURN 'a' ~ (repeat('(', n) || 'a' || repeat(')', n)); END $$;
CREATE FUNCTION bomb() RETURNS text AS $$ DECLARE parts text[] := '{}'; BEGIN
  LOOP parts := parts || repeat('x', 10000000); END LOOP; END $$;
CREATE FUNCTION recurse(n int8) RETURNS int8 AS $$ BEGIN RETURN recurse(n + 1) + 1; END $$;
CREATE FUNCTION deep_path(n int4) RETURNS text AS $$ BEGIN RETURN length((repeat('-', n) || '$')::jsonpath::text); END $$;
CREATE FUNCTION endless() RETURNS void AS $$ BEGIN LOOP NULL; END LOOP; END $$;
CREATE FUNCTION honest() RETURNS int4 RETURN 42;
CREATE FUNCTION swallow() RETURNS text AS $$ BEGIN
  BEGIN PERFORM deep_json(100000); EXCEPTION WHEN division_by_zero OR raise_exception THEN RETURN 'swallowed'; END; RETURN 'not reached'; END $$;
`;

const states = new States();
let engine: Engine;

async function engineWithStock(deadline_ms: number): Promise<Engine> {
  const opened = await Engine.open({ deadline_ms });
  await opened.moveTo(states.source, states.current);
  await opened.begin({ height: 1, time_ms: 1_000 });
  expect(await opened.deploy('stock', source)).toMatchObject({ status: 'ok' });
  return opened;
}

beforeAll(async () => {
  engine = await engineWithStock(8_000);
});

afterAll(async () => {
  await engine?.close();
});

const run = (name: string, ...args: string[]): Promise<CallOutcome> => runOn(engine, name, ...args);

async function runOn(engine: Engine, name: string, ...args: string[]): Promise<CallOutcome> {
  const [outcome] = await engine.run([call(`stock.${name}`, ...args)]);
  if (outcome === undefined) throw new Error('no outcome');
  return outcome;
}

const over = (message: string): object => ({
  status: 'failed',
  cause: 'limit',
  sqlstate: '54000',
  raised: false,
  message: `${message} that a call may have`,
});

describe('a call over a counted limit changes nothing, and says what and how much', () => {
  it('rows written', async () => {
    expect(await run('fill', '1', '10001')).toEqual(over('10,001 rows written, of 10,000'));
    const outcomes = await engine.run([
      call('stock.honest'),
      call('stock.fill', '1', '10001'),
      call('stock.fill', '1', '10000'),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['ok', 'failed', 'ok']);
    expect(outcomes[2]).toMatchObject({ changes: { length: 10_000 } });
  });

  it('one row written again and again', async () => {
    // PostgreSQL goes through all versions of the row at each step.
    const patient = await engineWithStock(100_000);
    await runOn(patient, 'fill', '1', '1');
    expect(await runOn(patient, 'again', '10000')).toMatchObject({ status: 'ok' });
    expect(await runOn(patient, 'again', '10001')).toEqual(over('10,001 rows written, of 10,000'));
    await patient.close();
  }, 240_000);

  it('statements that write nothing, and the look that a foreign key makes at a row that goes', async () => {
    for (const engineKnowsIt of [false, true]) {
      const own = engineKnowsIt ? engine : await engineWithStock(8_000);
      expect(await own.run([call('stock.vain', '9996')])).toMatchObject([{ status: 'ok', changes: [] }]);
      expect(await own.run([call('stock.vain', '9997')])).toEqual([over('10,001 statements that write, of 10,000')]);
      if (!engineKnowsIt) await own.close();
    }
  });

  it('rows with foreign keys: each look at the other row counts', async () => {
    expect(await run('link', '4000')).toMatchObject({ status: 'ok' });
    expect(engineLimits.statements).toBe(10_000);
  });

  it('bytes written', async () => {
    expect(await run('big', '4194000')).toMatchObject({ status: 'ok' });
    expect(await run('big', '4194304')).toMatchObject({ status: 'failed' });
    expect(await run('say', '65536')).toMatchObject({ status: 'ok' });
    expect(await run('say', '65537')).toEqual(over('65,537 bytes of the result, of 65,536'));
  });
});

describe('a source over a counted limit fails where its deployment runs, as it does at the gate', () => {
  const limit = { status: 'failed', cause: 'limit', sqlstate: '54000', raised: false };
  const deep = `CREATE FUNCTION f() RETURNS int4 AS $$\nBEGIN RETURN ${'1 + '.repeat(300)}1; END $$;`;

  it('size and nesting', async () => {
    expect(await engine.deploy('deep', deep)).toEqual({
      ...limit,
      message: 'it is nested more than 256 deep',
      line: 2,
      inMigration: false,
    });
    expect(await engine.deploy('long', `${bank}${' '.repeat(1_048_576)}`)).toMatchObject({
      ...limit,
      message: expect.stringMatching(/^the source has 1,\d{3},\d{3} bytes, of 1,048,576 that it may have$/),
    });
  });

  it('those of a migration too', async () => {
    const migration = { id: 'd'.repeat(64), author, source: `UPDATE items SET id = ${'1 + '.repeat(300)}1;` };
    expect(await engine.deploy('stock', source, migration)).toMatchObject({ ...limit, inMigration: true });
    expect(await run('honest')).toMatchObject({ result: '42' });
  });
});

describe('a call that uses up the machine is no verdict, and the next one is right', () => {
  const cases: readonly (readonly [string, string[], object])[] = [
    ['deep_json', ['100000'], { status: 'deadline', exhausted: 'stack' }],
    ['deep_json', ['1000000'], { status: 'deadline' }],
    ['swallow', [], { status: 'deadline', exhausted: 'stack' }],
    ['bomb', [], { status: 'deadline' }],
  ];
  for (const [name, args, expected] of cases) {
    it(`${name}(${args.join()})`, async () => {
      const [bad, next] = await engine.run([call(`stock.${name}`, ...args), call('stock.honest')]);
      expect(bad).toMatchObject(expected);
      expect(next).toMatchObject({ status: 'ok', result: '42' });
    }, 60_000);
  }

  it('a pattern that is nested too deeply fails, and says so', async () => {
    expect(await run('deep_pattern', '100000')).toMatchObject({ status: expect.stringMatching(/failed|deadline/) });
    expect(await run('honest')).toMatchObject({ result: '42' });
  });
});

describe('the next honest call is right within two seconds', () => {
  // Of processor time, of all threads: on a machine that others use too the clock says nothing of the engine.
  const most_ms = 2_000;
  const cases: readonly (readonly [what: string, call: readonly [string, ...string[]], outcome: object])[] = [
    ['endless recursion', ['recurse', '1'], { status: 'failed', cause: 'limit' }],
    ['deep JSON', ['deep_json', '100000'], { status: 'deadline', exhausted: 'stack' }],
    ['a deep expression', ['deep_path', '9000'], { status: 'deadline', exhausted: 'stack' }],
    ['a memory bomb', ['bomb'], { status: 'deadline' }],
    ['an endless loop', ['endless'], { status: 'deadline', exhausted: 'time' }],
  ];
  for (const [what, [name, ...args], expected] of cases) {
    it(`after ${what}`, async () => {
      const own = await Engine.open({ deadline_ms: 1_000 });
      try {
        await own.moveTo(states.source, states.current);
        await own.begin({ height: 1, time_ms: 1_000 });
        await own.deploy('stock', source);
        expect(await own.run([call(`stock.${name}`, ...args)])).toMatchObject([expected]);
        const before = process.cpuUsage();
        expect(await own.run([call('stock.honest')])).toMatchObject([{ result: '42' }]);
        const { user, system } = process.cpuUsage(before);
        expect((user + system) / 1000).toBeLessThan(most_ms);
      } finally {
        await own.close();
      }
    }, 120_000);
  }
});
