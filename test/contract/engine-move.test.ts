import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Engine } from '../../src/contract/engine.ts';
import type { Oid } from '../../src/object/oid.ts';
import { ObjectBuffer } from '../../src/object/source.ts';
import { State } from '../../src/state/state.ts';
import { updateState } from '../../src/state/state-update.ts';
import { bank, call, States } from './workbench.ts';

let engine: Engine;
const states = new States();

/** What the engine holds, and what the state says it should hold, in one text each. */
async function held(): Promise<string> {
  const lines: string[] = [];
  for (const [name, contract] of engine.contracts) {
    for (const table of contract.tables) {
      const { rows } = await engine.query(`SELECT * FROM ${name}.${table.name} ORDER BY 1, 2`, { maxRows: 100_000 });
      lines.push(
        `${name}.${table.name}: ${rows
          .map((row) => row.join('|'))
          .sort()
          .join(' ')}`,
      );
    }
  }
  return lines.join('\n');
}

function expected(oid: Oid): string {
  const state = State.open(states.source, oid);
  return state
    .tables()
    .map((table) => {
      const columns = state.table(table)?.schema.columns.map((column) => column.name) ?? [];
      const rows = [...state.scanRows(table)].map(({ line }) => {
        const values = JSON.parse(line) as Record<string, string>;
        return columns.map((column) => values[column]).join('|');
      });
      return `${table}: ${rows.sort().join(' ')}`;
    })
    .join('\n');
}

beforeAll(async () => {
  engine = await Engine.open();
});

afterAll(async () => {
  await engine?.close();
});

describe('moving', () => {
  const made: Oid[] = [];

  it('goes to any state, from any state, in any order', async () => {
    const shop = 'CREATE TABLE boxes (id int4, no text, n int8, PRIMARY KEY (id, no), UNIQUE (n));';
    made.push(states.current, await states.deploy('bank', bank));
    await engine.moveTo(states.source, states.current);
    const normal = await engine.normalise(
      'bank.accounts',
      ['owner', 'balance'],
      Array.from({ length: 500 }, (_, at) => [`acc${at}`, '10']),
      0,
    );
    made.push(states.load('bank.accounts', normal));
    made.push(await states.deploy('shop', shop));
    await engine.moveTo(states.source, states.current);
    made.push(
      states.load(
        'shop.boxes',
        await engine.normalise(
          'shop.boxes',
          ['id', 'no', 'n'],
          [
            ['1', 'a', '1'],
            ['2', 'b', '2'],
          ],
          0,
        ),
      ),
    );
    // A unique value passes from one row to another.
    made.push(
      states.load(
        'shop.boxes',
        await engine.normalise(
          'shop.boxes',
          ['id', 'no', 'n'],
          [
            ['1', 'a', '2'],
            ['2', 'b', '1'],
            ['3', 'c', '3'],
          ],
          0,
        ),
      ),
    );
    made.push(
      states.load(
        'bank.accounts',
        normal.filter((_, at) => at % 3 !== 0).map((row) => ({ ...row, line: row.line.replace('10.00', '11.00') })),
      ),
    );
    made.push(await states.deploy('bank', `${bank} CREATE FUNCTION more() RETURNS int8 RETURN 1;`));
    made.push(updateState(states.source, states.current, { contracts: new Map([['shop', null]]) }));
    for (const [from] of made.entries()) {
      for (const to of made) {
        const start = made[from];
        if (start === undefined) continue;
        await engine.moveTo(states.source, start);
        await engine.moveTo(states.source, to);
        expect(engine.position).toBe(to);
        expect(await held()).toBe(expected(to));
      }
    }
  });

  it('brings functions along with their contract', async () => {
    const [older, newer] = [made[6], made[7]];
    if (older === undefined || newer === undefined) throw new Error('not made');
    await engine.moveTo(states.source, newer);
    await engine.begin({ height: 1, time_ms: 1 });
    expect((await engine.run([call('bank.more')]))[0]).toMatchObject({ result: '1' });
    await engine.abandon();
    await engine.moveTo(states.source, older);
    await engine.begin({ height: 1, time_ms: 1 });
    await expect(engine.run([call('bank.more')])).rejects.toMatchObject({ code: 'AERGO_FUNCTION_UNKNOWN' });
    expect((await engine.run([call('bank.transfer', 'acc1', 'acc2', '1')]))[0]).toMatchObject({ result: 'OK' });
    await engine.abandon();
  });

  it('where the state it comes from is not in the source, makes all rows anew', async () => {
    const goal = made[2];
    if (goal === undefined) throw new Error('not made');
    await engine.moveTo(states.source, made[5] ?? goal);
    const position = engine.position;
    const without = {
      has: (oid: Oid) => oid !== position && states.source.has(oid),
      read: (oid: Oid) => states.source.read(oid),
    };
    await engine.moveTo(new ObjectBuffer(without), goal);
    expect(await held()).toBe(expected(goal));
  });

  it('many changed rows are loaded again, few are changed one by one, with the same result', async () => {
    const rows = Array.from({ length: 60_000 }, (_, at) => [`many${String(at).padStart(6, '0')}`, '1']);
    await engine.moveTo(states.source, made[1] ?? states.current);
    const normal = await engine.normalise('bank.accounts', ['owner', 'balance'], rows, 0);
    const before = states.load('bank.accounts', normal);
    const after = states.load(
      'bank.accounts',
      normal
        .slice(0, 59_000)
        .map((row, at) => (at % 2 === 0 ? row : { ...row, line: row.line.replace('"1.00"', '"2.00"') })),
    );
    await engine.moveTo(states.source, before);
    const sum = async () => (await engine.query('SELECT count(*), sum(balance) FROM bank.accounts')).rows[0];
    expect(await sum()).toEqual(['60000', '60000.00']);
    await engine.moveTo(states.source, after);
    expect(await sum()).toEqual(['59000', '88500.00']);
    await engine.moveTo(states.source, before);
    expect(await sum()).toEqual(['60000', '60000.00']);
  });
});
