/** Agreed and rows merges of branches that deployed the same new versions of a contract, each by itself. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conflictId } from '../../src/merge/conflict.ts';
import { balancesOf } from '../support/additive-bank.ts';
import { bankSource, newRepository, type TestRepository } from '../support/repository.ts';

const bankWith = (answer: string): string => `${bankSource}
CREATE FUNCTION add(who text, amount numeric(15,2)) RETURNS text AS $$
BEGIN
    UPDATE accounts SET balance = balance + amount WHERE owner = who;
    RETURN 'OK';
END
$$;
CREATE FUNCTION settle(table_name text, key jsonb, base jsonb, ours jsonb, theirs jsonb) RETURNS jsonb AS $$
BEGIN
    IF ours IS NULL OR theirs IS NULL THEN RAISE EXCEPTION '% is closed on one side', key->>0; END IF;
    RETURN ${answer};
END
$$;
`;

const additive = bankWith(`ours || jsonb_build_object('balance', (
        (ours->>'balance')::numeric + (theirs->>'balance')::numeric - coalesce((base->>'balance')::numeric, 0))::text)`);

interface Version {
  readonly source: string;
  readonly migrate?: string;
}

const balanceColumn = 'balance numeric(15,2) NOT NULL CHECK (balance >= 0)';

/** Each on the one before: a column without a value, one with a value, another scale, another constraint. */
function versionsOf(first: string): [Version, Version, ...Version[]] {
  const withColumns = (...columns: string[]) => first.replace(balanceColumn, columns.join(',\n    '));
  const insert = 'INSERT INTO accounts VALUES (open_account.owner, open_account.balance)';
  const named = (source: string) =>
    source.replace(insert, insert.replace('accounts VALUES', 'accounts (owner, balance) VALUES'));
  const [phone, kind] = ['phone text', "kind text NOT NULL DEFAULT 'private'"];
  return [
    { source: named(first) },
    { source: named(withColumns(balanceColumn, phone)), migrate: 'ALTER TABLE accounts ADD COLUMN phone text;' },
    {
      source: named(withColumns(balanceColumn, phone, kind)),
      migrate: `ALTER TABLE accounts ADD COLUMN ${kind};`,
    },
    {
      source: named(withColumns(balanceColumn.replace('15,2', '18,4'), phone, kind)),
      migrate: 'ALTER TABLE accounts ALTER COLUMN balance TYPE numeric(18,4);',
    },
    {
      source: named(withColumns(balanceColumn.replace('15,2', '18,4').replace('>= 0', '> -1'), phone, kind)),
      migrate: '-- the columns are the same',
    },
  ];
}

const deploy = ({ repository, admin }: TestRepository, { source, migrate }: Version, on = 'main') =>
  repository.deploy({ name: 'bank', source, key: admin, on, ...(migrate === undefined ? {} : { migrate }) });

async function bank(first: Version, balances: Readonly<Record<string, string>>): Promise<TestRepository> {
  const test = await newRepository();
  await deploy(test, first);
  const lines = Object.entries(balances).map((args) =>
    JSON.stringify({ args, contract: 'bank', function: 'open_account', kind: 'call' }),
  );
  await test.repository.submit(lines, { sealer: test.admin, key: test.admin });
  return test;
}

const call = ({ repository, admin: key }: TestRepository, on: string, name: string, ...args: string[]) =>
  repository.call({ contract: 'bank', function: name, args, key, on });

