/**
 * Signed SQL transfers end to end: lines in; decoded, signatures checked, run, pages made, sealed, durable; blocks of 1,000,
 * 10,000 accounts, 100 authors. In turn with it: the same function in the engine alone and in plain PGlite.
 */
import { checkSignature, decodeTransaction } from '../src/ledger/transaction.ts';
import { BareEngine } from './bare-engine.ts';
import { profileLayers } from './layer-profile.ts';
import { argumentsOf, balancesAfter, type Payment, randomPayments, signPayments, wrongBalances } from './payments.ts';
import { PlainPostgres } from './plain-postgres.ts';
import { measured, median, type Report } from './report.ts';
import { accountName, type Bank, bankWith, inDirectory } from './setup.ts';

const accounts = 10_000;
const openingCents = 1_000_000;
const blockSize = 1_000;
const rounds = 5;
const perRound = 4 * blockSize;

export const purpose = `signed transfers, blocks of ${blockSize} durable one by one, ${accounts} accounts, 100 authors`;

const stages = ['signed', 'engine', 'plain', 'checks'] as const;
type Stage = (typeof stages)[number];

export async function run(report: Report): Promise<void> {
  await inDirectory(async (directory) => {
    const balance = (openingCents / 100).toFixed(2);
    const bank = await bankWith(directory, accounts, balance);
    const opening = Array.from({ length: accounts }, (_, index) => [accountName(index), balance]);
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
  const paid: Payment[] = [];
  const taken: Record<Stage, { time_ms: number; processor_ms: number }[]> = {
    signed: [],
    engine: [],
    plain: [],
    checks: [],
  };
  const applied = { signed: 0, engine: 0, plain: 0 };
  let bytes = 0;
  // The first round warms everything up and is not counted.
  for (let round = 0; round <= rounds; round++) {
    const payments = randomPayments(perRound, accounts, round);
    const lines = signPayments(bank, payments);
    paid.push(...payments);
    const before = repository.sizes().volumes;
    const works: Record<Stage, () => unknown> = {
      signed: async () => {
        applied.signed += (await repository.submit(lines, { sealer: admin, blockSize })).applied.length;
      },
      engine: async () => {
        applied.engine += await engine.pay(payments);
      },
      plain: async () => {
        applied.plain += await plain.pay(payments);
      },
      checks: () => {
        for (const line of lines) checkSignature(repository.id, decodeTransaction(repository.id, line));
      },
    };
    for (const stage of stages) {
      const one = await measured(works[stage]);
      if (round > 0) taken[stage].push(one);
    }
    if (round > 0) bytes += repository.sizes().volumes - before;
  }
  tellRates(report, taken);
  report.count('repository', bytes / (rounds * perRound), 'bytes a transfer');
  report.holds('every signed transfer took effect', applied.signed, paid.length);
  report.holds('also in the engine alone', applied.engine, paid.length);
  report.holds('also in plain PGlite', applied.plain, paid.length);
  const expected = balancesAfter(accounts, openingCents, paid);
  report.holds('all balances are those of the payments', await wrongBalances(bank, expected), 0);
  report.holds('plain PGlite has the same sum', (await plain.totals()).cents, accounts * openingCents);
  await refusesForged(report, bank);
  const more = signPayments(bank, randomPayments(perRound, accounts, rounds + 1));
  const shares = await profileLayers(() => repository.submit(more, { sealer: admin, blockSize }));
  report.shares('the main thread, by layer', shares);
}

function tellRates(
  report: Report,
  taken: Readonly<Record<Stage, readonly { time_ms: number; processor_ms: number }[]>>,
): void {
  const rate = (stage: Stage): number => (perRound * 1_000) / median(taken[stage].map(({ time_ms }) => time_ms));
  const processor = (stage: Stage): number =>
    (median(taken[stage].map(({ processor_ms }) => processor_ms)) * 1_000) / perRound;
  const names = {
    engine: 'the engine alone',
    plain: 'plain PGlite',
    checks: 'decoding and checking signatures alone',
  } as const;
  const target = { limit: 2_000, is: 'at least' } as const;
  for (const stage of ['engine', 'plain', 'checks'] as const) {
    const reference = { what: names[stage], value: rate(stage) };
    report.figure({
      what: 'signed transfers',
      value: rate('signed'),
      unit: '/s',
      reference,
      ...(stage === 'engine' ? { target } : {}),
    });
  }
  const best = (stage: Stage): number => (perRound * 1_000) / Math.min(...taken[stage].map(({ time_ms }) => time_ms));
  report.figure({
    what: 'in the best round',
    value: best('signed'),
    unit: '/s',
    reference: { what: names.engine, value: best('engine') },
  });
  const reference = { what: names.engine, value: processor('engine') };
  report.figure({ what: 'processor time a signed transfer', value: processor('signed'), unit: 'µs', reference });
}

/** The run does check signatures: an amount that somebody else wrote in is noticed. */
async function refusesForged(report: Report, bank: Bank): Promise<void> {
  const payments = randomPayments(1, accounts, 999);
  const [line = ''] = signPayments(bank, payments);
  const amount = payments[0] === undefined ? '' : argumentsOf(payments[0])[2];
  const forged = line.replace(`"${amount}"`, '"9999.00"');
  const { rejected } = await bank.repository.submit([forged], { sealer: bank.admin });
  report.holds('a forged amount is refused', rejected[0]?.error.code, 'AERGO_SIGNATURE_INVALID');
}
