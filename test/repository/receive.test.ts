/** Blocks that come from elsewhere are verified in quarantine, and lie in the volumes afterwards as where they were sealed. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { BlockId } from '../../src/ledger/block.ts';
import { decodePackEntry } from '../../src/object/pack-entry.ts';
import type { RepositoryContext } from '../../src/repository/context.ts';
import { openContext } from '../../src/repository/init.ts';
import { clockAhead_ms, keepReceived, verifyReceived } from '../../src/repository/receive.ts';
import { Quarantine } from '../../src/store/quarantine.ts';
import { Store } from '../../src/store/store.ts';
import {
  closeQuietly,
  fixedOptions,
  keyOf,
  newRepository,
  openRepository,
  temporaryDirectory,
  withBank,
} from '../support/repository.ts';

const limits = { objects: 10_000, bytes: 100_000_000 };

async function contextOf(directory: string, options = fixedOptions('context')): Promise<RepositoryContext> {
  const context = await openContext(directory, options, Store.open);
  onTestFinished(() => context.close());
  return context;
}

/** A bank with a copy of it, and then two more blocks in the first alone. */
async function twoCopies(): Promise<{ sender: RepositoryContext; receiver: RepositoryContext; head: BlockId }> {
  const bank = await newRepository('receive');
  await withBank(bank, { alice: '100', bob: '50' });
  await closeQuietly(bank.repository);
  const copy = join(temporaryDirectory(), '.aergo');
  cpSync(bank.directory, copy, { recursive: true });
  const repository = await openRepository(bank.directory);
  for (const amount of ['1', '2']) {
    await repository.call({ contract: 'bank', function: 'pay', args: ['alice', 'bob', amount], key: keyOf('ada') });
  }
  await closeQuietly(repository);
  const sender = await contextOf(bank.directory);
  return { sender, receiver: await contextOf(copy), head: sender.branch().block };
}

async function fill(quarantine: Quarantine, sender: RepositoryContext, blocks: readonly BlockId[]): Promise<void> {
  for (const { oid, bytes } of sender.store.pack(blocks).entries())
    await quarantine.put({ oid, ...decodePackEntry(bytes) });
}

/** The sender's blocks that the receiver has not, as their pack entries. */
async function send(sender: RepositoryContext, receiver: RepositoryContext, head: BlockId): Promise<Quarantine> {
  const quarantine = Quarantine.open(receiver.directory, receiver.store, limits);
  onTestFinished(() => quarantine.close());
  const missing = [...sender.history.reachable([head])].filter((id) => !receiver.history.has(id));
  await fill(quarantine, sender, missing);
  return quarantine;
}

test('received blocks verify, and are packed for the next as they were where they were sealed', async () => {
  const { sender, receiver, head } = await twoCopies();
  const old = receiver.branch().block;
  const quarantine = await send(sender, receiver, head);
  const verified = await verifyReceived(receiver, quarantine, [head]);
  expect(verified.blocks).toHaveLength(2);
  const { height } = sender.history.record(head);
  await keepReceived(receiver, quarantine, verified, [], [{ name: 'refs/heads/main', old, new: head, height }]);
  expect(receiver.branch().block).toBe(head);
  const ids = (context: RepositoryContext) => [...context.store.pack(verified.blocks).entries()].map(({ oid }) => oid);
  expect(new Set(ids(receiver))).toEqual(new Set(ids(sender)));
  await receiver.close();
  const repository = await openRepository(receiver.directory);
  expect((await repository.verify()).blocks).toBe(6);
  expect((await repository.get('bank.accounts', ['bob']))?.row).toEqual({ owner: 'bob', balance: '53.00' });
});

test('a block that lacks an object is refused, and nothing is written', async () => {
  const { sender, receiver, head } = await twoCopies();
  const quarantine = Quarantine.open(receiver.directory, receiver.store, limits);
  onTestFinished(() => quarantine.close());
  const [first] = [...sender.history.reachable([head])];
  await fill(quarantine, sender, first === undefined ? [] : [first]);
  const before = receiver.store.sizes().volumes;
  await expect(verifyReceived(receiver, quarantine, [head])).rejects.toMatchObject({
    code: 'AERGO_OBJECT_MISSING',
  });
  expect(receiver.store.sizes().volumes).toBe(before);
  expect(receiver.history.has(head)).toBe(false);
});

test('a block from the future is refused, and the engine that ran the one before it stands where it stood', async () => {
  const { sender, receiver, head } = await twoCopies();
  const [first = head] = sender.history.record(head).parents;
  await receiver.close();
  const clock = () => sender.history.record(first).time - clockAhead_ms;
  const behind = await contextOf(receiver.directory, { ...fixedOptions('behind'), clock });
  const engine = await behind.engine();
  const { state } = behind.reader.block(behind.branch().block);
  await engine.moveTo(behind.store, state);
  const refused = verifyReceived(behind, await send(sender, behind, head), [head]);
  await expect(refused).rejects.toMatchObject({ code: 'AERGO_BLOCK_TIME', details: { block: head } });
  expect(engine.position).toBe(state);
});

test('more than a quarantine may hold is refused', async () => {
  const { sender, receiver, head } = await twoCopies();
  const quarantine = Quarantine.open(receiver.directory, receiver.store, { objects: 2, bytes: 100_000 });
  onTestFinished(() => quarantine.close());
  await expect(fill(quarantine, sender, [head])).rejects.toMatchObject({ code: 'AERGO_PACK_LIMIT' });
});
