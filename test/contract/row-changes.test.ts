import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Engine, type RowViolation, type RowWrite } from '../../src/contract/engine.ts';
import { rowShape } from '../../src/state/row-shape.ts';
import { State } from '../../src/state/state.ts';
import { call, States } from './workbench.ts';

/** Every kind of constraint, over values few enough to meet each other. */
const source = `
CREATE TYPE colour AS ENUM ('red', 'blue');
CREATE DOMAIN price AS numeric(6,2) CHECK (VALUE < 1000);
CREATE TABLE places (
  town text, street text, code int4 UNIQUE NULLS NOT DISTINCT,
  PRIMARY KEY (town, street)
);
CREATE TABLE things (
  id int8 PRIMARY KEY,
  town text, street text,
  home_town text, home_street text,
  part_of int8 REFERENCES things,
  code int4 REFERENCES places (code),
  label text,
  hue colour,
  cost price,
  doubled numeric GENERATED ALWAYS AS (cost * 2) STORED,
  note text NOT NULL DEFAULT 'none' CHECK (note <> 'bad'),
  FOREIGN KEY (town, street) REFERENCES places,
  FOREIGN KEY (home_town, home_street) REFERENCES places (town, street) MATCH FULL
);
CREATE UNIQUE INDEX one_label ON things (lower(label)) WHERE hue = 'red';
CREATE FUNCTION add_place(t text, s text) RETURNS void AS $$ BEGIN INSERT INTO places VALUES (t, s, NULL); END $$;
CREATE FUNCTION _things() RETURNS text AS $$ BEGIN RETURN (SELECT string_agg(t::text, ' ' ORDER BY id) FROM things t); END $$;
CREATE FUNCTION _places() RETURNS text AS $$ BEGIN RETURN (SELECT string_agg(p::text, ' ' ORDER BY town, street) FROM places p); END $$;
`;

type Values = Record<string, string | null>;

let engine: Engine;
let states: States;
let height = 0;

const shapeOf = (table: string) => {
  const schema = State.open(states.source, states.current).table(`toys.${table}`)?.schema;
  if (schema === undefined) throw new Error(`no table ${table}`);
  return rowShape(schema);
};
const place = (town: string, street: string, code: string | null) => shapeOf('places').row([town, street, code]);

function thing(values: Values) {
  const all: Values = { note: 'none', ...values };
  const { cost = null } = all;
  const doubled = cost === null ? null : (Number(cost) * 2).toFixed(2);
  const columns = 'id town street home_town home_street part_of code label hue cost'.split(' ');
  return shapeOf('things').row([...columns.map((name) => all[name] ?? null), doubled, all.note ?? null]);
}

const put = (
  table: string,
  { name, line }: { name: string; line: string },
  before: string | null = null,
): RowWrite => ({
  table: `toys.${table}`,
  name,
  before,
  after: line,
});
const drop = (table: string, { name, line }: { name: string; line: string }): RowWrite => ({
  table: `toys.${table}`,
  name,
  before: line,
  after: null,
});

async function begin(on = engine): Promise<void> {
  height += 1;
  await on.begin({ height, time_ms: 1_000_000 * height });
}

async function load(
  ...rows: { places?: ReturnType<typeof place>[]; things?: ReturnType<typeof thing>[] }[]
): Promise<void> {
  for (const { places = [], things = [] } of rows) {
    states.load('toys.places', [...places].sort(byName));
    states.load('toys.things', [...things].sort(byName));
  }
  await engine.moveTo(states.source, states.current);
  await begin();
}

const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);

async function violations(...changes: RowWrite[]): Promise<readonly RowViolation[]> {
  const outcome = await engine.changeRows(changes);
  return outcome.status === 'ok' ? [] : outcome.violations;
}

const all = async (table: string): Promise<string[]> =>
  (await engine.answer([{ contract: 'toys', function: `_${table}`, args: [] }])).map((outcome) =>
    outcome.status === 'ok' ? (outcome.result ?? '') : outcome.status,
  );

beforeAll(async () => {
  engine = await Engine.open();
});

afterAll(async () => {
  await engine?.close();
});

beforeEach(async () => {
  states = new States();
  await states.deploy('toys', source);
});