describe('both sides deployed the same version', { timeout: 60_000 }, () => {
  it('and what one side alone changed is taken, whatever the resolver would say', async () => {
    const [first, second] = versionsOf(bankWith('ours'));
    const test = await bank(first, { alice: '1', bob: '1' });
    await test.repository.createBranch('side', '@', { mergeContract: 'bank.settle' });
    await deploy(test, second);
    await deploy(test, second, 'side');
    await call(test, 'side', 'add', 'bob', '2');
    const { conflicts } = await test.repository.merge({ source: 'side', sealer: test.admin });
    expect(conflicts).toMatchObject({ total: 0 });
    expect(await balancesOf(test)).toBe('alice 1.00, bob 3.00');
    await test.repository.verify();
  });

  it('and the resolver is asked about what both changed to the same, with the base in the new columns', async () => {
    const versions = versionsOf(additive);
    const test = await bank(versions[0], { alice: '1', bob: '1', carol: '1' });
    await test.repository.createBranch('side', '@', { mergeContract: 'bank.settle' });
    for (const on of ['main', 'side']) {
      for (const version of versions.slice(1, 4)) await deploy(test, version, on);
      await call(test, on, 'add', 'bob', '10');
    }
    await call(test, 'main', 'add', 'carol', '2');
    await call(test, 'side', 'add', 'carol', '3');
    await test.repository.merge({ source: 'side', sealer: test.admin });
    expect(await balancesOf(test)).toBe('alice 1.0000, bob 21.0000, carol 6.0000');
    const shown = await test.repository.show('@');
    const row = { owner: 'bob', balance: '11.0000', phone: null, kind: 'private' };
    expect(shown.kind === 'block' && shown.conflicts).toMatchObject([
      {
        key: ['bob'],
        base: { ...row, balance: '1.00' },
        ours: row,
        theirs: row,
        result: { ...row, balance: '21.0000' },
      },
      { key: ['carol'], result: { balance: '6.0000' } },
    ]);
    await test.repository.verify();
  });

  it('and people are asked only about what both changed', async () => {
    const [first, second] = versionsOf(bankSource);
    const test = await bank(first, { alice: '5', bob: '5', carol: '5' });
    await test.repository.createBranch('side', '@');
    for (const on of ['main', 'side']) await deploy(test, second, on);
    await call(test, 'main', 'pay', 'alice', 'bob', '1');
    await call(test, 'side', 'pay', 'carol', 'bob', '2');
    const { conflicts } = await test.repository.merge({ source: 'side', rows: true, sealer: test.admin, dryRun: true });
    expect(conflicts?.left).toMatchObject([
      { kind: 'row', key: ['bob'], base: '{"balance":"5.00","owner":"bob","phone":null}\n' },
    ]);
    const only = conflicts?.left[0];
    // What the base has can be chosen: it is a row of the table as it is now.
    const choices = new Map(only === undefined ? [] : [[conflictId(only), { row: only.base }]]);
    await test.repository.merge({ source: 'side', rows: true, sealer: test.admin, choices });
    expect(await balancesOf(test)).toBe('alice 4.00, bob 5.00, carol 3.00');
    await test.repository.verify();
  });
});

const owners = ['alice', 'bob', 'carol'];
const branch = fc.constantFrom('main', 'side');
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ on: branch, who: fc.constantFrom(...owners), amount: fc.integer({ min: 1, max: 2 }) }),
  },
  { weight: 2, arbitrary: fc.record({ on: branch, does: fc.constant('deploy' as const) }) },
  { weight: 2, arbitrary: fc.record({ on: branch, does: fc.constant('merge' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

/** Two branches of a bank, and what each is known to contain. */
class Bank {
  readonly test: TestRepository;
  readonly versions = versionsOf(additive);
  readonly version = { main: 0, side: 0 };
  readonly additions = { main: new Map<number, [string, number]>(), side: new Map<number, [string, number]>() };
  made = 0;
  /** Merges that found new versions on both sides. */
  merges = 0;
  mergedVersion = 0;

  constructor(test: TestRepository) {
    this.test = test;
  }

  async take(step: Step): Promise<void> {
    const on = step.on === 'main' ? 'main' : 'side';
    if ('who' in step) {
      await call(this.test, on, 'add', step.who, String(step.amount));
      this.made += 1;
      this.additions[on].set(this.made, [step.who, step.amount]);
    } else if (step.does === 'deploy') await this.deployUpTo(on, this.version[on] + 1);
    else await this.mergeInto(on);
  }

  async deployUpTo(on: 'main' | 'side', to: number): Promise<void> {
    for (const version of this.versions.slice(this.version[on] + 1, to + 1)) {
      await deploy(this.test, version, on);
      this.version[on] += 1;
    }
  }

  async mergeInto(into: 'main' | 'side'): Promise<void> {
    const source = into === 'main' ? 'side' : 'main';
    const version = Math.max(this.version.main, this.version.side);
    for (const on of ['main', 'side'] as const) await this.deployUpTo(on, version);
    const merged = await this.test.repository.merge({ source, into, sealer: this.test.admin });
    expect(merged.pending).toBe(false);
    for (const [number, addition] of this.additions[source]) this.additions[into].set(number, addition);
    const expected = new Map(owners.map((owner) => [owner, 10]));
    for (const [owner, amount] of this.additions[into].values())
      expected.set(owner, (expected.get(owner) ?? 0) + amount);
    const found = (await balancesOf(this.test, into)).split(', ').map((text) => text.split(' '));
    expect(new Map(found.map(([owner = '', balance]) => [owner, Number(balance)]))).toEqual(expected);
    if (version > this.mergedVersion) this.merges += 1;
    this.mergedVersion = version;
  }
}

it('whatever was deployed on both sides, each addition is there once', { timeout: 300_000 }, async () => {
  let merges = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 16, size: 'max' }), async (steps) => {
      const two = new Bank(await bank(versionsOf(additive)[0], Object.fromEntries(owners.map((name) => [name, '10']))));
      await two.test.repository.createBranch('side', '@', { mergeContract: 'bank.settle' });
      for (const one of steps) await two.take(one);
      await two.mergeInto('main');
      await two.mergeInto('side');
      await two.test.repository.verify();
      merges += two.merges;
    }),
    { numRuns: 4, seed: 7 },
  );
  expect(merges).toBeGreaterThan(3);
});
