/** An automatic merge: transactions run again a second, beside those submitted a second in the same run; then one with drops. */
import { balancesAfter, randomPayments, signPayments, wrongBalances } from './payments.ts';
import { median, type Report, timed } from './report.ts';
import { accountName, type Bank, bankWith, inDirectory } from './setup.ts';

const accounts = 10_000;
const openingCents = 1_000_000;
const transactions = 2_000;
const rounds = 4;
const drops = 100;

export const purpose = `branches of ${transactions} signed transfers merged back, each run again`;

export async function run(report: Report): Promise<void> {
  await inDirectory(async (directory) => {
    const bank = await bankWith(directory, accounts, (openingCents / 100).toFixed(2));
    try {
      await mergeAll(report, bank);
      await mergeWithDrops(report, bank);
    } finally {
      await bank.repository.close();
    }
  });
}

async function mergeAll(report: Report, bank: Bank): Promise<void> {
  const { repository, admin } = bank;
  const rates = { submit: [] as number[], merge: [] as number[] };
  const paid = [];
  let applied = 0;
  // The first round warms everything up and is not counted.
  for (let round = 0; round <= rounds; round++) {
    const branch = `what-if-${round}`;
    await repository.createBranch(branch);
    const theirs = randomPayments(transactions, accounts, 2 * round);
    const ours = randomPayments(transactions, accounts, 2 * round + 1);
    const lines = signPayments(bank, theirs, branch);
    const onMain = signPayments(bank, ours, 'main');
    paid.push(...theirs, ...ours);
    await repository.submit(lines, { sealer: admin, on: branch });
    const submit_ms = await timed(() => repository.submit(onMain, { sealer: admin, on: 'main' }));
    const merge_ms = await timed(async () => {
      const merged = await repository.merge({ source: branch, into: 'main', sealer: admin });
      applied += merged.applied.length;
    });
    if (round === 0) continue;
    rates.submit.push((transactions * 1_000) / submit_ms);
    rates.merge.push((transactions * 1_000) / merge_ms);
  }
  const reference = { what: 'submitting', value: median(rates.submit) };
  report.figure({
    what: 'transactions merged',
    value: median(rates.merge),
    unit: '/s',
    reference,
    target: { limit: 0.8, is: 'at least', of: 'ratio' },
  });
  report.holds('every transaction of the branches took effect', applied, (rounds + 1) * transactions);
  report.holds(
    'all balances are those of both sides',
    await wrongBalances(bank, balancesAfter(accounts, openingCents, paid)),
    0,
  );
}

/** Both sides empty the same accounts: theirs are dropped, and for twenty of them the cause is looked for. */
async function mergeWithDrops(report: Report, bank: Bank): Promise<void> {
  const { repository, admin } = bank;
  await repository.createBranch('spent-twice');
  const rest = randomPayments(transactions, accounts, 77).filter(({ sender }) => sender >= accountName(drops));
  const everything = [];
  for (let index = 0; index < drops; index++) {
    const sender = accountName(index);
    const balance = (await repository.get('bank.accounts', [sender]))?.row.balance;
    everything.push({ sender, recipient: accountName(accounts - 1), cents: Math.round(Number(balance) * 100) });
  }
  await repository.submit(signPayments(bank, [...everything, ...rest], 'spent-twice'), {
    sealer: admin,
    on: 'spent-twice',
  });
  await repository.submit(signPayments(bank, everything, 'main'), { sealer: admin, on: 'main' });
  const dry = { source: 'spent-twice', into: 'main', sealer: admin, dryRun: true } as const;
  const without_ms = await timed(() => repository.merge({ ...dry, causes: 0 }));
  const with_ms = await timed(() => repository.merge(dry));
  const merged = await repository.merge({ ...dry, dryRun: false });
  const reference = { what: 'the same without causes', value: without_ms };
  report.figure({ what: `merge with ${drops} drops, the causes of 20 named`, value: with_ms, unit: 'ms', reference });
  report.holds('each order on spent money is dropped', merged.dropped.length, drops);
  report.holds('and no other', merged.applied.length, rest.length);
  report.holds('twenty have their cause', merged.dropped.filter(({ cause }) => cause !== undefined).length, 20);
}
