import { describe, expect, it } from 'vitest';
import { newRepository, withBank } from '../support/repository.ts';

describe('an import whose data are not its table’s own', () => {
  it('is refused as a line among good ones, and loses none of them', async () => {
    const test = await newRepository();
    await withBank(test, { alice: '100', bob: '1' });
    const { repository, admin: key } = test;
    const load = (data: string, rows = 0) =>
      JSON.stringify({ kind: 'import', table: 'bank.accounts', columns: ['owner', 'balance'], data, rows });
    const pay = JSON.stringify({ kind: 'call', contract: 'bank', function: 'pay', args: ['alice', 'bob', '1'] });
    const done = await repository.submit(
      [pay, load('0'.repeat(64)), load(repository.head.block.id), load(repository.id), pay],
      { sealer: key, key },
    );
    expect(done.applied.map((one) => one.line)).toEqual([1, 5]);
    expect(done.rejected.map((one) => [one.line, one.error.code, one.error.exitCode])).toEqual([
      [2, 'AERGO_IMPORT_INVALID', 5],
      [3, 'AERGO_IMPORT_INVALID', 5],
      [4, 'AERGO_IMPORT_INVALID', 5],
    ]);
    await repository.verify();
  });

  it('is dropped from a merge where the table is another one', async () => {
    const test = await newRepository();
    const { repository, admin: key } = test;
    await repository.createBranch('side');
    const table = (columns: string) => `CREATE TABLE things (a text PRIMARY KEY, ${columns});`;
    await repository.deploy({ name: 'extra', source: table('n int'), key, on: 'side' });
    await repository.importRows({
      table: 'extra.things',
      columns: ['a', 'n'],
      rows: (async function* () {
        yield ['x', '1'];
      })(),
      key,
      on: 'side',
    });
    await repository.deploy({ name: 'extra', source: table('m text'), key });
    const merged = await repository.merge({ source: 'side', sealer: key });
    expect(merged.dropped.map(({ receipt }) => receipt.code)).toEqual(['contract-changed', 'contract-changed']);
    await repository.verify();
  });
});
