/** A migration at its limits of rows and bytes: minutes of work. Its statements: test/contract/migration-limits.test.ts. */
import { describe, expect, it } from 'vitest';
import { engineLimits } from '../../src/contract/settings.ts';
import { overLimit, useMigrations } from '../support/migrating.ts';

describe('a migration', () => {
  const migrate = useMigrations();

  it('writes so many rows, those that go along with others included', async () => {
    const half = engineLimits.migratedRows / 2;
    const text = `INSERT INTO items SELECT n FROM generate_series(1, ${half}) AS n; DELETE FROM items;`;
    expect(await migrate(text)).toMatchObject({
      status: 'ok',
      rows: new Map([
        ['items', []],
        ['parts', []],
      ]),
    });
    expect(await migrate(`${text} INSERT INTO items VALUES (1, NULL);`)).toMatchObject(
      overLimit('more than 2,000,000 rows written, which is what a migration may write'),
    );
    expect(
      await migrate(`INSERT INTO items SELECT n FROM generate_series(1, ${half / 2 + 1}) AS n;
INSERT INTO parts SELECT id FROM items; DELETE FROM items;`),
    ).toMatchObject(overLimit('more than 2,000,000 rows written, which is what a migration may write'));
  }, 240_000);

  it('writes so many bytes, also to a table that it makes or changes itself', async () => {
    const insert = (table: string, count: number): string =>
      `INSERT INTO ${table} SELECT n, repeat('x', 10000) FROM generate_series(1, ${count}) AS n;`;
    const twice = `${insert('items', 26_000)} ALTER TABLE items ADD COLUMN other int4; UPDATE items SET other = 1;
ALTER TABLE items DROP COLUMN other; DELETE FROM items; CREATE TABLE more (k int4 PRIMARY KEY, t text);`;
    expect(await migrate(`${twice} DROP TABLE more;`)).toMatchObject({ status: 'ok' });
    expect(await migrate(`${twice} ${insert('more', 2_000)} DROP TABLE more;`)).toMatchObject(
      overLimit('more than 536,870,912 bytes written, which is what a migration may write'),
    );
  }, 240_000);
});
