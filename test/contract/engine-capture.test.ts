/**
 * What the capture says against what the tables hold: random calls with cascades, key changes, handlers and failures.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Engine, type EngineCall } from '../../src/contract/engine.ts';
import { State } from '../../src/state/state.ts';
import { call, States } from './workbench.ts';

const source = `
CREATE TABLE tree (id int4 PRIMARY KEY, parent int4 REFERENCES tree ON UPDATE CASCADE ON DELETE CASCADE, note text);
CREATE TABLE leaf (tree int4 REFERENCES tree ON UPDATE CASCADE ON DELETE SET NULL, no int4 PRIMARY KEY, twice int8 GENERATED ALWAYS AS (no * 2) STORED);
CREATE FUNCTION plant(i int4, p int4) RETURNS void AS $$ BEGIN INSERT INTO tree VALUES (i, p, 'new'); INSERT INTO leaf VALUES (i, i); END $$;
CREATE FUNCTION rename(a int4, b int4) RETURNS void AS $$ BEGIN UPDATE tree SET id = b, note = 'renamed' WHERE id = a; END $$;
CREATE FUNCTION shift(by int4) RETURNS void AS $$ BEGIN UPDATE tree SET id = id + by; END $$;
CREATE FUNCTION cut(i int4) RETURNS void AS $$ BEGIN DELETE FROM tree WHERE id = i; END $$;
CREATE FUNCTION swap(a int4, b int4) RETURNS void AS $$ BEGIN
  UPDATE tree SET id = -1 WHERE id = a; UPDATE tree SET id = a WHERE id = b; UPDATE tree SET id = b WHERE id = -1; END $$;
CREATE FUNCTION notes(a text) RETURNS int8 AS $$ DECLARE n int8; BEGIN
  UPDATE tree SET note = a; UPDATE tree SET note = NULL WHERE id % 2 = 0; GET DIAGNOSTICS n = ROW_COUNT; RETURN n; END $$;
CREATE FUNCTION try_plant(i int4) RETURNS text AS $$ BEGIN
  BEGIN DELETE FROM leaf WHERE no = i; INSERT INTO tree VALUES (i, i, 'own'); INSERT INTO leaf VALUES (i, i);
  EXCEPTION WHEN unique_violation THEN UPDATE tree SET note = 'there' WHERE id = i; RETURN 'there'; END;
  RETURN 'planted'; END $$;
CREATE FUNCTION refuse(i int4) RETURNS void AS $$ BEGIN DELETE FROM tree; INSERT INTO tree VALUES (i, NULL, 'x'); RAISE EXCEPTION 'no'; END $$;
`;

let engine: Engine;
const states = new States();

beforeAll(async () => {
  engine = await Engine.open({ deadline_ms: 8000 });
  await engine.moveTo(states.source, states.current);
  await engine.begin({ height: 1, time_ms: 1 });
  await engine.deploy('wood', source);
  await engine.finish(await states.deploy('wood', source));
});

afterAll(async () => {
  await engine?.close();
});

async function held(table: string): Promise<string[]> {
  const { columns, rows } = await engine.query(`SELECT * FROM ${table}`);
  return rows
    .map((row) => JSON.stringify(Object.fromEntries(columns.map(({ name }, at) => [name, row[at]]).sort())))
    .sort();
}

const number = fc.integer({ min: 0, max: 9 }).map(String);
const anyCall: fc.Arbitrary<EngineCall> = fc.oneof(
  fc.tuple(number, fc.option(number)).map(([i, p]) => call('wood.plant', i, p)),
  fc.tuple(number, number).map(([a, b]) => call('wood.rename', a, b)),
  number.map((by) => call('wood.shift', by)),
  number.map((i) => call('wood.cut', i)),
  fc.tuple(number, number).map(([a, b]) => call('wood.swap', a, b)),
  fc
    .string()
    .filter((text) => !text.includes('\0'))
    .map((text) => call('wood.notes', text)),
  number.map((i) => call('wood.try_plant', i)),
  number.map((i) => call('wood.refuse', i)),
);

it('applying what calls changed to the state gives what the engine holds', async () => {
  let height = 1;
  await fc.assert(
    fc.asyncProperty(fc.array(anyCall, { minLength: 1, maxLength: 25 }), async (calls) => {
      height += 1;
      await engine.begin({ height, time_ms: height });
      const outcomes = await engine.run(calls);
      for (const outcome of outcomes) {
        if (outcome.status !== 'ok') continue;
        const state = State.open(states.source, states.current);
        for (const { table, name, before, after } of outcome.changes) {
          expect(state.readRow(table, name) ?? null).toBe(before);
          expect(after).not.toBe(before);
        }
        states.apply([outcome]);
      }
      await engine.finish(states.current);
      for (const table of ['wood.tree', 'wood.leaf']) expect(await held(table)).toEqual(states.rows(table).sort());
    }),
    { numRuns: 60 },
  );
});
