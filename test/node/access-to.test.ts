/** Who may do what with a repository that somebody else has: outsiders are not kept waiting, and learn nothing from that. */
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Asker } from '../../src/node/access.ts';
import { accessTo } from '../../src/node/access-to.ts';
import { HeldRepository } from '../../src/node/held-repository.ts';
import { Repository } from '../../src/repository.ts';
import { closeQuietly, fixedOptions, keyOf, openRepository, temporaryDirectory } from '../support/repository.ts';

const ada = keyOf('ada');
const eve = keyOf('eve').id;

/** A private ledger, and a server's hold of it that does not wait for others. */
async function privateLedger() {
  const directory = join(temporaryDirectory(), 'secret.aergo');
  const options = { ...fixedOptions('secret'), key: ada, memberName: 'ada', visibility: 'private' } as const;
  await closeQuietly(await Repository.init(directory, options));
  const held = new HeldRepository(directory, { ...fixedOptions('server'), lockTimeout_ms: 50 });
  onTestFinished(() => held.close());
  const faults: string[] = [];
  const ask = (who: Asker, writes = false) =>
    accessTo(held, { who, writes, isPrivate: false }, ({ code }) => faults.push(code));
  return { directory, held, faults, ask };
}

test('outsiders are refused by the version that is known and in force, whoever has the repository', async () => {
  const { directory, held, faults, ask } = await privateLedger();
  expect(await ask('anonymous')).toBe('log-in');
  await held.close();
  // Whom it lets in was not asked for while it was open.
  expect(await ask(eve)).toBe('not-found');
  expect(held.isOpen).toBe(false);
  expect(await ask(ada.id)).toBe('allowed');
  await held.close();
  const command = await openRepository(directory);
  expect(await ask('anonymous')).toBe('log-in');
  expect(await ask('refused')).toBe('log-in');
  expect(await ask(eve)).toBe('not-found');
  // Who may know that it is there is told why it is not to be had.
  await expect(ask(ada.id)).rejects.toMatchObject({ code: 'AERGO_LOCKED' });
  // A version that is not in force any more refuses nobody.
  await command.setPolicy({ visibility: 'public', key: ada });
  await closeQuietly(command);
  expect(await ask('anonymous')).toBe('allowed');
  expect(await ask(eve, true)).toBe('forbidden');
  expect(faults).toEqual([]);
});

test('one that was never open and cannot be opened is not there for anybody, and the operator is told why', async () => {
  const { directory, faults, ask } = await privateLedger();
  const command = await openRepository(directory);
  expect(await ask(ada.id)).toBe('not-found');
  expect(await ask('anonymous')).toBe('log-in');
  expect(faults).toEqual(['AERGO_LOCKED', 'AERGO_LOCKED']);
  await closeQuietly(command);
  expect(await ask(ada.id)).toBe('allowed');
});
