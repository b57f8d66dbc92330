import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CallOutcome, Engine } from '../../src/contract/engine.ts';
import { contractOf } from '../../src/contract/gate.ts';
import { encodeManifest, manifestOf } from '../../src/contract/manifest.ts';
import type { Oid } from '../../src/object/oid.ts';
import { updateState } from '../../src/state/state-update.ts';
import { acceptedCall, acceptedContracts, type Ending, endingOf } from '../support/accepted-contracts.ts';
import { author, call, States } from './workbench.ts';

/** What depends on more than its rows, beside what does not. `contractOf` reads a source without judging it: no gate. */
const queue = `
CREATE TABLE queue (id int4 PRIMARY KEY, lot text NOT NULL, n int4 NOT NULL CHECK (n > 0), u int4, UNIQUE (u));
CREATE TABLE empty_one (id int4 PRIMARY KEY REFERENCES queue);
CREATE FUNCTION add(i int4) RETURNS void AS $$ BEGIN INSERT INTO queue VALUES (i, 'lot ' || i % 3, i, i); END $$;
CREATE FUNCTION any_one() RETURNS int4 AS $$ BEGIN RETURN (SELECT id FROM queue LIMIT 1); END $$;
CREATE FUNCTION all_of_them() RETURNS text AS $$ BEGIN RETURN (SELECT string_agg(id::text, ',') FROM queue); END $$;
CREATE FUNCTION lots() RETURNS text AS $$ DECLARE r record; t text := ''; BEGIN
  FOR r IN SELECT lot FROM queue GROUP BY lot LOOP t := t || r.lot || ','; END LOOP; RETURN t; END $$;
CREATE FUNCTION lower() RETURNS text AS $$ BEGIN
  UPDATE queue SET n = n - 1, lot = CASE WHEN id = 5 THEN NULL ELSE lot END;
  RETURN 'all'; EXCEPTION WHEN check_violation THEN RETURN 'check'; WHEN not_null_violation THEN RETURN 'null'; END $$;
CREATE FUNCTION in_order() RETURNS text AS $$ BEGIN RETURN (SELECT string_agg(id::text, ',' ORDER BY id) FROM queue); END $$;
CREATE FUNCTION sum_up() RETURNS text AS $$ BEGIN RETURN (SELECT sum(n) || ' ' || count(DISTINCT lot) || ' ' || max(u) FROM queue); END $$;
CREATE FUNCTION clock() RETURNS text AS $$ BEGIN RETURN concat_ws(' ', now(), CURRENT_DATE, clock_timestamp(), 'today'::date, '2026-07-01 12:00'::timestamptz); END $$;
`;

const rows = 40;
const time_ms = Date.UTC(2026, 10, 20, 8, 30);

/** A state that no gate has seen. */
async function ungated(states: States): Promise<Oid> {
  const contract = await contractOf(queue);
  const manifest = encodeManifest(manifestOf(contract, { author, deploy: 'd'.repeat(64), replaces: null }));
  const tables = new Map(contract.tables.map((table) => [table.name, table.schema]));
  states.current = updateState(states.source, states.current, {
    contracts: new Map([['q', { source: queue, manifest, tables }]]),
  });
  return states.current;
}

interface Filled {
  readonly engine: Engine;
  readonly states: States;
}

const engines: Engine[] = [];
let plain: Filled;
let perturbed: Filled;

beforeAll(async () => {
  plain = await filled();
  perturbed = await filled('a');
});

afterAll(async () => {
  for (const engine of engines) await engine.close();
});

/** An engine that holds the queue's rows. */
async function filled(seed?: string): Promise<Filled> {
  const engine = await Engine.open({ deadline_ms: 8_000, ...(seed === undefined ? {} : { perturbation: { seed } }) });
  engines.push(engine);
  const states = new States();
  await engine.moveTo(states.source, await ungated(states));
  await engine.begin({ height: 1, time_ms });
  const outcomes = await engine.run(Array.from({ length: rows }, (_, at) => call('q.add', String(at + 1))));
  await engine.finish(states.apply(outcomes));
  return { engine, states };
}

