/** Who may do what at a server, by the directory: each role does what it is for, and nothing else. */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { closeQuietly, keyOf, openRepository } from '../support/repository.ts';
import { person } from './people.ts';
import { realOptions, type ServedBank, serveBank } from './served-bank.ts';

const ada = keyOf('ada');
const roles = { bob: ['seal', 'write'], carol: ['read'], dave: ['write'], erin: ['publish'] };

/** Makes the members in the served repository and its copy, which then are the same again. */
async function withMembers(bank: ServedBank): Promise<void> {
  const repository = await openRepository(bank.copy, realOptions());
  for (const [name, given] of Object.entries(roles))
    await repository.addMember({ name, member: keyOf(name).id, roles: given, key: ada });
  await closeQuietly(repository);
  serveCopy(bank);
}

function serveCopy({ root, copy }: ServedBank): void {
  const served = join(root, 'shop.aergo');
  rmSync(served, { recursive: true });
  cpSync(copy, served, { recursive: true });
}

test('each role does what it is for, and nothing else', async () => {
  const bank = await serveBank();
  await withMembers(bank);
  const [bob, carol, dave, erin] = await Promise.all(
    ['bob', 'carol', 'dave', 'erin'].map((name) => person(bank.url, name)),
  );
  if (bob === undefined || carol === undefined || dave === undefined || erin === undefined)
    throw new Error('four people');
  // Seals and pushes what he sealed.
  await bob.pay();
  expect((await bob.push()).refs).toMatchObject([{ target: 'main' }]);
  // Reads only.
  await expect(carol.pay()).rejects.toMatchObject({ code: 'AERGO_SEALER_NOT_ALLOWED' });
  await expect(carol.push()).rejects.toMatchObject({ code: 'AERGO_REMOTE_LOGIN', exitCode: 4 });
  expect(await carol.pull()).toMatchObject({ kind: 'forward' });
  // Writes, and cannot seal; what he signs somebody else seals.
  await dave.pull();
  await expect(dave.pay()).rejects.toMatchObject({ code: 'AERGO_SEALER_NOT_ALLOWED' });
  await dave.pay(keyOf('bob'));
  await expect(dave.push()).rejects.toMatchObject({ code: 'AERGO_REMOTE_LOGIN' });
  // Moves heads, and makes nothing.
  await erin.pull();
  await expect(erin.pay()).rejects.toMatchObject({ code: 'AERGO_SEALER_NOT_ALLOWED' });
  await expect(erin.push([{ source: null, target: 'main' }])).resolves.toMatchObject({
    refs: [{ refused: expect.stringMatching(/shows first/) }],
  });
}, 240_000);

test('a revoked member cannot push any more; what he had published stays', async () => {
  const bank = await serveBank();
  await withMembers(bank);
  const bob = await person(bank.url, 'bob');
  await bob.pay();
  await bob.push();
  await bank.server.close();
  const served = await openRepository(join(bank.root, 'shop.aergo'), realOptions());
  await served.removeMember({ member: 'bob', reason: 'left', key: ada });
  expect((await served.verify()).blocks).toBe(5);
  await closeQuietly(served);
  const again = await serveBank({ root: bank.root });
  await bob.pay();
  bob.repository.addRemote('again', again.url, '/');
  await expect(bob.push(undefined, 'again')).rejects.toMatchObject({ code: 'AERGO_REMOTE_LOGIN', exitCode: 4 });
}, 240_000);
