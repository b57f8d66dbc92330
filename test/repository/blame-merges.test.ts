/** Who stands behind a value that came by a merge row by row, or was decided in one; and the history of such a row. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { lastWriters, rowKey } from '../../src/ledger/writers.ts';
import { type Conflict, conflictId } from '../../src/merge/conflict.ts';
import type { ValueOrigin } from '../../src/repository/blame.ts';
import { openContext } from '../../src/repository/init.ts';
import type { Repository } from '../../src/repository.ts';
import { Store } from '../../src/store/store.ts';
import { closeQuietly, fixedOptions, newRepository, type TestRepository } from '../support/repository.ts';

/** Balances are added; of a phone that both changed ours stands; two notes are for people. */
const source = `
CREATE TABLE accounts (owner text PRIMARY KEY, balance numeric(15,2) NOT NULL, phone text, note text);
CREATE FUNCTION put(who text, amount numeric(15,2), phone text, note text) RETURNS void AS $$
BEGIN
    INSERT INTO accounts VALUES (who, amount, put.phone, put.note)
    ON CONFLICT (owner) DO UPDATE SET balance = excluded.balance, phone = excluded.phone, note = excluded.note;
END
$$;
CREATE FUNCTION settle(table_name text, key jsonb, base jsonb, ours jsonb, theirs jsonb) RETURNS jsonb AS $$
BEGIN
    IF ours->>'note' IS DISTINCT FROM theirs->>'note' THEN RAISE EXCEPTION 'two notes'; END IF;
    RETURN ours || jsonb_build_object('balance', (
        (ours->>'balance')::numeric + (theirs->>'balance')::numeric - coalesce((base->>'balance')::numeric, 0))::text);
END
$$;
`;

type Values = readonly [amount: string, phone: string | null, note: string | null];

const put = ({ repository, admin: key }: TestRepository, on: string, who: string, values: Values) =>
  repository.call({ contract: 'bank', function: 'put', args: [who, ...values], key, on });

/** Base 2: alice, bob, carol. Then each in a way of its own on both sides. */
async function merged(rows = false): Promise<TestRepository> {
  const test = await newRepository('blame merges');
  const { repository, admin: key } = test;
  await repository.deploy({ name: 'bank', source, key });
  for (const who of ['alice', 'bob', 'carol']) await put(test, 'main', who, ['10', '1', 'n']);
  await repository.createBranch('side', '@', rows ? {} : { mergeContract: 'bank.settle' });
  await put(test, 'side', 'alice', ['11', '2', 'n']);
  await put(test, 'side', 'bob', ['13', '1', 'theirs']);
  await put(test, 'side', 'carol', ['10', '1', 'side']);
  await put(test, 'main', 'alice', ['12', '3', 'n']);
  await put(test, 'main', 'bob', ['10', '4', 'ours']);
  const options = { source: 'side', sealer: key, ...(rows ? { rows } : {}) };
  const { conflicts } = await repository.merge({ ...options, dryRun: true });
  const choices = new Map((conflicts?.left ?? []).map((conflict) => [conflictId(conflict), { row: chosen(conflict) }]));
  await repository.merge({ ...options, choices });
  return test;
}

/** A person takes theirs, with our phone. */
const chosen = ({ ours, theirs }: Conflict): string | null => {
  if (ours === null || theirs === null) return theirs;
  return `${JSON.stringify({ ...JSON.parse(theirs), phone: JSON.parse(ours).phone })}\n`;
};

/** `bank.put … @ 3 main`, or of what a merge decided `@ 9 main contract bank.settle new (ours …; theirs …)`. */
function told({ block, transactions, decision }: ValueOrigin): string {
  const where = `${transactions.map(({ description }) => description).join(' | ')} @ ${block.height} ${block.branch}`;
  if (decision === undefined) return where;
  const from = (decision.from ?? []).map(
    ({ side, value, origin }) => `${side} ${value} ${origin === undefined ? '?' : told(origin)}`,
  );
  return `${where} ${[decision.by, decision.resolver].filter(Boolean).join(' ')} ${decision.took} (${from.join('; ')})`;
}

async function blamed(repository: Repository, owner: string, at?: string): Promise<Record<string, string>> {
  for await (const { columns } of repository.blame('bank.accounts', [owner], at))
    return Object.fromEntries(columns.map(({ column, origin }) => [column, told(origin)]));
  return {};
}

