/** Import of 1,000,000 rows in shuffled order, with their constraints, as one signed durable block. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { profileLayers } from './layer-profile.ts';
import { PlainPostgres } from './plain-postgres.ts';
import { measured, type Report } from './report.ts';
import { accountName, type Bank, inDirectory, newBank, randomNumbers } from './setup.ts';

const count = 1_000_000;
const columns = ['owner', 'balance'];

export const purpose = `${count.toLocaleString('en-US')} rows in shuffled order, with key and CHECK, as one durable block`;

export async function run(report: Report): Promise<void> {
  const rows = new ShuffledRows();
  await inDirectory(async (directory) => {
    const bank = await newBank(directory, 'import');
    try {
      await measure(report, bank, rows);
    } finally {
      await bank.repository.close();
    }
  });
}

async function measure(report: Report, bank: Bank, rows: ShuffledRows): Promise<void> {
  const { repository, admin: key, directory } = bank;
  const given = async function* () {
    yield* rows;
  };
  let taken = { time_ms: 0, processor_ms: 0 };
  const shares = await profileLayers(async () => {
    taken = await measured(() => repository.importRows({ table: 'bank.accounts', columns, rows: given(), key }));
  });
  const peak_bytes = process.resourceUsage().maxRSS * 1_024;
  const plain = await copyPlain(report, rows);
  const copy = 'COPY into plain PGlite';
  const seconds = (ms: number): number => ms / 1_000;
  report.figure({
    what: 'import',
    value: seconds(taken.time_ms),
    unit: 's',
    reference: { what: copy, value: seconds(plain.time_ms) },
    target: { limit: 30, is: 'at most' },
  });
  const processor = { what: copy, value: seconds(plain.processor_ms) };
  report.figure({ what: 'processor time', value: seconds(taken.processor_ms), unit: 's', reference: processor });
  report.shares('the main thread, by layer', shares);
  report.count('resident at most', peak_bytes / 2 ** 20, 'MiB');
  const reference = { what: 'the rows as text', value: rows.text_bytes / 1_000_000 };
  const sizes = { ...repository.sizes(), cache: sizeOf(join(directory, 'cache')) };
  report.figure({ what: 'repository', value: sizes.volumes / 1_000_000, unit: 'MB', reference });
  report.figure({ what: 'its index, deletable', value: sizes.index / 1_000_000, unit: 'MB', reference });
  report.figure({ what: 'its SQL cache, deletable', value: sizes.cache / 1_000_000, unit: 'MB', reference });
  await checkResult(report, bank, rows);
}

async function checkResult(report: Report, { repository, admin: key }: Bank, rows: ShuffledRows): Promise<void> {
  const [answer] = (await repository.query('SELECT count(*), sum(balance) * 100 FROM bank.accounts')).rows;
  report.holds('the engine counts all rows', answer?.[0], String(count));
  report.holds('and their sum', Number(answer?.[1]), rows.cents);
  const [owner = '', balance] = rows.at(count >>> 1);
  report.holds('a row in the middle is there', (await repository.get('bank.accounts', [owner]))?.row.balance, balance);
  const again = async function* () {
    yield rows.at(0);
  };
  const refused = repository.importRows({ table: 'bank.accounts', columns, rows: again(), key });
  const code = await refused.then(
    () => 'taken',
    (error: { code?: string }) => error.code,
  );
  report.holds('a key that is there is refused', code, 'AERGO_CONSTRAINT');
}

/** Rows in an order of chance, made one by one while they are walked, so that they take no memory of their own. */
class ShuffledRows {
  readonly #order = new Uint32Array(count).map((_, index) => index);
  readonly #cents = new Uint32Array(count);

  constructor() {
    const random = randomNumbers(1);
    for (let last = count - 1; last >= 0; last--) {
      const other = random(last + 1);
      const moved = this.#order[other] ?? 0;
      this.#order[other] = this.#order[last] ?? 0;
      this.#order[last] = moved;
      this.#cents[last] = random(100_000_000);
    }
  }

  at(place: number): [owner: string, balance: string] {
    return [accountName(this.#order[place] ?? 0), ((this.#cents[place] ?? 0) / 100).toFixed(2)];
  }

  *[Symbol.iterator](): Generator<[owner: string, balance: string]> {
    for (let place = 0; place < count; place++) yield this.at(place);
  }

  get cents(): number {
    return this.#cents.reduce((sum, cents) => sum + cents, 0);
  }

  get text_bytes(): number {
    let bytes = 0;
    for (const row of this) bytes += row.join('\t').length + 1;
    return bytes;
  }
}

async function copyPlain(report: Report, rows: ShuffledRows): Promise<{ time_ms: number; processor_ms: number }> {
  const plain = await PlainPostgres.open();
  try {
    const taken = await measured(() => plain.copy(rows));
    report.holds('plain PGlite has the same sum', (await plain.totals()).cents, rows.cents);
    return taken;
  } finally {
    await plain.close();
  }
}

function sizeOf(directory: string): number {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).size, 0);
}
