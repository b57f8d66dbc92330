/** Copies with the newest part of a history, from every kind of remote, honest and not: what they take, and how they become whole. */
import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { CloneOptions } from '../../src/repository/clone.ts';
import { Repository } from '../../src/repository.ts';
import { forge, sealed } from '../support/forgery.ts';
import { closeQuietly, keyOf, openRepository, temporaryDirectory } from '../support/repository.ts';
import { CgiTransport } from '../wire/cgi-transport.ts';
import { access, git, realOptions, sealAndExport, serveBank, tokenFor } from './served-bank.ts';

const key = keyOf('ada');
const pay = { contract: 'bank', function: 'pay', args: ['alice', 'bob', '1'], key };
const target = () => join(temporaryDirectory(), 'clone');

async function clone(url: string, options: Partial<CloneOptions> = {}) {
  const report = await Repository.clone(url, target(), realOptions(), { access, ...options });
  return { report, repository: await openRepository(report.directory, realOptions()) };
}

/** Git's own server over HTTP, a process for each request. */
async function gitServer(path: string): Promise<string> {
  const backend = new CgiTransport(path);
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
    const version = request.headers['git-protocol'] === 'version=2' ? 2 : 0;
    const service = pathname.endsWith('/info/refs') ? searchParams.get('service') : pathname.split('/').at(-1);
    if (service !== 'git-upload-pack') return void response.writeHead(403).end();
    const asks = request.method === 'GET';
    const answer = asks ? backend.discover(service, version) : backend.request(service, version, request);
    response.setHeader('content-type', `application/x-${service}-${asks ? 'advertisement' : 'result'}`);
    for await (const part of answer) response.write(part);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/shop`;
}

const places = ['our server', 'a path of ours', 'a path of Git’s', 'Git’s server'] as const;

test.each(places)('the newest blocks are cloned, followed, and made whole: %s', { timeout: 60_000 }, async (place) => {
  const bank = await serveBank();
  const exported = () => sealAndExport(bank.copy, []).then(({ directory }) => directory);
  const url =
    place === 'our server'
      ? bank.url
      : place === 'a path of ours'
        ? bank.copy
        : place === 'a path of Git’s'
          ? await exported()
          : await gitServer(join(await exported(), '.git'));
  const { report, repository } = await clone(url, { depth: 1 });
  expect(report).toMatchObject({ branch: 'main', height: 3, branches: 1, blocks: 2, taken: 1 });
  expect(report.begins).toMatchObject([{ height: 3 }]);
  const deeper = await repository.fetch('origin', { access, deepen: 1 });
  expect(deeper).toMatchObject({ blocks: 1, taken: 1, begins: [{ height: 2 }] });
  expect((await repository.get('bank.accounts', ['alice']))?.row).toEqual({ owner: 'alice', balance: '100.00' });
  expect((await repository.fsck()).problems).toEqual([]);
  await expect(repository.call(pay)).rejects.toMatchObject({ code: 'AERGO_HISTORY_CUT' });
  expect(await repository.fetch('origin', { access })).toMatchObject({ blocks: 0, begins: [{ height: 2 }] });
  const whole = await repository.fetch('origin', { access, unshallow: true });
  expect(whole).toMatchObject({ blocks: 1, taken: 0 });
  expect(whole.begins).toBeUndefined();
  expect(repository.begins).toEqual([]);
  expect(await repository.verify()).toMatchObject({ blocks: 4, taken: 0 });
  await repository.call(pay);
  await closeQuietly(repository);
  const rebuilt = await Repository.rebuild(report.directory, realOptions());
  expect(await rebuilt.verify()).toMatchObject({ blocks: 5 });
  await rebuilt.close();
});

test('what comes later is fetched and pulled into a copy that stays cut, and a snapshot with its block', async () => {
  const bank = await serveBank();
  const { repository } = await clone(bank.url, { depth: 1 });
  const copy = await openRepository(bank.copy, realOptions());
  await copy.createSnapshot('v1', 'main', key);
  await closeQuietly(copy);
  const later = await sealAndExport(bank.copy, ['1', '2']);
  await git(later.directory, ['push', '-q', bank.url, 'main', 'v1'], tokenFor(bank.url, key));
  const pulled = await repository.pull('origin', { access, sealer: key });
  expect(pulled).toMatchObject({ kind: 'forward', height: 5, fetched: { blocks: 2, taken: 0, snapshots: ['v1'] } });
  expect(repository.begins).toMatchObject([{ height: 3 }]);
  expect(await repository.verify()).toMatchObject({ blocks: 3, taken: 1, snapshots: 1 });
  await repository.fetch('origin', { access, deepen: 1 });
  expect(repository.begins).toMatchObject([{ height: 2 }]);
  expect(await repository.verify()).toMatchObject({ blocks: 4, taken: 1 });
});

test('more than there is is all of it: every branch, and nothing is cut', async () => {
  const bank = await serveBank();
  const copy = await openRepository(bank.copy, realOptions());
  await copy.createBranch('side', 'main~2');
  await copy.call({ ...pay, contract: 'bank', function: 'open_account', args: ['carol', '1'], on: 'side' });
  await closeQuietly(copy);
  const { report, repository } = await clone(bank.copy, { depth: 100 });
  expect(report).toMatchObject({ branches: 2, blocks: 5, taken: 0 });
  expect(repository.begins).toEqual([]);
  expect(await repository.verify()).toMatchObject({ taken: 0 });
  const { repository: side, report: one } = await clone(bank.copy, { depth: 1, branch: 'side' });
  expect(one).toMatchObject({ branch: 'side', branches: 1, height: 2 });
  await side.fetch('origin', { access, deepen: 2 });
  expect(side.begins).toEqual([]);
  expect(side.trackedBranches()).toHaveLength(2);
});

test('a copy that is cut is neither served nor cloned from; Git reads its export', async () => {
  const bank = await serveBank();
  const { report, repository } = await clone(bank.copy, { depth: 2 });
  const directory = join(temporaryDirectory(), 'exported');
  await repository.exportGit(directory);
  expect(await git(directory, ['fsck', '--strict'])).toMatchObject({ status: 0 });
  expect((await git(directory, ['log', '--format=%H'])).stdout.trim().split('\n')).toHaveLength(2);
  await closeQuietly(repository);
  await Repository.clone(bank.copy, join(bank.root, 'cut.aergo'), realOptions(), { access, bare: true, depth: 2 });
  const served = `${bank.server.origin}/cut`;
  const reason = /being served or cloned takes the whole history, and this copy has only the newest part of it/;
  await expect(Repository.clone(served, target(), realOptions(), { access })).rejects.toMatchObject({
    code: 'AERGO_REMOTE_REFUSED',
    message: expect.stringMatching(reason),
  });
  for (const version of [0, 2]) {
    const asked = await git('/', ['-c', `protocol.version=${version}`, 'ls-remote', served]);
    expect(asked.stderr).toMatch(/^fatal: remote error: /);
    expect(asked.stderr).toMatch(reason);
  }
  for (const depth of [undefined, 1]) {
    const again = Repository.clone(report.directory, target(), realOptions(), {
      access,
      ...(depth === undefined ? {} : { depth }),
    });
    await expect(again).rejects.toMatchObject({ code: 'AERGO_HISTORY_CUT' });
  }
});

interface Lie {
  request?: (body: Buffer) => Buffer;
  answer?: (body: Buffer) => Buffer;
}

/** A server that changes what it is asked and what it answers. */
async function liar(url: string, { request: ask = (body) => body, answer = (body) => body }: Lie): Promise<string> {
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const protocol = { 'git-protocol': String(request.headers['git-protocol'] ?? '') };
    const type = { 'content-type': String(request.headers['content-type'] ?? '') };
    const honest = await fetch(url + (request.url ?? '').slice('/shop'.length), {
      method: request.method ?? 'GET',
      headers: request.method === 'POST' ? { ...protocol, ...type } : protocol,
      ...(request.method === 'POST' ? { body: Uint8Array.from(ask(Buffer.concat(parts))) } : {}),
    });
    response.writeHead(honest.status, { 'content-type': honest.headers.get('content-type') ?? '' });
    response.end(answer(Buffer.from(await honest.arrayBuffer())));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/shop`;
}

