/**
 * Merges row by row: scattered changes of a large table, conflicts that the contract's resolver settles, and conflicts that
 * people settle all alike. Each beside the same rows merged or changed by running transactions, in the same process.
 */
import { conflictId } from '../src/merge/conflict.ts';
import type { MergeResult } from '../src/repository/merge.ts';
import { measured, median, type Report, timed } from './report.ts';
import { accountName, type Bank, bankSource, bankWith, inDirectory } from './setup.ts';

const rows = 1_000_000;
const changes = 1_000;
const rounds = 5;
const conflicts = 10_000;
const many = 100_000;
const openingCents = 100_000;

const source = `${bankSource}
CREATE FUNCTION raise_all(first text, last text, amount numeric(15,2)) RETURNS void AS $$
BEGIN
    UPDATE accounts SET balance = balance + amount WHERE owner >= first AND owner <= last;
END
$$ LANGUAGE plpgsql;

CREATE FUNCTION settle(table_name text, key jsonb, base jsonb, ours jsonb, theirs jsonb) RETURNS jsonb AS $$
BEGIN
    RETURN jsonb_build_object('owner', key->>0, 'balance', (
        (ours->>'balance')::numeric + (theirs->>'balance')::numeric - (base->>'balance')::numeric)::text);
END
$$ LANGUAGE plpgsql;
`;

export const purpose = `agreed merges of ${changes} scattered rows a side in ${rows}, and of ${conflicts} conflicts; ${many} conflicts settled by people`;

export async function run(report: Report): Promise<void> {
  await inDirectory(async (directory) => {
    const bank = await bankWith(directory, rows, (openingCents / 100).toFixed(2), source);
    try {
      await scattered(report, bank);
      await byContract(report, bank);
    } finally {
      await bank.repository.close();
    }
  });
  await byPeople(report);
}

/** Signs deposits to accounts for a branch. */
function deposits({ repository, admin }: Bank, on: string, accounts: readonly number[]): string[] {
  return accounts.map((account) =>
    repository.sign(
      { kind: 'call', contract: 'bank', function: 'deposit', args: [accountName(account), '1'] },
      admin,
      on,
    ),
  );
}

const places = (count: number, of: number, shift: number): number[] =>
  Array.from({ length: count }, (_, at) => Math.floor((at + shift) * (of / count)));

async function scattered(report: Report, bank: Bank): Promise<void> {
  const { repository, admin: sealer } = bank;
  const times = { agreed: [] as number[], automatic: [] as number[], processor: [] as number[] };
  let upset = 0;
  // The first round warms everything up and is not counted.
  for (let round = 0; round <= rounds; round++) {
    const shift = (round + 0.25) / (2 * (rounds + 1));
    const ours = places(changes, rows, shift);
    const theirs = places(changes, rows, shift + 0.5);
    const [plain, byRows] = [`plain-${round}`, `agreed-${round}`];
    await repository.createBranch(plain);
    await repository.createBranch(byRows, '@', { mergeContract: 'bank.settle' });
    for (const branch of [plain, byRows])
      await repository.submit(deposits(bank, branch, theirs), { sealer, on: branch });
    await repository.submit(deposits(bank, 'main', ours), { sealer, on: 'main' });
    // As a process that stays does: the engine stands on the target's rows.
    const automatic_ms = await timed(() => repository.merge({ source: plain, into: 'main', sealer, dryRun: true }));
    const agreed = await measured(async () => {
      const { conflicts: met } = await repository.merge({ source: byRows, into: 'main', sealer });
      upset += met?.total ?? Number.NaN;
    });
    if (round === 0) continue;
    times.automatic.push(automatic_ms);
    times.agreed.push(agreed.time_ms);
    times.processor.push(agreed.processor_ms);
  }
  report.figure({
    what: `agreed merge, ${changes} scattered rows a side of ${rows}`,
    value: median(times.agreed),
    unit: 'ms',
    reference: { what: 'the same rows merged by running their transactions again', value: median(times.automatic) },
    target: { limit: 400, is: 'at most' },
  });
  report.count('processor time of it, all threads', median(times.processor), 'ms');
  report.holds('none of those rows conflicts', upset, 0);
  const total = (rounds + 1) * 2 * changes * 100 + rows * openingCents;
  report.holds('the money is what was there and came in on both sides', await cents(bank), total);
}

