/**
 * Copies that have only the newest part of a history in which everything happens that a history can hold: whatever is asked of
 * them is answered as by the whole, or refused as beyond the cut; never guessed, never taken for damage.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { AergoError } from '../../src/errors.ts';
import type { BlockId } from '../../src/ledger/block.ts';
import { decodePackEntry } from '../../src/object/pack-entry.ts';
import type { RepositoryContext } from '../../src/repository/context.ts';
import { cutUpdates } from '../../src/repository/cutting.ts';
import { openContext } from '../../src/repository/init.ts';
import { publishRefs } from '../../src/repository/publish.ts';
import { keepReceived, verifyReceived } from '../../src/repository/receive.ts';
import type { RemoteAccess } from '../../src/repository/remote-connection.ts';
import { Repository } from '../../src/repository.ts';
import { Quarantine } from '../../src/store/quarantine.ts';
import { Store } from '../../src/store/store.ts';
import { additiveSource } from '../support/additive-bank.ts';
import { fixedOptions, keyOf, openRepository, temporaryDirectory } from '../support/repository.ts';

const key = keyOf('ada');
const access: RemoteAccess = { agent: 'aergo/test', authorize: async () => undefined, environment: {} };
let opened = 0;
const options = () => {
  opened += 1;
  return { ...fixedOptions(`cut ${opened}`), clock: Date.now };
};

interface Eventful {
  readonly place: string;
  /** The `.aergo` directory. */
  readonly directory: string;
  readonly height: number;
}

/** Deploys, calls, an import's like, drops and their resubmission, reverts, conditions, and a merge of each mode. */
async function makeEventful(): Promise<Eventful> {
  const place = mkdtempSync(join(tmpdir(), 'aergo-cut-'));
  const directory = join(place, '.aergo');
  const bank = await Repository.init(directory, { ...options(), key, memberName: 'ada', visibility: 'public' });
  const call = (name: string, args: string[], more = {}) =>
    bank.call({ contract: 'bank', function: name, args, key, ...more });
  const pay = (sender: string, recipient: string, amount: string, on = 'main', more = {}) =>
    call('pay', [sender, recipient, amount], { on, ...more });
  await bank.deploy({ name: 'bank', source: additiveSource, key });
  for (const owner of ['alice', 'bob', 'carol', 'dave']) await call('open_account', [owner, '100']);
  await bank.createBranch('side');
  const tooMuch = await pay('bob', 'carol', '50', 'side');
  await pay('carol', 'dave', '10', 'side');
  await pay('bob', 'alice', '90');
  expect((await bank.merge({ source: 'side', sealer: key })).dropped).toHaveLength(1);
  await bank.createSnapshot('early', 'main', key);
  const bob = keyOf('bob');
  await bank.addMember({ name: 'bob', member: bob.id, roles: ['seal', 'write'], key });
  await pay('alice', 'carol', '1', 'main', { key: bob });
  await bank.removeMember({ member: 'bob', reason: 'stolen', key });
  await pay('alice', 'bob', '60');
  await bank.resubmit({ transactions: [tooMuch.transaction], key });
  const taken = await pay('carol', 'dave', '1');
  await pay('alice', 'bob', '1');
  await bank.revert({ targets: [taken.transaction], key });
  await pay('alice', 'bob', '2', 'main', { base: 'main~1' });
  await bank.createBranch('deal', 'main', { mergeContract: 'bank.settle' });
  await pay('alice', 'bob', '2', 'deal');
  await pay('alice', 'bob', '3');
  await bank.merge({ source: 'deal', sealer: key });
  await bank.createBranch('free');
  await pay('carol', 'dave', '1', 'free');
  await pay('alice', 'bob', '1');
  await bank.merge({ source: 'free', sealer: key, rows: true });
  await bank.createSnapshot('late', 'main', key);
  await pay('dave', 'alice', '5');
  await pay('bob', 'alice', '5');
  const { height } = bank.head.block;
  await bank.close();
  const context = await openContext(directory, options(), Store.open);
  await publishRefs(context, key);
  await context.close();
  return { place, directory, height };
}

let whole: Eventful;
beforeAll(async () => {
  whole = await makeEventful();
  return () => rmSync(whole.place, { recursive: true, force: true });
}, 120_000);

