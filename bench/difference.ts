/**
 * What must not grow with a table: the difference of one changed row, a row read as of an old block, a new branch. Counted
 * in the store's operations, and timed beside one object read and one durable write of the same machine.
 */
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { engineDescription } from '../src/contract/engine-description.ts';
import { History } from '../src/ledger/history.ts';
import { createBranch } from '../src/repository/branches.ts';
import { RepositoryContext } from '../src/repository/context.ts';
import { differenceOf, getRow } from '../src/repository/read.ts';
import { Store } from '../src/store/store.ts';
import { CountingFileSystem, type Operations } from './counting-file-system.ts';
import { inTurn, median, type Report, timed } from './report.ts';
import { accountName, bankWith, fixedOptions, inDirectory } from './setup.ts';

const sizes = [10, 10_000, 100_000, 1_000_000];
const repeats = 50;

export const purpose = 'one changed row, a row of an old block and a new branch, at 10 to 1,000,000 rows';

interface Measured {
  readonly rows: number;
  readonly object_ms: number;
  readonly write_ms: number;
  readonly warm_ms: number;
  readonly cold: Operations;
  readonly cold_ms: number;
  readonly old_ms: number;
  readonly old: Operations;
  readonly branch_ms: number;
  readonly branch: Operations;
}

export async function run(report: Report): Promise<void> {
  const measured: Measured[] = [];
  for (const rows of sizes) measured.push(await inDirectory((directory) => measure(directory, rows)));
  for (const one of measured) {
    const at = `${one.rows.toLocaleString('en-US')} rows`;
    const object = { what: 'an object read', value: one.object_ms };
    report.figure({ what: `difference of 1 in ${at}`, value: one.warm_ms, unit: 'ms', reference: object });
    report.figure({
      what: `difference of 1 in ${at}, nothing in memory`,
      value: one.cold_ms,
      unit: 'ms',
      reference: object,
    });
    report.count(
      `difference of 1 in ${at}, nothing in memory`,
      one.cold.reads,
      `objects read, ${one.cold.read_bytes} bytes`,
    );
    report.figure({
      what: `row of an old block, ${at}, nothing in memory`,
      value: one.old_ms,
      unit: 'ms',
      reference: object,
    });
    report.count(
      `row of an old block, ${at}, nothing in memory`,
      one.old.reads,
      `objects read, ${one.old.read_bytes} bytes`,
    );
    report.figure({
      what: `new branch, ${at}`,
      value: one.branch_ms,
      unit: 'ms',
      reference: { what: 'a durable write', value: one.write_ms },
    });
    const { reads, writes, syncs, written_bytes } = one.branch;
    report.count(`new branch, ${at}`, writes, `writes, ${syncs} sync, ${reads} reads, ${written_bytes} bytes written`);
  }
  const [smallest, , , largest] = measured;
  const operations = (one: Measured | undefined) => `${one?.branch.reads} ${one?.branch.writes} ${one?.branch.syncs}`;
  report.holds(
    'a branch takes the same operations at 10 rows and at 1,000,000',
    operations(largest),
    operations(smallest),
  );
  report.holds(
    'the difference reads at most 20 objects more at 1,000,000 rows',
    (largest?.cold.reads ?? 0) - (smallest?.cold.reads ?? 0) <= 20,
    true,
  );
}

async function measure(directory: string, rows: number): Promise<Measured> {
  const bank = await bankWith(directory, rows, '1000.00');
  const owner = accountName(rows >>> 1);
  await bank.repository.call({ contract: 'bank', function: 'deposit', args: [owner, '1.00'], key: bank.admin });
  await bank.repository.close();
  const files = new CountingFileSystem();
  const open = () => openCounted(bank.directory, files);
  const cold = await once(open, files, oneChange);
  const old = await once(open, files, async (context) => {
    const found = await getRow(context, 'bank.accounts', [owner], '@~1');
    if (found?.row.balance !== '1000.00') throw new Error(`the row before the change has ${found?.row.balance}`);
  });
  const context = await open();
  try {
    const { tree } = context.reader.block(context.branch().block).commit;
    const differences = await inTurn(repeats, {
      object: () => context.store.read(tree),
      difference: () => oneChange(context),
    });
    await createBranch(context, 'first');
    files.take();
    await createBranch(context, 'second');
    const branch = files.take();
    const reference = new PlainFile(join(directory, 'reference'), branch.written_bytes);
    const branches = await inTurn(repeats, {
      write: () => reference.write(),
      branch: (run) => createBranch(context, `run${run + 1}`),
    });
    reference.close();
    const object_ms = differences.object;
    const warm_ms = differences.difference;
    const write_ms = branches.write;
    const branch_ms = branches.branch;
    return {
      rows,
      object_ms,
      write_ms,
      warm_ms,
      cold: cold.operations,
      cold_ms: cold.time_ms,
      old: old.operations,
      old_ms: old.time_ms,
      branch,
      branch_ms,
    };
  } finally {
    await context.close();
  }
}

async function openCounted(directory: string, fileSystem: CountingFileSystem): Promise<RepositoryContext> {
  const options = fixedOptions('difference');
  const history = new History();
  const { holder, lockTimeout_ms } = options;
  const store = await Store.open(directory, {
    fileSystem,
    holder,
    lockTimeout_ms,
    derive: history.derive.bind(history),
  });
  const context = new RepositoryContext(directory, options, store, history, engineDescription());
  // What every command reads first is not part of the work.
  void context.directoryVersion;
  return context;
}

/** Work on a repository just opened, several times: its operations, and the median of its times. */
async function once(
  open: () => Promise<RepositoryContext>,
  files: CountingFileSystem,
  work: (context: RepositoryContext) => Promise<void>,
): Promise<{ operations: Operations; time_ms: number }> {
  const times: number[] = [];
  let operations = files.take();
  for (let run = 0; run < 9; run++) {
    const context = await open();
    files.take();
    times.push(await timed(() => work(context)));
    operations = files.take();
    await context.close();
  }
  return { operations, time_ms: median(times) };
}

async function oneChange(context: RepositoryContext): Promise<void> {
  const { tables } = await differenceOf(context, '@~1', '@');
  const changes = [...tables].flatMap(({ rows }) => [...rows]);
  if (changes.length !== 1) throw new Error(`one row changed, the difference has ${changes.length}`);
}

/** As many bytes written to a plain file, durable when `write` returns. */
class PlainFile {
  readonly #file: number;
  readonly #content: Buffer;

  constructor(path: string, bytes: number) {
    this.#file = openSync(path, 'a');
    this.#content = Buffer.alloc(bytes, 1);
  }

  write(): void {
    writeSync(this.#file, this.#content);
    fdatasyncSync(this.#file);
  }

  close(): void {
    closeSync(this.#file);
  }
}
