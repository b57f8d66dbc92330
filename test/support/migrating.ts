/** An engine with a contract that migrations are tried on, for tests of what they may write. */
import { afterEach, beforeEach, expect } from 'vitest';
import { type DeployOutcome, Engine } from '../../src/contract/engine.ts';
import { author, States } from '../contract/workbench.ts';

const source = `CREATE TABLE items (id int4 PRIMARY KEY, note text);
CREATE TABLE parts (id int4 PRIMARY KEY REFERENCES items ON DELETE CASCADE);
CREATE FUNCTION touch(times int4) RETURNS void AS $$ BEGIN FOR i IN 1..times LOOP UPDATE items SET note = 'x' WHERE id = -7; END LOOP; END $$;
`;

/** Before each test an engine where the contract is deployed; gives what runs a migration to the same tables on it. */
export function useMigrations(): (text: string) => Promise<DeployOutcome> {
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

  return (text) => engine.deploy('stock', source, { id: 'd'.repeat(64), author, source: text });
}

/** The outcome of a migration that goes over a limit. */
export const overLimit = (message: string): object => ({
  status: 'failed',
  cause: 'limit',
  sqlstate: '54000',
  message,
  raised: false,
  inMigration: true,
});
