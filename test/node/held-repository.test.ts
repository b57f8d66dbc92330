/** A repository that a server holds is lent to a command that asks, and taken back when the command is done. */
import { cpSync, existsSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { HeldRepository } from '../../src/node/held-repository.ts';
import { Repository } from '../../src/repository.ts';
import { closeQuietly, fixedOptions, keyOf, newRepository, openRepository, withBank } from '../support/repository.ts';

async function heldBank(): Promise<{ held: HeldRepository; directory: string }> {
  const bank = await newRepository('held');
  await withBank(bank, { alice: '100', bob: '50' });
  await closeQuietly(bank.repository);
  const held = new HeldRepository(bank.directory, fixedOptions('server'));
  onTestFinished(() => held.close());
  return { held, directory: bank.directory };
}

const height = (held: HeldRepository): Promise<number> =>
  held.use(async (context) => context.history.record(context.branch().block).height);

test('a command writes while a server has the repository, and the server then sees what it wrote', async () => {
  const { held, directory } = await heldBank();
  expect(await height(held)).toBe(3);
  const socket = join(directory, 'socket');
  expect(statSync(socket).mode & 0o777).toBe(0o600);
  const repository = await openRepository(directory);
  await repository.call({ contract: 'bank', function: 'pay', args: ['alice', 'bob', '1'], key: keyOf('ada') });
  const waits = height(held);
  await closeQuietly(repository);
  expect(await waits).toBe(4);
  await held.close();
  expect(existsSync(socket)).toBe(false);
});

test('a command that comes while a server is just opening the repository gets it too', async () => {
  const { held, directory } = await heldBank();
  const waits = height(held);
  const repository = await Repository.open(directory, { ...fixedOptions('at once'), lockTimeout_ms: 20_000 });
  // Which of the two was first is the system's choice.
  await closeQuietly(repository);
  expect(await waits).toBe(3);
});

test('a command waits for the requests under way', async () => {
  const { held, directory } = await heldBank();
  const { promise: under, resolve: end } = Promise.withResolvers<void>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const order: string[] = [];
  const request = held.use(async () => {
    begin();
    await under;
    order.push('request');
  });
  await begun;
  const command = openRepository(directory).then(async (repository) => {
    order.push('command');
    await closeQuietly(repository);
  });
  // A second request does not keep the command waiting for ever: it comes after it.
  await expect.poll(() => held.lending).toBe(true);
  const second = height(held).then(() => order.push('second request'));
  end();
  await Promise.all([request, command, second]);
  expect(order).toEqual(['request', 'command', 'second request']);
});

test('a socket that a killed server left is no obstacle', async () => {
  const { held, directory } = await heldBank();
  await height(held);
  const { createServer } = await import('node:net');
  await held.close();
  // Bound and closed without being unlinked, as by a process that was killed.
  const left = createServer().listen(join(directory, 'left'));
  await new Promise((resolve) => left.once('listening', resolve));
  renameSync(join(directory, 'left'), join(directory, 'socket'));
  await new Promise((resolve) => left.close(resolve));
  const repository = await openRepository(directory);
  expect(repository.head.block.height).toBe(3);
  await closeQuietly(repository);
  expect(await height(held)).toBe(3);
});

test('a use that comes while it is being closed gets it opened anew', async () => {
  const { held } = await heldBank();
  for (let round = 0; round < 5; round += 1) {
    const uses = [height(held)];
    await uses[0];
    const closed = held.close();
    uses.push(height(held), height(held));
    await closed;
    expect(await Promise.all(uses)).toEqual([3, 3, 3]);
  }
});

test('who asks to borrow it and goes away keeps nobody waiting', async () => {
  const { held, directory } = await heldBank();
  const { promise: under, resolve: end } = Promise.withResolvers<void>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const request = held.use(async () => {
    begin();
    await under;
  });
  await begun;
  const impatient = Repository.open(directory, { ...fixedOptions('impatient'), lockTimeout_ms: 200 });
  await expect(impatient).rejects.toMatchObject({ code: 'AERGO_LOCKED' });
  await expect.poll(() => held.lending).toBe(false);
  expect(await height(held)).toBe(3);
  end();
  await request;
});

test('a copy that is put where the repository was is what is used from then on', async () => {
  const { held, directory } = await heldBank();
  const pay = { contract: 'bank', function: 'pay', args: ['alice', 'bob', '1'], key: keyOf('ada') };
  expect(await height(held)).toBe(3);
  const copy = `${directory}.copy`;
  cpSync(directory, copy, { recursive: true });
  const repository = await openRepository(copy);
  await repository.call(pay);
  await closeQuietly(repository);
  const { promise: under, resolve: end } = Promise.withResolvers<void>();
  const request = held.use(() => under);
  renameSync(directory, `${directory}.old`);
  renameSync(copy, directory);
  // Not before the requests to the other one have ended.
  await expect(height(held)).rejects.toMatchObject({ code: 'AERGO_LOCKED' });
  end();
  await request;
  expect(await height(held)).toBe(4);
  // What is written now is written there, and whole.
  const command = await openRepository(directory, fixedOptions('once more'));
  await command.call(pay);
  expect((await command.fsck()).problems).toEqual([]);
  await closeQuietly(command);
  expect(await height(held)).toBe(5);
});
