/** What a migration may write is counted, equally everywhere. Rows and bytes, which take minutes: test/long. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DeployOutcome, Engine } from '../../src/contract/engine.ts';
import { engineLimits } from '../../src/contract/settings.ts';
import { author, States } from './workbench.ts';

const tables = `CREATE TABLE items (id int4 PRIMARY KEY, note text);
CREATE TABLE parts (id int4 PRIMARY KEY REFERENCES items ON DELETE CASCADE);
`;
const source = `${tables}
CREATE FUNCTION touch(times int4) RETURNS void AS $$ BEGIN FOR i IN 1..times LOOP UPDATE items SET note = 'x' WHERE id = -7; END LOOP; END $$;
CREATE FUNCTION fill(last int4) RETURNS void AS $$ BEGIN INSERT INTO items SELECT n FROM generate_series(1, last) AS n; END $$;
`;

describe('a migration', () => {
  const states = new States();
  let engine: Engine;

  beforeEach(async () => {
    engine = await Engine.open();
    await engine.moveTo(states.source, states.current);
    await engine.begin({ height: 1, time_ms: 1_000 });
    expect(await engine.deploy('stock', source)).toMatchObject({ status: 'ok' });
  });

  afterEach(async () => {
    await engine.close();
  });

  function migrate(text: string, to = source): Promise<DeployOutcome> {
    return engine.deploy('stock', to, { id: 'd'.repeat(64), author, source: text });
  }

  const over = (message: string): object => ({
    status: 'failed',
    cause: 'limit',
    sqlstate: '54000',
    message,
    raised: false,
    inMigration: true,
  });

  it('has so many statements that write, those in functions and those that find nothing included', async () => {
    expect(engineLimits.migrationStatements).toBe(10_000);
    const touches = (count: number): string =>
      `DELETE FROM parts WHERE id = (SELECT count(*) FROM (SELECT touch(${count})) s);`;
    expect(await migrate(`UPDATE items SET note = 'y' WHERE id = 1; UPDATE items SET note = note;`)).toMatchObject({
      status: 'ok',
    });
    expect(await migrate(touches(9_999))).toMatchObject({ status: 'ok' });
    expect(await migrate(`\n${touches(10_000)}`)).toEqual({
      ...over('more than 10,000 statements that write, which is what a migration may have'),
      line: 2,
    });
  });
});
