import { describe, expect, it } from 'vitest';
import { Engine } from '../../src/contract/engine.ts';

describe('a query', () => {
  it('is stopped when it takes too long, and the next one is answered', async () => {
    const engine = await Engine.open({ queryDeadline_ms: 300 });
    try {
      for (const sql of ['SELECT count(*) FROM generate_series(1, 1000000000) AS n', 'SELECT pg_sleep(3600)']) {
        await expect(engine.query(sql)).rejects.toMatchObject({ code: 'AERGO_QUERY_DEADLINE', exitCode: 75 });
      }
      expect((await engine.query('SELECT 1 + 1 AS two')).rows).toEqual([['2']]);
    } finally {
      await engine.close();
    }
  });
});