describe('blame through merges row by row', { timeout: 120_000 }, () => {
  it('names the resolver and what it took, or what it made a new value of', async () => {
    const { repository } = await merged();
    expect(await blamed(repository, 'alice')).toEqual({
      owner: 'bank.put alice 10 1 n @ 2 main',
      balance:
        ' @ 7 main contract bank.settle new (ours 12.00 bank.put alice 12 3 n @ 5 main; theirs 11.00 bank.put alice 11 2 n @ 5 side)',
      phone: ' @ 7 main contract bank.settle ours (ours 3 bank.put alice 12 3 n @ 5 main)',
      note: 'bank.put alice 10 1 n @ 2 main',
    });
  });

  it('names the person who chose, with the transaction that says so', async () => {
    const { repository, admin } = await merged();
    expect(await blamed(repository, 'bob')).toEqual({
      owner: 'bank.put bob 10 1 n @ 3 main',
      balance: 'resolve 1 @ 7 main person theirs (theirs 13.00 bank.put bob 13 1 theirs @ 6 side)',
      phone: 'resolve 1 @ 7 main person ours (ours 4 bank.put bob 10 4 ours @ 6 main)',
      note: 'resolve 1 @ 7 main person theirs (theirs theirs bank.put bob 13 1 theirs @ 6 side)',
    });
    const { changes } = await repository.rowLog('bank.accounts', ['bob']);
    expect(changes[0]).toMatchObject({ decidedBy: 'person', transactions: [{ author: admin.id, name: 'ada' }] });
    const people = await merged(true);
    expect((await blamed(people.repository, 'alice')).balance).toBe(
      'resolve 2 @ 7 main person theirs (theirs 11.00 bank.put alice 11 2 n @ 5 side)',
    );
  });

  it('goes to the side that a row came from, and on through what is built on the merge', async () => {
    const test = await merged();
    const { repository } = test;
    expect(await blamed(repository, 'carol')).toEqual({
      owner: 'bank.put carol 10 1 n @ 4 main',
      balance: 'bank.put carol 10 1 n @ 4 main',
      phone: 'bank.put carol 10 1 n @ 4 main',
      note: 'bank.put carol 10 1 side @ 7 side',
    });
    await put(test, 'main', 'alice', ['23', '3', 'n']);
    expect(await blamed(repository, 'alice')).toMatchObject({
      balance: 'bank.put alice 23 3 n @ 8 main',
      phone: ' @ 7 main contract bank.settle ours (ours 3 bank.put alice 12 3 n @ 5 main)',
    });
  });

  it('tells a few of many merges that decided the same value one after the other, and stays quick', async () => {
    const test = await merged();
    const { repository, admin: sealer } = test;
    for (let round = 0; round < 6; round++) {
      await put(test, 'main', 'alice', [`${100 + 2 * round}`, '3', 'n']);
      await put(test, 'side', 'alice', [`${201 + 5 * round}`, '3', 'n']);
      await repository.createBranch(`main-${round}`, 'main');
      await repository.merge({ source: 'side', sealer });
      await repository.merge({ source: `main-${round}`, into: 'side', sealer });
      await repository.merge({ source: 'side', into: 'main', sealer });
    }
    const { balance = '' } = await blamed(repository, 'alice');
    expect(balance.match(/ @ /g)?.length).toBeLessThan(16);
  });

  it('has the whole history of a row: the decision, and what either side did before', async () => {
    const { repository } = await merged();
    const history = async (owner: string) =>
      (await repository.rowLog('bank.accounts', [owner])).changes.map(
        ({ block, decidedBy, before, after }) =>
          `${block.height} ${block.branch}: ${before?.balance ?? '-'} → ${after?.balance ?? '-'}${decidedBy ? ` ${decidedBy}` : ''}`,
      );
    expect(await history('alice')).toEqual([
      '7 main: 12.00 → 13.00 contract',
      '5 main: 10.00 → 12.00',
      '5 side: 10.00 → 11.00',
      '2 main: - → 10.00',
    ]);
    expect(await history('carol')).toEqual(['7 side: 10.00 → 10.00', '4 main: - → 10.00']);
    const { blocks, next } = await repository.tableLog('bank.accounts');
    expect(next.get(blocks[0]?.id ?? expect.fail())?.length).toBe(2);
    expect(blocks.map(({ height, branch }) => `${height} ${branch}`)).toEqual([
      '7 main',
      '6 main',
      '5 main',
      '7 side',
      '6 side',
      '5 side',
      '4 main',
      '3 main',
      '2 main',
      '1 main',
    ]);
  });

  it('lists a merge that took all of one side, and what the other side had done', async () => {
    const test = await newRepository();
    const { repository, admin: key } = test;
    await repository.deploy({ name: 'bank', source, key });
    await put(test, 'main', 'alice', ['10', '1', 'n']);
    await repository.createBranch('side');
    await put(test, 'side', 'alice', ['11', '1', 'n']);
    await put(test, 'main', 'alice', ['12', '1', 'n']);
    const options = { source: 'side', sealer: key, rows: true };
    const { conflicts } = await repository.merge({ ...options, dryRun: true });
    const choices = new Map((conflicts?.left ?? []).map((one) => [conflictId(one), { row: one.theirs }]));
    await repository.merge({ ...options, choices });
    const { blocks } = await repository.tableLog('bank.accounts');
    expect(blocks.map(({ height, branch }) => `${height} ${branch}`)).toEqual([
      '4 main',
      '3 main',
      '3 side',
      '2 main',
      '1 main',
    ]);
  });

  it('gives the merge as the last writer of what it decided', async () => {
    const test = await merged();
    const head = test.repository.head.block.id;
    const base = await test.repository.resolve('@~3');
    await closeQuietly(test.repository);
    const context = await openContext(test.directory, fixedOptions('context'), Store.open);
    onTestFinished(() => context.close());
    const rows = ['alice', 'bob', 'carol'].map((owner): [string, string] => ['bank.accounts', `${owner}-`]);
    const found = lastWriters(context, head, base, rows);
    const of = (owner: string) => found.get(rowKey('bank.accounts', `${owner}-`));
    expect(of('alice')).toEqual({ block: head, author: test.admin.id, description: 'agreed merge of side' });
    expect(of('bob')).toMatchObject({ block: head, author: test.admin.id, description: 'resolve 1' });
    expect(of('carol')).toMatchObject({ description: 'bank.put carol 10 1 side' });
  });
});
