import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { genesisContent } from '../../src/ledger/assemble.ts';
import { sealBlock } from '../../src/ledger/block.ts';
import { objectsOfBlock } from '../../src/ledger/block-objects.ts';
import { History } from '../../src/ledger/history.ts';
import { ObjectBuffer } from '../../src/object/source.ts';
import { createBranch } from '../../src/repository/branches.ts';
import { RepositoryContext } from '../../src/repository/context.ts';
import type { TableSchema } from '../../src/state/schema.ts';
import { emptyState, updateState } from '../../src/state/state-update.ts';
import { buildTable } from '../../src/state/table.ts';
import { type FileSystem, nodeFileSystem } from '../../src/store/file-system.ts';
import { Store } from '../../src/store/store.ts';
import { fixedOptions, keyOf, newRepository, temporaryDirectory, withBank } from '../support/repository.ts';

const schema: TableSchema = {
  columns: [
    { name: 'owner', type: 'text', notNull: true },
    { name: 'balance', type: 'numeric', modifier: '15,2' },
  ],
  key: ['owner'],
  elements: ['owner text PRIMARY KEY', 'balance numeric(15,2)'],
  indexes: [],
};

/** What was asked of the file system: which calls in which order, and how many bytes were written. */
interface Costs {
  readonly calls: string[];
  bytes: number;
}

/** The machine's file system, noting what is asked of it once `start` was called. */
function notingFileSystem(): { fileSystem: FileSystem; costs: Costs; start(): void } {
  const costs: Costs = { calls: [], bytes: 0 };
  let noting = false;
  const note = (call: string, bytes = 0): void => {
    if (!noting) return;
    costs.calls.push(call);
    costs.bytes += bytes;
  };
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    open: (path, mode) => {
      note(`open ${mode}`);
      const file = nodeFileSystem.open(path, mode);
      return {
        readAt: (offset, length) => {
          note('read');
          return file.readAt(offset, length);
        },
        writeAt: (bytes, offset) => {
          note('write', bytes.length);
          file.writeAt(bytes, offset);
        },
        datasync: () => {
          note('datasync');
          return file.datasync();
        },
        truncate: (size) => file.truncate(size),
        size: () => file.size(),
        close: () => file.close(),
      };
    },
    rename: (from, to) => {
      note('rename');
      nodeFileSystem.rename(from, to);
    },
  };
  const start = (): void => {
    noting = true;
  };
  return { fileSystem, costs, start };
}

/** What making a branch asks of the file system where a table has so many rows. */
async function branchCosts(count: number): Promise<Costs> {
  const { fileSystem, costs, start } = notingFileSystem();
  const options = fixedOptions('growth');
  const directory = join(temporaryDirectory(), '.aergo');
  const history = new History();
  const store = await Store.create(directory, { ...options, fileSystem, derive: history.derive.bind(history) });
  try {
    const buffer = new ObjectBuffer(store);
    const rows = (function* () {
      for (let index = 0; index < count; index++) {
        const owner = `acc${String(index).padStart(7, '0')}`;
        yield { name: `${owner}-`, line: `{"balance":"${index}.00","owner":"${owner}"}\n` };
      }
    })();
    const contracts = new Map([['bank', { source: '', manifest: '{}\n', tables: new Map([['accounts', schema]]) }]]);
    const state = updateState(buffer, emptyState(buffer), {
      contracts,
      rows: new Map([['bank.accounts', buildTable(buffer, rows)]]),
    });
    const engine = buffer.put('blob', Buffer.from('{}\n'));
    const place = { branch: 'main', start: '0123456789abcdef', time: options.clock(), nonce: '0'.repeat(32) };
    const genesis = sealBlock(buffer, genesisContent({ ...place, engine, state }), keyOf('ada'));
    await store.write({
      blocks: [{ id: genesis, objects: objectsOfBlock(buffer, genesis) }],
      refs: [{ name: 'refs/heads/main', old: null, new: genesis, start: place.start, height: 0 }],
      operation: { time: 1, command: 'test', head: 'refs/heads/main' },
    });
    const context = new RepositoryContext(directory, options, store, history, '{}\n');
    start();
    await createBranch(context, 'side');
    return costs;
  } finally {
    await store.close();
  }
}

describe('growth', () => {
  it('makes a branch with the same operations on 10 rows and on 1,000,000', async () => {
    const few = await branchCosts(10);
    expect(few.calls.filter((call) => call === 'datasync')).toHaveLength(1);
    const many = await branchCosts(1_000_000);
    expect(many.calls).toEqual(few.calls);
    // Positions in the log have more digits there.
    expect(Math.abs(many.bytes - few.bytes)).toBeLessThan(64);
  });

  it('gives of a block the same answers after 100 later blocks and 10 merges', async () => {
    const test = await newRepository();
    await withBank(test, { alice: '10000', bob: '10000', carol: '10000' });
    const { repository, admin: key } = test;
    const block = repository.head.block.id;
    const answers = async () => {
      const rows: unknown[] = [];
      for await (const row of repository.scan('bank.accounts', block)) rows.push(row);
      return {
        rows,
        one: await repository.get('bank.accounts', ['alice'], block),
        sum: await repository.query('SELECT sum(balance), count(*) FROM bank.accounts', block),
        shown: await repository.show(block),
        log: await repository.log({ range: block }),
        contracts: await repository.contracts(block),
      };
    };
    const then = await answers();
    const pay = (sender: string, recipient: string) =>
      JSON.stringify({ kind: 'call', contract: 'bank', function: 'pay', args: [sender, recipient, '1'] });
    for (let round = 0; round < 10; round++) {
      const side = `side-${round}`;
      await repository.createBranch(side);
      await repository.submit([pay('alice', 'bob')], { sealer: key, key, on: side });
      await repository.submit(
        Array.from({ length: 9 }, () => pay('bob', 'carol')),
        { sealer: key, key, blockSize: 1 },
      );
      expect((await repository.merge({ source: side, sealer: key })).block?.kind).toBe('merge');
    }
    expect(repository.head.block.height).toBe(4 + 100);
    expect(await answers()).toEqual(then);
    expect(await repository.query('SELECT owner, balance FROM bank.accounts ORDER BY owner')).toMatchObject({
      rows: [
        ['alice', '9990.00'],
        ['bob', '9920.00'],
        ['carol', '10090.00'],
      ],
    });
  });
});
