/** Import of 1,000,000 rows in shuffled order, with their constraints, as one signed durable block. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { profileLayers } from './layer-profile.ts';
import { PlainPostgres } from './plain-postgres.ts';
import { type Report, timed } from './report.ts';
import { accountName, inDirectory, newBank, randomNumbers } from './setup.ts';

const count = 1_000_000;

export const purpose = `${count.toLocaleString('en-US')} rows in shuffled order, with key and CHECK, as one durable block`;

export async function run(report: Report): Promise<void> {
  const rows = shuffledRows();
  const cents = rows.reduce((sum, [, balance = '0']) => sum + Math.round(Number(balance) * 100), 0);
  let shares = new Map<string, number>();
  let import_ms = 0;
  await inDirectory(async (directory) => {
    const { repository, admin, directory: place } = await newBank(directory, 'import');
    try {
      const given = async function* () {
        yield* rows;
      };
      const options = { table: 'bank.accounts', columns: ['owner', 'balance'], key: admin };
      shares = await profileLayers(async () => {
        import_ms = await timed(() => repository.importRows({ ...options, rows: given() }));
      });
      const peak_bytes = process.resourceUsage().maxRSS * 1_024;
      const plain_ms = await copyPlain(report, rows, cents);
      const reference = { what: 'COPY into plain PGlite', value: plain_ms / 1_000 };
      report.figure({
        what: 'import',
        value: import_ms / 1_000,
        unit: 's',
        reference,
        target: { limit: 30, is: 'at most' },
      });
      report.shares('the main thread', shares);
      report.count('resident at most, the rows given among it', peak_bytes / 2 ** 20, 'MiB');
      const text_bytes = rows.reduce((sum, row) => sum + row.join('\t').length + 1, 0);
      const megabytes = (bytes: number): number => bytes / 1_000_000;
      const reference_bytes = { what: 'the rows as text', value: megabytes(text_bytes) };
      report.figure({
        what: 'repository',
        value: megabytes(repository.sizes().volumes),
        unit: 'MB',
        reference: reference_bytes,
      });
      report.figure({
        what: 'its index, deletable',
        value: megabytes(repository.sizes().index),
        unit: 'MB',
        reference: reference_bytes,
      });
      report.figure({
        what: 'its SQL cache, deletable',
        value: megabytes(sizeOf(join(place, 'cache'))),
        unit: 'MB',
        reference: reference_bytes,
      });
      const answer = await repository.query('SELECT count(*), sum(balance) * 100 FROM bank.accounts');
      report.holds('the engine counts all rows', answer.rows[0]?.[0], String(count));
      report.holds('and their sum', Number(answer.rows[0]?.[1]), cents);
      const [owner = '', balance] = rows[count >>> 1] ?? [];
      report.holds(
        'a row in the middle is there',
        (await repository.get('bank.accounts', [owner]))?.row.balance,
        balance,
      );
      const again = repository.importRows({ ...options, rows: firstOf(rows) });
      report.holds(
        'a key that is there is refused',
        await again.then(
          () => 'taken',
          (error: { code?: string }) => error.code,
        ),
        'AERGO_CONSTRAINT',
      );
    } finally {
      await repository.close();
    }
  });
}

async function* firstOf(rows: readonly string[][]): AsyncGenerator<string[]> {
  yield* rows.slice(0, 1);
}

function shuffledRows(): string[][] {
  const random = randomNumbers(1);
  const rows = Array.from({ length: count }, (_, index) => [
    accountName(index),
    (random(100_000_000) / 100).toFixed(2),
  ]);
  for (let last = rows.length - 1; last > 0; last--) {
    const other = random(last + 1);
    const row = rows[last];
    const moved = rows[other];
    if (row === undefined || moved === undefined) throw new Error('shuffled beyond the rows');
    rows[last] = moved;
    rows[other] = row;
  }
  return rows;
}

async function copyPlain(report: Report, rows: readonly string[][], cents: number): Promise<number> {
  const plain = await PlainPostgres.open();
  try {
    const time = await timed(() => plain.copy(rows));
    report.holds('plain PGlite has the same sum', (await plain.totals()).cents, cents);
    return time;
  } finally {
    await plain.close();
  }
}

function sizeOf(directory: string): number {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).size, 0);
}
