/**
 * Signed SQL transfers end to end: lines in; decoded, signatures checked, run, pages made, sealed, durable; blocks of 1,000,
 * 10,000 accounts, 100 authors. In turn with it, block by block: the same function in the engine alone and in plain PGlite.
 */

import { checkSignature, decodeTransaction } from '../src/ledger/transaction.ts';
import { BareEngine } from './bare-engine.ts';
import { profileLayers } from './layer-profile.ts';
import { argumentsOf, balancesAfter, type Payment, randomPayments, signPayments, wrongBalances } from './payments.ts';
import { PlainPostgres } from './plain-postgres.ts';
import { median, type Report, timed } from './report.ts';
import { accountName, type Bank, bankWith, inDirectory } from './setup.ts';

const accounts = 10_000;
const openingCents = 1_000_000;
const blockSize = 1_000;
const rounds = 6;
const blocksPerRound = 2;

export const purpose = `signed transfers, blocks of ${blockSize} durable one by one, ${accounts} accounts, 100 authors`;

export async function run(report: Report): Promise<void> {
  await inDirectory(async (directory) => {
    const bank = await bankWith(directory, accounts, (openingCents / 100).toFixed(2));
    const opening = Array.from({ length: accounts }, (_, index) => [
      accountName(index),
      (openingCents / 100).toFixed(2),
    ]);
    const engine = await BareEngine.open(opening);
    const plain = await PlainPostgres.open();
    await plain.copy(opening);
    try {
      await measure(report, bank, engine, plain);
    } finally {
      await Promise.all([engine.close(), plain.close(), bank.repository.close()]);
    }
  });
}

async function measure(report: Report, bank: Bank, engine: BareEngine, plain: PlainPostgres): Promise<void> {
  const { repository, admin } = bank;
  const perRound = blockSize * blocksPerRound;
  const paid: Payment[] = [];
  const rates = { signed: [] as number[], engine: [] as number[], plain: [] as number[], checks: [] as number[] };
  let bytes = 0;
  let applied = 0;
  // The first round warms everything up and is not counted.
  for (let round = 0; round <= rounds; round++) {
    const payments = randomPayments(perRound, accounts, round);
    const lines = signPayments(bank, payments);
    paid.push(...payments);
    const before = repository.sizes().volumes;
    const times = {
      signed: await timed(async () => {
        const result = await repository.submit(lines, { sealer: admin, blockSize });
        applied += result.applied.length;
      }),
      engine: await timed(() => engine.pay(payments)),
      plain: await timed(() => plain.pay(payments)),
      checks: await timed(() => {
        for (const line of lines) checkSignature(repository.id, decodeTransaction(repository.id, line));
      }),
    };
    if (round === 0) continue;
    bytes += repository.sizes().volumes - before;
    for (const [name, time] of Object.entries(times)) rates[name as keyof typeof rates].push((perRound * 1_000) / time);
  }
  const signed = median(rates.signed);
  const target = { limit: 2_000, is: 'at least' } as const;
  report.figure({
    what: 'signed transfers',
    value: signed,
    unit: '/s',
    reference: { what: 'the engine alone', value: median(rates.engine) },
    target,
  });
  report.figure({
    what: 'signed transfers',
    value: signed,
    unit: '/s',
    reference: { what: 'plain PGlite', value: median(rates.plain) },
  });
  report.figure({
    what: 'signed transfers',
    value: signed,
    unit: '/s',
    reference: { what: 'decoding and checking signatures alone', value: median(rates.checks) },
  });
  report.count('repository', bytes / (rounds * perRound), 'bytes a transfer');
  report.holds('every signed transfer took effect', applied, paid.length);
  report.holds(
    'all balances are those of the payments',
    await wrongBalances(bank, balancesAfter(accounts, openingCents, paid)),
    0,
  );
  report.holds('plain PGlite has the same sum', (await plain.totals()).cents, accounts * openingCents);
  await refusesForged(report, bank);
  const more = signPayments(bank, randomPayments(perRound, accounts, rounds + 1));
  report.shares('the main thread', await profileLayers(() => repository.submit(more, { sealer: admin, blockSize })));
}

/** The run does check signatures: an amount that another wrote in is noticed. */
async function refusesForged(report: Report, bank: Bank): Promise<void> {
  const [line = ''] = signPayments(bank, randomPayments(1, accounts, 999));
  const [payment] = randomPayments(1, accounts, 999);
  const amount = payment === undefined ? '' : (argumentsOf(payment)[2] ?? '');
  const forged = line.replace(`"${amount}"`, '"9999.00"');
  const { rejected } = await bank.repository.submit([forged], { sealer: bank.admin });
  report.holds('a forged amount is refused', rejected[0]?.error.code, 'AERGO_SIGNATURE_INVALID');
}
