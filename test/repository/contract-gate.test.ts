/** The gate judges what is submitted; what is sealed runs again without being judged. */
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/crypto/canonical-json.ts';
import { newRepository } from '../support/repository.ts';

const random = `CREATE TABLE t (k text PRIMARY KEY);
CREATE FUNCTION f() RETURNS numeric LANGUAGE sql AS 'SELECT random()::numeric';`;

describe('the gate', () => {
  it('refuses a deployment and a submitted line of kind deploy, and nothing is sealed', async () => {
    const { repository, admin } = await newRepository();
    await expect(repository.deploy({ name: 'dice', source: random, key: admin })).rejects.toMatchObject({
      code: 'AERGO_CONTRACT_REFUSED',
      exitCode: 5,
    });
    const line = canonicalJson({ contract: 'dice', kind: 'deploy', replaces: null, source: random });
    const good = canonicalJson({
      contract: 'good',
      kind: 'deploy',
      replaces: null,
      source: random.split('\n')[0] ?? '',
    });
    const { blocks, rejected } = await repository.submit([line, good], { key: admin, sealer: admin });
    expect(blocks).toMatchObject([{ counts: { applied: 1 } }]);
    expect(rejected).toMatchObject([{ line: 1, error: { code: 'AERGO_CONTRACT_REFUSED' } }]);
    expect((await repository.contracts()).map(({ name }) => name)).toEqual(['good']);
  });
});