async function clone(depth?: number): Promise<Repository> {
  const cut = depth === undefined ? {} : { depth };
  const target = join(temporaryDirectory(), 'clone');
  const { directory } = await Repository.clone(whole.directory, target, options(), { access, ...cut });
  return openRepository(directory, options());
}

async function all<T>(some: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of some) found.push(one);
  return found;
}

/** `answered`, or the code of the refusal. */
async function outcome(work: () => unknown): Promise<string> {
  try {
    await work();
    return 'answered';
  } catch (error) {
    if (error instanceof AergoError) return error.code;
    throw error;
  }
}

const pay = { contract: 'bank', function: 'pay', args: ['alice', 'bob', '1'], key };

describe.each([1, 2, 3, 5, 8, 13])('of %d blocks', (depth) => {
  it('reads what is there, and refuses what takes more', { timeout: 120_000 }, async () => {
    const cut = await clone(depth);
    const full = await clone();
    expect(await all(cut.scan('bank.accounts'))).toEqual(await all(full.scan('bank.accounts')));
    const blocks = await cut.log({ firstParent: false });
    const before = await full.log({ firstParent: false });
    expect(blocks.map(({ id }) => id)).toEqual(
      before.filter(({ id }) => blocks.some((one) => one.id === id)).map(({ id }) => id),
    );
    const report = await cut.verify();
    expect(report.taken).toBeGreaterThan(0);
    expect((await cut.verify({ fast: true })).taken).toBeLessThanOrEqual(report.taken);
    expect((await cut.fsck()).problems).toEqual([]);
    await cut.verifyDirectory();

    const reads: Record<string, () => unknown> = {
      query: () => cut.query('SELECT * FROM bank.accounts'),
      keys: () => cut.keys(),
      tableLog: () => cut.tableLog('bank.accounts'),
      rowLog: () => cut.rowLog('bank.accounts', ['alice']),
      contracts: () => cut.contracts(),
      branches: () => cut.branches(),
      snapshots: () => cut.snapshots(),
      directoryLog: () => [...cut.directoryLog()],
      branch: () => cut.createBranch('mine'),
      switch: () => cut.switchTo('mine'),
      back: () => cut.switchTo('main'),
    };
    for (const [name, read] of Object.entries(reads)) expect([name, await outcome(read)]).toEqual([name, 'answered']);
    const blamed = await all(cut.blame('bank.accounts', []));
    const known = await all(full.blame('bank.accounts', []));
    expect(blamed.map(({ key: row, columns }) => [row, columns.map(({ column, value }) => [column, value])])).toEqual(
      known.map(({ key: row, columns }) => [row, columns.map(({ column, value }) => [column, value])]),
    );

    const beyond = { ...Object.fromEntries(before.map(({ id }) => [`show ${id}`, () => cut.show(id)])) };
    const others: Record<string, () => unknown> = {
      ...beyond,
      ...Object.fromEntries(blocks.map(({ id }) => [`diff ${id}`, () => cut.diff(`${id}~1`, id)])),
      ...Object.fromEntries(blocks.map(({ id }) => [`range ${id}`, () => cut.log({ range: `${id}..main` })])),
      ...Object.fromEntries(before.map((_one, back) => [`back ${back}`, () => cut.resolve(`main~${back}`)])),
      ...Object.fromEntries(before.map((_one, height) => [`at ${height}`, () => cut.resolve(`main@${height}`)])),
      past: () => cut.resolve('main@{2020-01-01T00:00Z}'),
      late: () => cut.resolve('late'),
      early: () => cut.resolve('early'),
      explain: () => cut.explainMerge({}),
    };
    for (const [name, read] of Object.entries(others)) {
      const found = await outcome(read);
      expect([name, found]).toEqual([
        name,
        expect.stringMatching(
          /^(?:answered|AERGO_HISTORY_CUT|AERGO_REVISION_UNKNOWN|AERGO_ID_UNKNOWN|AERGO_NOT_A_MERGE)$/,
        ),
      ]);
    }
    for (const { id } of before) {
      const view = await full.show(id);
      if (view.kind !== 'block') continue;
      for (const { id: transaction } of view.transactions) {
        const found = await outcome(() => cut.transaction(transaction));
        expect(found).toMatch(/^(?:answered|AERGO_HISTORY_CUT|AERGO_.*UNKNOWN)$/);
      }
    }

    const writes: Record<string, () => unknown> = {
      call: () => cut.call(pay),
      trial: () => cut.call({ ...pay, dryRun: true }),
      submit: () =>
        cut.submit([JSON.stringify({ args: ['alice', 'bob', '1'], contract: 'bank', function: 'pay', kind: 'call' })], {
          sealer: key,
          key,
        }),
      deploy: () => cut.deploy({ name: 'bank', source: `${additiveSource}\n`, key }),
      member: () => cut.addMember({ name: 'eve', member: keyOf('eve').id, roles: ['read'], key }),
      policy: () => cut.setPolicy({ visibility: 'private', key }),
      push: () =>
        cut.push('origin', {
          access,
          key,
          refs: [{ source: 'main', target: 'main' }],
          disclose: async () => undefined,
        }),
      merge: () => cut.merge({ source: 'mine', sealer: key, dryRun: true }),
      revert: () => cut.revert({ targets: ['main'], key }),
    };
    for (const [name, write] of Object.entries(writes))
      expect([name, await outcome(write)]).toEqual([name, 'AERGO_HISTORY_CUT']);
    expect((await cut.fsck()).problems).toEqual([]);
  });

  it('gets more and more of the history, and then is as one that was cloned whole', { timeout: 180_000 }, async () => {
    const cut = await clone(depth);
    for (let more = 1; cut.begins.length > 0; more *= 3) {
      const fetched = await cut.fetch('origin', { access, deepen: more });
      expect(fetched.begins ?? []).toEqual(cut.begins);
      expect((await cut.fsck()).problems).toEqual([]);
    }
    const full = await clone();
    await cut.fetch('origin', { access });
    expect((await cut.verify()).taken).toBe(0);
    expect(await cut.log({ firstParent: false })).toEqual(await full.log({ firstParent: false }));
    expect(cut.snapshots()).toEqual(full.snapshots());
    expect(cut.trackedBranches()).toEqual(full.trackedBranches());
    expect(await all(cut.blame('bank.accounts', []))).toEqual(await all(full.blame('bank.accounts', [])));
    expect((await cut.call(pay)).block).toBeDefined();
  });
});

