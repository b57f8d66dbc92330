/** Re-verification from genesis on an empty engine: signatures, structure, every transaction run again, ids compared. */
import { randomPayments, signPayments } from './payments.ts';
import { median, type Report, timed } from './report.ts';
import { bankWith, inDirectory } from './setup.ts';

const accounts = 10_000;
const transactions = 10_000;
/** Submitted before, so that the reference is warm. */
const warming = 2_000;
const rounds = 3;

export const purpose = `${transactions + warming} signed transfers verified again from genesis`;

export async function run(report: Report): Promise<void> {
  await inDirectory(async (directory) => {
    const { repository, ...bank } = await bankWith(directory, accounts, '10000.00');
    try {
      await repository.submit(signPayments({ repository, ...bank }, randomPayments(warming, accounts, 2)), {
        sealer: bank.admin,
      });
      const lines = signPayments({ repository, ...bank }, randomPayments(transactions, accounts, 1));
      const submit_ms = await timed(() => repository.submit(lines, { sealer: bank.admin }));
      const times = { whole: [] as number[], fast: [] as number[] };
      let verified = 0;
      for (let round = 0; round < rounds; round++) {
        times.fast.push(await timed(() => repository.verify({ fast: true })));
        times.whole.push(
          await timed(async () => {
            verified = (await repository.verify()).transactions;
          }),
        );
      }
      const rate = (time_ms: number, count = transactions + warming): number => (count * 1_000) / time_ms;
      const reference = { what: 'submitting', value: rate(submit_ms, transactions) };
      report.figure({
        what: 'verified, an engine and 10,000 rows loaded among it',
        value: rate(median(times.whole)),
        unit: '/s',
        reference,
      });
      report.figure({
        what: 'verified without running (--fast)',
        value: rate(median(times.fast)),
        unit: '/s',
        reference,
      });
      // The deployment and the import beside the transfers.
      report.holds('every transaction was verified', verified, transactions + warming + 2);
    } finally {
      await repository.close();
    }
  });
}
