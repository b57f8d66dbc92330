/** What a deployment would change is said beforehand, and nothing of it happens. */
import { describe, expect, it } from 'vitest';
import { plainStyle } from '../../src/cli/output.ts';
import { contractDifferenceLines } from '../../src/cli/render/contract-difference.ts';
import { bankSource, newRepository, withBank } from '../support/repository.ts';

const second = bankSource
  .replace('balance numeric(15,2) NOT NULL', 'kind text NOT NULL,\n    balance numeric(18,3) NOT NULL')
  .replace('(open_account.owner, open_account.balance)', "(open_account.owner, 'private', open_account.balance)")
  .replace("RETURN 'OK';", "RETURN 'Done';")
  .replace('CREATE FUNCTION pay(sender text', 'CREATE FUNCTION settle(sender text');
const migrate = `ALTER TABLE accounts ADD COLUMN kind text, ALTER COLUMN balance TYPE numeric(18,3);
UPDATE accounts SET kind = 'private';`;

describe('the difference of a deployment', { timeout: 60_000 }, () => {
  it('is in definitions, tables and rows, and the repository stays as it is', async () => {
    const test = await newRepository('diff');
    const { repository } = test;
    const lines = async (source: string, migration?: string) => [
      ...contractDifferenceLines(
        await repository.contractDiff({
          name: 'bank',
          source,
          ...(migration === undefined ? {} : { migrate: migration }),
        }),
        false,
        plainStyle,
      ),
    ];
    expect(await lines(bankSource)).toEqual([
      'contract bank   new',
      ' + table accounts',
      ' + function open_account(owner text, balance numeric(15,2)) → void',
      ' + function transfer(sender text, recipient text, amount numeric(15,2)) → text',
      ' + function pay(sender text, recipient text, amount numeric(15,2)) → text',
    ]);
    await withBank(test, { alice: '100', bob: '50' });
    const head = repository.head.block.id;
    expect(await lines(bankSource)).toEqual(['contract bank   defines the same']);
    const unmigrated = await repository.contractDiff({ name: 'bank', source: second });
    expect(unmigrated).toMatchObject({ refused: { code: 'AERGO_CONTRACT_MIGRATION' } });
    expect(unmigrated.definitions).toHaveLength(5);
    const half = { name: 'bank', source: second, migrate: 'ALTER TABLE accounts ADD COLUMN kind text;' };
    expect(await repository.contractDiff(half)).toMatchObject({ refused: { code: 'AERGO_CONTRACT_MIGRATION' } });
    await expect(repository.contractDiff({ ...half, migrate: 'DROP ROLE eve;' })).rejects.toMatchObject({
      code: 'AERGO_CONTRACT_REFUSED',
    });
    expect(await lines(second, migrate)).toEqual([
      'contract bank   5 definitions changed',
      ' ~ table accounts',
      '     + kind text NOT NULL',
      '     ~ balance numeric(15,2) NOT NULL → numeric(18,3) NOT NULL',
      ' ~ function open_account(owner text, balance numeric(15,2)) → void   (what it does)',
      ' ~ function transfer(sender text, recipient text, amount numeric(15,2)) → text   (what it does)',
      ' + function settle(sender text, recipient text, amount numeric(15,2)) → text',
      ' - function pay(sender text, recipient text, amount numeric(15,2)) → text',
      'bank.accounts   2 rows changed   schema changed',
      ' ~ alice   kind      –      → private',
      '           balance   100.00 → 100.000',
      ' ~ bob     kind      –      → private',
      '           balance    50.00 → 50.000',
    ]);
    expect(repository.head.block.id).toBe(head);
    expect(await repository.get('bank.accounts', ['alice'])).toMatchObject({ row: { balance: '100.00' } });
    await repository.call({ contract: 'bank', function: 'pay', args: ['alice', 'bob', '1'], key: test.admin });
  });
});