const replaced = (from: string, to: string) => (body: Buffer) =>
  Buffer.from(body.toString('latin1').replace(from, to), 'latin1');

const lies: Record<string, [Lie, string, depth?: number]> = {
  'it cuts before what was asked for': [{ request: replaced('deepen 3', 'deepen 2') }, 'AERGO_PROTOCOL_INVALID'],
  'it cuts and does not say so': [{ answer: (body) => withoutBoundary(body) }, 'AERGO_OBJECT_MISSING', 2],
  'it cuts at what does not come': [
    { answer: replaced('shallow-info\n', `shallow-info\n004dshallow ${'a'.repeat(64)}\n`) },
    'AERGO_PROTOCOL_INVALID',
  ],
  'it knows no depth': [{ answer: replaced('fetch=shallow', 'fetch=shallew') }, 'AERGO_PROTOCOL_INVALID'],
};

/** The lines between the section's name and its end, taken out. */
function withoutBoundary(body: Buffer): Buffer {
  const text = body.toString('latin1');
  const begin = text.indexOf('shallow-info\n');
  if (begin < 0) return body;
  const lines = begin + 'shallow-info\n'.length;
  return Buffer.from(text.slice(0, lines) + text.slice(text.indexOf('0001', lines)), 'latin1');
}

test.each(Object.keys(lies))('a remote that lies is refused, and nothing is left: %s', async (name) => {
  const bank = await serveBank();
  const [lie, code, depth = 3] = lies[name] ?? [{}, ''];
  const url = await liar(bank.url, lie);
  const path = target();
  const options = realOptions();
  await expect(Repository.clone(url, path, options, { access, depth })).rejects.toMatchObject({ code });
  expect(readdirSync(dirname(path))).toEqual([]);
});