describe('rows that are set', () => {
  it('stand in their tables, generated columns computed, and no trigger or cascade has run', async () => {
    const here = place('Ulm', 'A', '1');
    const first = thing({ id: '1', town: 'Ulm', street: 'A', cost: '2.50', hue: 'red', label: 'X' });
    await load({ places: [here] });
    expect(await violations(put('things', first))).toEqual([]);
    expect(await all('things')).toEqual(['(1,Ulm,A,,,,,X,red,2.50,5.00,none)']);
    // A call notes only its own changes.
    expect(await engine.run([call('toys.add_place', 'Ulm', 'C')])).toMatchObject([
      { changes: [{ table: 'toys.places' }] },
    ]);
    await engine.abandon();
  });

  it('may pass what is unique from one to the other, in any order and over tables', async () => {
    const [one, two] = [thing({ id: '1', hue: 'red', label: 'a' }), thing({ id: '2', hue: 'red', label: 'b' })];
    const [uno, due] = [thing({ id: '1', hue: 'red', label: 'b' }), thing({ id: '2', hue: 'red', label: 'a' })];
    await load({ places: [place('Ulm', 'A', '1')], things: [one, two] });
    const swap = [put('things', uno, one.line), put('things', due, two.line)];
    // The row that is named comes after the one that names it, and is named by another row of the same table.
    const later = [
      put('things', thing({ id: '3', town: 'Bonn', street: 'B', part_of: '4' })),
      put('things', thing({ id: '4', code: '2' })),
      put('places', place('Bonn', 'B', '2')),
    ];
    expect(await violations(...swap, ...later)).toEqual([]);
    await engine.undo();
    expect(await violations(...later.reverse(), ...swap.reverse())).toEqual([]);
    expect((await all('things'))[0]).toMatch(/^\(1,.*,b,red.* \(2,.*,a,red/);
    await engine.abandon();
  });

  it('are taken back by undo and by abandon, and set again where the engine is lost', async () => {
    await load({ places: [place('Ulm', 'A', '1')] });
    expect(await violations(put('places', place('Bonn', 'B', '2')))).toEqual([]);
    expect(await violations(put('places', place('Kiel', 'C', '3')))).toEqual([]);
    await engine.undo();
    expect(await all('places')).toEqual(['(Bonn,B,2) (Ulm,A,1)']);
    await engine.deploy('bomb', 'CREATE FUNCTION loop() RETURNS void AS $$ BEGIN LOOP END LOOP; END $$;');
    expect(await engine.run([call('bomb.loop')])).toMatchObject([{ status: 'deadline' }]);
    expect(await all('places')).toEqual(['(Bonn,B,2) (Ulm,A,1)']);
    await engine.abandon();
    await engine.moveTo(states.source, states.current);
    await begin();
    expect(await all('places')).toEqual(['(Ulm,A,1)']);
    await engine.abandon();
  });

  it('are refused where PostgreSQL would write them otherwise', async () => {
    await load({});
    const line = thing({ id: '1', cost: '2.50' });
    for (const odd of [line.line.replace('2.50', '2.5'), line.line.replace('5.00', '6.00')])
      await expect(engine.changeRows([put('things', { ...line, line: odd })])).rejects.toMatchObject({
        code: 'AERGO_IMPORT_NOT_NORMAL',
      });
    await expect(
      engine.changeRows([{ table: 'toys.none', name: 'a-', before: null, after: '{}\n' }]),
    ).rejects.toMatchObject({ code: 'AERGO_TABLE_UNKNOWN' });
    expect(await violations(put('things', line))).toEqual([]);
    await engine.abandon();
  });
});

describe('rows that break a constraint', () => {
  it('are all named, with every row that the constraint fails between, and nothing has changed', async () => {
    const [ulm, bonn] = [place('Ulm', 'A', '1'), place('Bonn', 'B', null)];
    const old = [
      thing({ id: '1', hue: 'red', label: 'X' }),
      thing({ id: '2', town: 'Ulm', street: 'A' }),
      thing({ id: '3', code: '1' }),
      thing({ id: '4', part_of: '3' }),
    ];
    await load({ places: [ulm, bonn], things: old });
    const before = [await all('places'), await all('things')];
    const found = await violations(
      drop('places', ulm),
      put('places', place('Kiel', 'C', null)),
      put('things', thing({ id: '5', hue: 'red', label: 'x' })),
      put('things', thing({ id: '6', home_town: 'Bonn' })),
      put('things', thing({ id: '7', town: 'Rom', street: 'Z', part_of: '99' })),
      put('things', thing({ id: '8', note: 'bad' })),
      put('things', thing({ id: '9', cost: '1000.00' })),
      drop('things', old[2] as (typeof old)[0]),
    );
    expect(found.map(({ kind, constraint, rows }) => [kind, constraint, ...rows.map((row) => row.join(' '))])).toEqual([
      ['unique', 'places_code_key', 'toys.places Bonn-B-', 'toys.places Kiel-C-'],
      ['check', 'price_check', 'toys.things pa9-'],
      ['check', 'things_note_check', 'toys.things pa8-'],
      ['foreign-key', 'things_home_town_home_street_fkey', 'toys.things pa6-'],
      ['foreign-key', 'things_part_of_fkey', 'toys.things pa3-', 'toys.things pa4-'],
      ['foreign-key', 'things_part_of_fkey', 'toys.things pa7-'],
      ['foreign-key', 'things_town_street_fkey', 'toys.places Ulm-A-', 'toys.things pa2-'],
      ['foreign-key', 'things_town_street_fkey', 'toys.things pa7-'],
      ['unique', 'one_label', 'toys.things pa1-', 'toys.things pa5-'],
    ]);
    expect(
      found.find(({ rows }) => rows[0]?.[0] === 'toys.places' && rows.length === 2 && rows[1]?.[1] === 'pa2-')?.missing,
    ).toEqual({
      table: 'toys.places',
      columns: ['town', 'street'],
      values: ['Ulm', 'A'],
    });
    expect([await all('places'), await all('things')]).toEqual(before);
    await engine.abandon();
  });

  it('are found the same by an engine with shuffled rows and other defaults', async () => {
    const other = await Engine.open({ perturbation: { seed: 'rows' } });
    try {
      const old = Array.from({ length: 40 }, (_, at) => thing({ id: `${at}`, hue: 'red', label: `l${at}` }));
      await load({ things: old });
      const changes = old.map((row, at) =>
        put('things', thing({ id: `${at}`, hue: 'red', label: `L${at % 7}`, part_of: `${at % 45}` }), row.line),
      );
      const expected = await violations(...changes);
      await engine.abandon();
      await other.moveTo(states.source, states.current);
      await begin(other);
      expect(await other.changeRows(changes.reverse())).toEqual({ status: 'refused', violations: expected });
      expect(expected.length).toBeGreaterThan(0);
      await other.abandon();
    } finally {
      await other.close();
    }
  });
});