/** What a function gives in each of some blocks that change nothing. */
async function results({ engine, states }: Filled, name: string, blocks: number): Promise<(string | null)[]> {
  const given: (string | null)[] = [];
  for (let height = 2; height < 2 + blocks; height++) {
    await engine.begin({ height, time_ms });
    const [outcome] = (await engine.run([call(name)])) as [CallOutcome];
    given.push(outcome.status === 'ok' ? outcome.result : outcome.status);
    await engine.abandon();
    await engine.moveTo(states.source, states.current);
  }
  return given;
}

describe('a perturbed engine', () => {
  it.each([
    ['the row that a LIMIT without ORDER BY gives', 'q.any_one'],
    ['the order of an aggregate without ORDER BY', 'q.all_of_them'],
    ['the constraint that an UPDATE of many rows breaks first', 'q.lower'],
  ])('gives another result where it depends on %s', async (_, name) => {
    const [expected] = await results(plain, name, 1);
    const given = await results(perturbed, name, 6);
    expect(new Set([expected, ...given]).size).toBeGreaterThan(1);
  });

  it('gives another order of groups, as another machine could', async () => {
    expect(new Set(await results(perturbed, 'q.lots', 8)).size).toBeGreaterThan(1);
  });

  it.each(['q.in_order', 'q.sum_up', 'q.clock'])('gives the same result of %s', async (name) => {
    const expected = await results(plain, name, 1);
    expect(new Set([...expected, ...(await results(perturbed, name, 6))]).size).toBe(1);
  });

  it('runs on a machine whose clock is years ahead, runs faster, and stands in another time zone', async () => {
    const module = new URL('../../src/contract/perturbation.ts', import.meta.url).href;
    const look = 'new Date().getFullYear(), Math.floor(performance.now() / 86400000), new Date(0).getTimezoneOffset()';
    const thread = new Worker(
      `const { parentPort } = require('node:worker_threads');
       import(${JSON.stringify(module)}).then(({ shiftMachine }) => {
         const before = [${look}];
         shiftMachine({ seed: 'a' });
         parentPort.postMessage({ before, after: [${look}] });
       });`,
      { eval: true, execArgv: [] },
    );
    const [{ before, after }] = (await once(thread, 'message')) as [{ before: number[]; after: number[] }];
    expect(after[0]).toBeGreaterThan(before[0] ?? 0);
    expect(after[1]).toBeGreaterThan(364);
    expect(after[2]).not.toBe(before[2]);
    expect(new Date().getFullYear()).toBe(before[0]);
  });

  it('repeats itself under the same seed', async () => {
    const again = await filled('d');
    const other = await filled('d');
    expect(await results(again, 'q.all_of_them', 3)).toEqual(await results(other, 'q.all_of_them', 3));
  });

  it('holds the same rows, and none of what it did counts as a change', async () => {
    const { engine, states } = perturbed;
    await engine.begin({ height: 2, time_ms });
    const [outcome] = await engine.run([call('q.add', '100')]);
    expect(outcome).toMatchObject({ status: 'ok', changes: [{ table: 'q.queue', name: 'pc100-', before: null }] });
    await engine.abandon();
    await engine.moveTo(states.source, states.current);
    expect(await engine.query('SELECT count(*), sum(id), count(u) FROM q.queue')).toMatchObject({
      rows: [['40', '820', '40']],
    });
  });

  it.for(acceptedContracts())('gives the results and the state of the accepted contract $name', async (accepted) => {
    const played = async (engine: Engine, perBlock: number): Promise<{ endings: Ending[]; state: Oid }> => {
      const states = new States();
      await engine.moveTo(states.source, await states.deploy(accepted.name, accepted.source));
      const endings: Ending[] = [];
      while (endings.length < accepted.calls.length) {
        await engine.begin({ height: 7, time_ms });
        const first = endings.length;
        const calls = accepted.calls.slice(first, first + perBlock).map((_, at) => acceptedCall(accepted, first + at));
        const outcomes = await engine.run(calls);
        endings.push(...outcomes.map(endingOf));
        await engine.finish(states.apply(outcomes));
      }
      return { endings, state: states.current };
    };
    const expected = await played(plain.engine, accepted.calls.length);
    expect(expected.endings).toEqual(accepted.calls.map((call) => call.expected));
    expect(await played(perturbed.engine, 2)).toEqual(expected);
  });
});