test('a remote that cuts what it was to send whole is refused, and the copy stays as it was', async () => {
  const bank = await serveBank();
  let lying = false;
  const url = await liar(bank.url, {
    request: (body) =>
      lying && body.includes('include-tag') ? replaced('thin-pack\n', 'thin-pack\n000ddeepen 1\n')(body) : body,
  });
  const { repository } = await clone(url, { depth: 2 });
  const later = await sealAndExport(bank.copy, ['1', '2', '3']);
  await git(later.directory, ['push', '-q', bank.url, 'main'], tokenFor(bank.url, key));
  const before = repository.begins;
  lying = true;
  await expect(repository.fetch('origin', { access })).rejects.toMatchObject({ code: 'AERGO_PROTOCOL_INVALID' });
  expect(repository.begins).toEqual(before);
  lying = false;
  expect(await repository.fetch('origin', { access })).toMatchObject({ blocks: 3, taken: 0 });
  expect(repository.begins).toEqual(before);
});

test('a state that was forged before the cut is found with the rest, and the copy stays as it was', async () => {
  const forged = await forge(
    sealed((content, { reader }) => ({ ...content, state: reader.block(content.parents[0] as never).state })),
  );
  const bank = await openRepository(forged.directory);
  for (let block = 0; block < 2; block++) await bank.call(pay);
  await closeQuietly(bank);
  const { repository } = await clone(forged.directory, { depth: 3 });
  expect(await repository.verify()).toMatchObject({ taken: 1 });
  const before = repository.begins;
  await expect(repository.fetch('origin', { access, unshallow: true })).rejects.toMatchObject({
    code: 'AERGO_BLOCK_INVALID',
  });
  await expect(repository.fetch('origin', { access, deepen: 1 })).rejects.toMatchObject({
    code: 'AERGO_BLOCK_INVALID',
  });
  expect(repository.begins).toEqual(before);
  expect((await repository.fsck()).problems).toEqual([]);
  const deeper = Repository.clone(forged.directory, target(), realOptions(), { access, depth: 4 });
  await expect(deeper).rejects.toMatchObject({ code: 'AERGO_BLOCK_INVALID' });
});
