/** The directory between places: what members change in their clones comes to the server, and nobody's change is lost. */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { SigningKey } from '../../src/crypto/key.ts';
import { Repository } from '../../src/repository.ts';
import { closeQuietly, keyOf, openRepository, temporaryDirectory } from '../support/repository.ts';
import { person } from './people.ts';
import { access, prepareRoot, realOptions, type ServedBank, serveBank, tokenFor } from './served-bank.ts';

const ada = keyOf('ada');
const bob = keyOf('bob');

/** A clone of the bank with somebody who works on it. */
async function partner(bank: ServedBank, key: SigningKey) {
  const target = join(temporaryDirectory(), 'clone');
  const own = { ...access, authorize: async (url: string) => `Bearer ${tokenFor(url, key)}` };
  const { directory } = await Repository.clone(bank.url, target, realOptions(), { access: own });
  const repository = await openRepository(directory, realOptions());
  onTestFinished(() => closeQuietly(repository));
  return {
    repository,
    push: () =>
      repository.push('origin', {
        access: own,
        key,
        refs: [{ source: 'main', target: 'main' }],
        disclose: async () => undefined,
      }),
    pull: () => repository.pull('origin', { access: own, sealer: key }),
    fetch: () => repository.fetch('origin', { access: own }),
    pay: () => repository.call({ contract: 'bank', function: 'pay', args: ['alice', 'bob', '1'], key }),
    add: (name: string, ...roles: string[]) => repository.addMember({ name, member: keyOf(name).id, roles, key }),
    names: () => repository.members().map(({ name }) => name),
  };
}

test('a member is added in a clone, pushed, and works from then on; a revoked one does not', {
  timeout: 120_000,
}, async () => {
  const bank = await serveBank();
  const admin = await partner(bank, ada);
  await admin.add('bob', 'write', 'seal');
  expect((await admin.push()).directory).toMatchObject({ version: expect.any(Number) });
  const member = await partner(bank, bob);
  expect(member.names()).toContain('bob');
  await member.pay();
  expect((await member.push()).refs).toMatchObject([{ target: 'main' }]);
  await admin.pull();
  await admin.repository.removeMember({ member: 'bob', reason: 'left', key: ada });
  await admin.push();
  await expect(member.push()).rejects.toMatchObject({ code: expect.stringMatching(/^AERGO_/) });
  // What bob sealed was published before, and whoever comes later takes it with the version that revokes him.
  await (await partner(bank, ada)).repository.verify();
  await admin.repository.verify();
});

test('a change that others overtook is made again on theirs, with the blocks that named it', {
  timeout: 120_000,
}, async () => {
  const bank = await serveBank();
  const [one, two] = [await partner(bank, ada), await partner(bank, ada)];
  await one.add('carol', 'write');
  await one.pay();
  await two.add('dave', 'write');
  await two.push();
  const pulled = await one.pull();
  expect(pulled.fetched.directory).toMatchObject({ again: ['member carol: write'], left: [] });
  expect(pulled).toMatchObject({ kind: 'rerun', reran: { from: 1, to: 1 } });
  expect((await one.push()).refs).toMatchObject([{ target: 'main' }]);
  await two.pull();
  expect(two.names()).toEqual(expect.arrayContaining(['carol', 'dave']));
  expect(two.repository.showDirectory().id).toBe(one.repository.showDirectory().id);
  for (const { repository } of [one, two]) await repository.verify();
});

test('a fetch without a key tells what has to be made again', { timeout: 120_000 }, async () => {
  const bank = await serveBank();
  const [one, two] = [await partner(bank, ada), await partner(bank, ada)];
  await one.add('carol', 'write');
  await two.add('dave', 'write');
  await two.push();
  expect((await one.fetch()).directory).toMatchObject({ again: [], left: ['member carol: write'] });
  expect(one.names()).not.toContain('carol');
});