async function byContract(report: Report, bank: Bank): Promise<void> {
  const { repository, admin: sealer } = bank;
  const before = await cents(bank);
  await repository.createBranch('both', '@', { mergeContract: 'bank.settle' });
  await raise(bank, 'both', conflicts, '2');
  const changed_ms = await timed(() => raise(bank, 'main', conflicts));
  let result: MergeResult | undefined;
  const merged = await measured(async () => {
    result = await repository.merge({ source: 'both', into: 'main', sealer });
  });
  report.figure({
    what: `${conflicts} conflicts settled by the contract`,
    value: merged.time_ms,
    unit: 'ms',
    reference: { what: 'as many rows changed by a call', value: changed_ms },
    target: { limit: 5_000, is: 'at most' },
  });
  report.count('processor time of it, all threads', merged.processor_ms, 'ms');
  report.holds('each is settled by the contract', result?.conflicts?.byContract, conflicts);
  report.holds('both changes are in the sum', await cents(bank), before + 3 * conflicts * 100);
}

/** Ten times the conflicts must not take much more than ten times the time. */
async function byPeople(report: Report): Promise<void> {
  const times: number[] = [];
  for (const count of [conflicts, many]) {
    await inDirectory(async (directory) => {
      const bank = await bankWith(directory, count, (openingCents / 100).toFixed(2), source);
      try {
        times.push(await takeTheirs(report, bank, count));
      } finally {
        await bank.repository.close();
      }
    });
  }
  const [few = Number.NaN, all = Number.NaN] = times;
  report.figure({
    what: `${many} conflicts settled by people`,
    value: all,
    unit: 'ms',
    reference: { what: `${conflicts} settled so`, value: few },
    target: { limit: (1.5 * many) / conflicts, is: 'at most', of: 'ratio' },
  });
}

async function takeTheirs(report: Report, bank: Bank, count: number): Promise<number> {
  const { repository, admin: sealer } = bank;
  await repository.createBranch('theirs');
  await raise(bank, 'theirs', count, '2');
  await raise(bank, 'main', count);
  const options = { source: 'theirs', into: 'main', sealer, rows: true };
  let sealed: MergeResult | undefined;
  const taken_ms = await timed(async () => {
    const { conflicts: met } = await repository.merge({ ...options, dryRun: true });
    const choices = new Map(met?.left.map((conflict) => [conflictId(conflict), { row: conflict.theirs }]));
    sealed = await repository.merge({ ...options, choices });
  });
  report.holds(`all ${count} have their choice`, sealed?.block?.counts.conflicts, count);
  report.holds('and it is theirs', await cents(bank), count * (openingCents + 200));
  return taken_ms;
}

/** Raises the first accounts, ten thousand a call. */
async function raise({ repository, admin }: Bank, on: string, count: number, amount = '1'): Promise<void> {
  const calls = Array.from({ length: count / 10_000 }, (_, at) => {
    const [first, last] = [accountName(at * 10_000), accountName(at * 10_000 + 9_999)];
    return repository.sign(
      { kind: 'call', contract: 'bank', function: 'raise_all', args: [first, last, amount] },
      admin,
      on,
    );
  });
  await repository.submit(calls, { sealer: admin, on });
}

/** All money, in cents. */
async function cents({ repository }: Bank): Promise<number> {
  const { rows: answer } = await repository.query('SELECT sum(balance) * 100 FROM bank.accounts');
  return Number(answer[0]?.[0]);
}
