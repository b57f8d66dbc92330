/** What a migration may write is counted, equally everywhere. Rows and bytes, which take minutes: test/long. */
import { describe, expect, it } from 'vitest';
import { engineLimits } from '../../src/contract/settings.ts';
import { overLimit, useMigrations } from '../support/migrating.ts';

describe('a migration', () => {
  const migrate = useMigrations();

  it('has so many statements that write, those in functions and those that find nothing included', async () => {
    expect(engineLimits.migrationStatements).toBe(10_000);
    const touches = (count: number): string =>
      `DELETE FROM parts WHERE id = (SELECT count(*) FROM (SELECT touch(${count})) s);`;
    expect(await migrate(`UPDATE items SET note = 'y' WHERE id = 1; UPDATE items SET note = note;`)).toMatchObject({
      status: 'ok',
    });
    expect(await migrate(touches(9_999))).toMatchObject({ status: 'ok' });
    expect(await migrate(`\n${touches(10_000)}`)).toEqual({
      ...overLimit('more than 10,000 statements that write, which is what a migration may have'),
      line: 2,
    });
  });
});
