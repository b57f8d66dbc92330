/** Pushing and pulling between two members of one ledger: nobody's block is lost, and what no longer fits is told. */
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { SigningKey } from '../../src/crypto/key.ts';
import type { PushOptions } from '../../src/repository/push.ts';
import { Repository } from '../../src/repository.ts';
import { delimiterPacket, flushPacket, linePacket } from '../../src/wire/pkt-line.ts';
import { closeQuietly, keyOf, openRepository, temporaryDirectory } from '../support/repository.ts';
import { pushObjects } from './push-objects.ts';
import { access, realOptions, type ServedBank, serveBank, tokenFor } from './served-bank.ts';

const ada = keyOf('ada');

interface Partner {
  readonly repository: Repository;
  push(refs?: PushOptions['refs']): ReturnType<Repository['push']>;
  pull(): ReturnType<Repository['pull']>;
  pay(from: string, to: string, amount: string): Promise<void>;
}

/** A clone of the bank with somebody who works on it. */
async function partner(bank: ServedBank, key: SigningKey): Promise<Partner> {
  const target = join(temporaryDirectory(), 'clone');
  const own = { ...access, authorize: async (url: string) => `Bearer ${tokenFor(url, key)}` };
  const { directory } = await Repository.clone(bank.url, target, realOptions(), { access: own });
  const repository = await openRepository(directory, realOptions());
  onTestFinished(() => closeQuietly(repository));
  const disclose = async () => undefined;
  return {
    repository,
    push: (refs = [{ source: 'main', target: 'main' }]) =>
      repository.push('origin', { access: own, key, refs, disclose }),
    pull: () => repository.pull('origin', { access: own, sealer: key }),
    pay: async (from, to, amount) => {
      await repository.call({ contract: 'bank', function: 'pay', args: [from, to, amount], key });
    },
  };
}

test('two members push at once: one wins, the other pulls and pushes, and nothing is lost', async () => {
  const bank = await serveBank();
  const [one, two] = [await partner(bank, ada), await partner(bank, ada)];
  await one.pay('alice', 'bob', '10');
  await two.pay('bob', 'alice', '5');
  expect((await one.push()).refs).toMatchObject([{ target: 'main' }]);
  await expect(two.push()).rejects.toMatchObject({ code: 'AERGO_PUSH_MOVED', exitCode: 75 });
  expect(await two.pull()).toMatchObject({ kind: 'rerun', reran: { from: 1, to: 1 }, left: [], height: 5 });
  expect((await two.push()).refs).toMatchObject([{ target: 'main' }]);
  expect(await one.pull()).toMatchObject({ kind: 'forward', height: 5 });
  for (const { repository } of [one, two]) {
    expect((await repository.get('bank.accounts', ['alice']))?.row).toEqual({ owner: 'alice', balance: '95.00' });
    expect((await repository.verify()).blocks).toBeGreaterThanOrEqual(6);
  }
  expect(one.repository.head.block.id).toBe(two.repository.head.block.id);
});

test('what no longer fits on the remote’s blocks is told and kept', async () => {
  const bank = await serveBank();
  const [one, two] = [await partner(bank, ada), await partner(bank, ada)];
  await one.pay('alice', 'bob', '100');
  await two.pay('alice', 'bob', '60');
  await two.pay('bob', 'alice', '1');
  const before = two.repository.head.block.id;
  await one.push();
  const pulled = await two.pull();
  expect(pulled).toMatchObject({ kind: 'rerun', reran: { from: 2, to: 1 } });
  expect(pulled.left).toMatchObject([
    { content: { args: ['alice', 'bob', '60'] }, error: { code: 'AERGO_CONTRACT_REJECTED' } },
  ]);
  expect((await two.repository.show(before)).kind).toBe('block');
  expect(await two.repository.resolve(pulled.kept ?? '')).toBe(before);
});

test('a new branch is pushed with what it is bound to, and deleted again', async () => {
  const bank = await serveBank();
  const one = await partner(bank, ada);
  await one.repository.createBranch('what-if', '@', { switchTo: true });
  await one.pay('alice', 'bob', '1');
  expect((await one.push([{ source: 'what-if', target: 'what-if' }])).refs).toEqual([
    { target: 'what-if', old: null, new: one.repository.head.block.id },
  ]);
  const two = await partner(bank, ada);
  expect(await two.repository.resolve('origin/what-if')).toBe(one.repository.head.block.id);
  await one.push([{ source: null, target: 'what-if' }]);
  expect((await two.repository.fetch('origin', { access, prune: true })).branches).toMatchObject([
    { branch: 'what-if', new: null },
  ]);
});

test('a stranger cannot push, and the server goes on', async () => {
  const bank = await serveBank();
  const eve = await partner(bank, keyOf('eve'));
  await expect(eve.push()).rejects.toMatchObject({ code: 'AERGO_REMOTE_LOGIN', exitCode: 4 });
  const one = await partner(bank, ada);
  await one.pay('alice', 'bob', '1');
  expect((await one.push()).refs).toHaveLength(1);
});

test('a snapshot of a block that is on no branch there comes with its block', async () => {
  const bank = await serveBank();
  const one = await partner(bank, ada);
  await one.pay('alice', 'bob', '1');
  await one.repository.createSnapshot('v1', '@', ada);
  const { refs, blocks } = await one.push([{ source: 'v1', target: 'tags/v1' }]);
  expect({ refs, blocks }).toMatchObject({ refs: [{ target: 'tags/v1' }], blocks: 1 });
  expect(refs[0]?.refused).toBeUndefined();
  const two = await partner(bank, ada);
  expect(await two.repository.resolve('v1')).toBe(one.repository.head.block.id);
  expect((await two.repository.verify()).snapshots).toBe(1);
});

test('a block that is there and that no ref leads to any more cannot be had by its id', async () => {
  const bank = await serveBank();
  const one = await partner(bank, ada);
  await one.repository.createBranch('secret', '@', { switchTo: true });
  await one.pay('alice', 'bob', '1');
  await one.push([{ source: 'secret', target: 'secret' }]);
  await one.push([{ source: null, target: 'secret' }]);
  const hidden = one.repository.head.block.id;
  const report = await pushObjects(bank.url, [{ name: 'refs/heads/again', old: null, new: hidden }], []);
  expect(report.refs.get('refs/heads/again')).toMatch(/did not come with the push/);
  // Nor is it told that it is there.
  const main = await one.repository.resolve('main');
  expect(await acknowledged(bank, main, main)).toContain(`ACK ${main}`);
  expect(await acknowledged(bank, main, hidden)).toContain('NAK');
});

/** What the server answers to somebody who wants one commit and has another. */
async function acknowledged({ url }: ServedBank, want: string, have: string): Promise<string> {
  const lines = ['command=fetch', 'object-format=sha256'].map(linePacket);
  const asked = [`want ${want}`, `have ${have}`].map(linePacket);
  const body = Buffer.concat([...lines, delimiterPacket, ...asked, flushPacket]);
  const headers = { 'content-type': 'application/x-git-upload-pack-request', 'git-protocol': 'version=2' };
  const response = await fetch(`${url}/git-upload-pack`, { method: 'POST', headers, body });
  return response.text();
}