test('a remote that leads back, or aside, is refused, and the evidence stays', { timeout: 120_000 }, async () => {
  const { copy } = await prepareRoot();
  const [old, other] = [join(temporaryDirectory(), '.aergo'), join(temporaryDirectory(), '.aergo')];
  for (const place of [old, other]) cpSync(copy, place, { recursive: true });
  const change = async (place: string, name: string) => {
    const repository = await openRepository(place, realOptions());
    await repository.addMember({ name, member: keyOf(name).id, roles: ['write'], key: ada });
    await closeQuietly(repository);
  };
  await change(copy, 'bob');
  await change(other, 'mallory');
  const { directory } = await Repository.clone(copy, join(temporaryDirectory(), 'clone'), realOptions(), { access });
  const repository = await openRepository(directory, realOptions());
  repository.addRemote('old', old, '/');
  repository.addRemote('other', other, '/');
  // A mirror may be behind, and nothing of ours goes back with it; who had the newer version may not.
  expect((await repository.fetch('old', { access })).directory).toEqual({ before: 2, after: 2 });
  rmSync(copy, { recursive: true });
  cpSync(old, copy, { recursive: true });
  await expect(repository.fetch('origin', { access })).rejects.toMatchObject({
    code: 'AERGO_DIRECTORY_ROLLBACK',
    message: 'origin offers version 1 of the directory, and version 2 was seen before',
  });
  await expect(repository.fetch('other', { access })).rejects.toMatchObject({ code: 'AERGO_DIRECTORY_EQUIVOCATION' });
  expect(await repository.verifyDirectory()).toMatchObject({
    version: 2,
    evidence: [
      { kind: 'equivocation', place: 'other' },
      { kind: 'rollback', place: 'origin' },
    ],
  });
  expect(repository.members().map(({ name }) => name)).toEqual(['ada', 'bob']);
});

test('a push says what has to be made again by whoever made it, and sends nothing', { timeout: 120_000 }, async () => {
  const bank = await serveBank();
  const [one, two] = [await partner(bank, ada), await partner(bank, ada)];
  await two.add('bob', 'seal', 'write');
  await two.push();
  const member = await partner(bank, bob);
  const successor = keyOf('bob 2');
  await member.repository.rotateKey({ key: bob, successor: successor.id, reason: 'rotated' });
  await one.pull();
  await one.add('carol', 'write');
  await one.push();
  const asNew = { ...access, authorize: async (url: string) => `Bearer ${tokenFor(url, bob)}` };
  const push = (key: SigningKey) =>
    member.repository.push('origin', { access: asNew, key, refs: [], disclose: async () => undefined });
  await expect(push(successor)).rejects.toMatchObject({
    code: 'AERGO_DIRECTORY_OVERTAKEN',
    exitCode: 75,
    details: { changes: expect.arrayContaining(['member bob revoked: rotated', 'member bob: another key']) },
  });
  await member.repository.rotateKey({ key: bob, successor: successor.id, reason: 'rotated' });
  expect((await push(bob)).directory).toMatchObject({ version: expect.any(Number) });
  await one.pull();
  expect(one.repository.members().filter(({ name }) => name === 'bob')).toHaveLength(2);
});

test('a key whose blocks are not pushed yet is not given up in a clone', { timeout: 120_000 }, async () => {
  const bank = await serveBank();
  const admin = await partner(bank, ada);
  await admin.pay();
  const rotate = () => admin.repository.rotateKey({ key: ada, successor: bob.id, reason: 'rotated' });
  await expect(rotate()).rejects.toMatchObject({
    code: 'AERGO_KEY_UNPUBLISHED',
    hint: 'aergo push      (to origin)',
  });
  await admin.push();
  await rotate();
  expect(admin.repository.showDirectory().heads).toMatchObject([{ branch: 'main', height: 4 }]);
});

test('a key that is given up pushes that itself, also where members alone read', { timeout: 120_000 }, async () => {
  const bank = await serveBank();
  const admin = await person(bank.url, 'ada');
  await admin.pay();
  await admin.push();
  await admin.repository.setPolicy({ visibility: 'private', key: ada });
  await admin.push();
  const [second, third] = [keyOf('ada 2'), keyOf('ada 3')];
  for (const [key, successor] of [
    [ada, second],
    [second, third],
  ] as const)
    await admin.repository.rotateKey({ key, successor: successor.id, reason: 'rotated' });
  const as = (key: SigningKey) => ({
    key,
    access: { ...access, authorize: async (url: string) => `Bearer ${tokenFor(url, key)}` },
  });
  // Neither is known there before it is pushed, and it is said which one is.
  for (const key of [second, third])
    await expect(admin.push(undefined, 'origin', as(key))).rejects.toMatchObject({
      code: 'AERGO_REMOTE_MISSING',
      hint: expect.stringContaining(ada.id),
      details: { known: [ada.id] },
    });
  expect((await admin.push()).directory).toMatchObject({ version: expect.any(Number) });
  await expect(admin.push()).rejects.toMatchObject({
    code: 'AERGO_REMOTE_MISSING',
    hint: expect.stringMatching(/^check the address/),
  });
  expect(await admin.push(undefined, 'origin', as(third))).toMatchObject({ refs: [], blocks: 0 });
});
