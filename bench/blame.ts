/** Who stands behind a row: its way back over a thousand blocks, beside listing those blocks; and a whole table's. */
import { Repository } from '../src/repository.ts';
import { argumentsOf, randomPayments } from './payments.ts';
import { median, type Report, timed } from './report.ts';
import { accountName, type Bank, bankWith, fixedOptions, inDirectory } from './setup.ts';

const accounts = 10_000;
const blocks = 1_000;
const largeBlock = 2_000;
const rounds = 5;

export const purpose = `the way of a row back over ${blocks} blocks of a table with ${accounts} rows`;

export async function run(report: Report): Promise<void> {
  await inDirectory(async (directory) => {
    const bank = await bankWith(directory, accounts, '1000.00');
    const { repository, admin } = bank;
    const sealed = await repository.submit(transfers(blocks, accounts, 1), { key: admin, sealer: admin, blockSize: 1 });
    report.holds('each transfer has a block', sealed.blocks.length, blocks);
    await repository.close();
    await ofOneRow(report, bank.directory);
    await ofTheTable(report, bank);
  });
}

async function ofOneRow(report: Report, directory: string): Promise<void> {
  const times = { log: [] as number[], cold: [] as number[], warm: [] as number[] };
  let told = '';
  for (let round = 0; round <= rounds; round++) {
    const listed = await opened(directory, (repository) => timed(() => repository.log({ firstParent: true })));
    const [cold, warm] = await opened(directory, async (repository) => {
      const owner = await unpaidAccount(repository);
      const blame = async () => {
        for await (const { columns } of repository.blame('bank.accounts', [owner]))
          told = columns.map(({ origin }) => origin.transactions.map((one) => one.description).join()).join(' ');
      };
      return [await timed(blame), await timed(blame)] as const;
    });
    if (round === 0) continue;
    times.log.push(listed);
    times.cold.push(cold);
    times.warm.push(warm);
  }
  const reference = { what: 'listing the blocks', value: median(times.log) };
  const what = `blame of a row that only the first of ${blocks + 2} blocks wrote`;
  const target = { limit: 500, is: 'at most' } as const;
  report.figure({ what, value: median(times.cold), unit: 'ms', reference, target });
  report.figure({ what: 'the same again', value: median(times.warm), unit: 'ms', reference });
  report.holds('the import stands behind both columns', told, `import bank.accounts ${accounts} `.repeat(2).trim());
}

/** After a block of many transfers, several of which wrote the same rows. */
async function ofTheTable(report: Report, bank: Bank): Promise<void> {
  await opened(bank.directory, async (repository) => {
    const signers = { key: bank.admin, sealer: bank.admin };
    const reference = { what: 'submitting it', value: 0 };
    reference.value = await timed(() =>
      repository.submit(transfers(largeBlock, 200, 2), { ...signers, blockSize: largeBlock }),
    );
    let several = 0;
    const value = await timed(async () => {
      for await (const { columns } of repository.blame('bank.accounts', []))
        several += columns.filter(({ origin }) => origin.transactions.length !== 1).length;
    });
    report.figure({ what: `blame of all rows, a block of ${largeBlock} run again`, value, unit: 'ms', reference });
    report.holds('each value has one transaction', several, 0);
  });
}

/** Lines of transfers, to be signed as they are submitted. */
const transfers = (count: number, among: number, seed: number): string[] =>
  randomPayments(count, among, seed).map((payment) =>
    JSON.stringify({ kind: 'call', contract: 'bank', function: 'transfer', args: argumentsOf(payment) }),
  );

/** An account that no transfer touched. */
async function unpaidAccount(repository: Repository): Promise<string> {
  for (let index = 0; index < accounts; index++) {
    const owner = accountName(index);
    if ((await repository.get('bank.accounts', [owner]))?.row.balance === '1000.00') return owner;
  }
  return accountName(0);
}

async function opened<T>(directory: string, use: (repository: Repository) => Promise<T>): Promise<T> {
  const repository = await Repository.open(directory, fixedOptions('opened'));
  try {
    return await use(repository);
  } finally {
    await repository.close();
  }
}