describe('the rest, cut off while it is written', () => {
  const fill = async (quarantine: Quarantine, { store, history }: RepositoryContext, head: BlockId): Promise<void> => {
    for (const { oid, bytes } of store.pack([...history.reachable([head])]).entries())
      await quarantine.put({ oid, ...decodePackEntry(bytes) });
  };

  it.each([0, 1, 4, 9])('leaves a copy as it was, that can be made whole: after %d writes', async (writes) => {
    const target = join(temporaryDirectory(), 'clone');
    const { directory, begins, head } = await Repository.clone(whole.directory, target, options(), {
      access,
      depth: 4,
    });
    const sender = await openContext(whole.directory, options(), Store.open);
    const context = await openContext(directory, options(), Store.open);
    const quarantine = Quarantine.open(directory, context.store, { objects: 10_000, bytes: 100_000_000 });
    await fill(quarantine, sender, head);
    await sender.close();
    const none = new Set<BlockId>();
    const verified = await verifyReceived(context, quarantine, [head], { fast: true, cut: none, anew: true });
    const cuts = cutUpdates(context, verified.reader, none);
    const write = context.store.write.bind(context.store);
    let left = writes;
    context.store.write = (one) => (left-- > 0 ? write(one) : Promise.reject(new Error('cut off')));
    const keeping = keepReceived(context, quarantine, verified, [], [], { cuts, write_bytes: 1 });
    await expect(keeping).rejects.toThrow('cut off');
    await context.close();
    quarantine.close();

    const after = await openRepository(directory, options());
    expect(after.begins).toEqual(begins);
    expect((await after.fsck()).problems).toEqual([]);
    expect((await after.verify()).taken).toBeGreaterThan(0);
    expect(await outcome(() => after.call(pay))).toBe('AERGO_HISTORY_CUT');
    await after.fetch('origin', { access, unshallow: true });
    expect(await after.verify()).toMatchObject({
      taken: 0,
      blocks: (await clone().then((full) => full.verify())).blocks,
    });
    expect((await after.fsck()).problems).toEqual([]);
  });
});
