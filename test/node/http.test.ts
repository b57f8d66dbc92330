/** The server over raw sockets: what is no honest request is refused within bounds, and the next one is served. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { Repository } from '../../src/repository.ts';
import { closeQuietly, keyOf, openRepository, temporaryDirectory } from '../support/repository.ts';
import {
  access,
  git,
  prepareRoot,
  realOptions,
  type ServedBank,
  sealAndExport,
  serveBank,
  tokenFor,
} from './served-bank.ts';

const refs = '/info/refs?service=git-upload-pack';

/** Whether an honest client is served. */
async function isServing({ url }: ServedBank): Promise<boolean> {
  const response = await fetch(`${url}${refs}`);
  await response.arrayBuffer();
  return response.status === 200;
}

/** Sends bytes as they are, and gives what comes back until the server closes. */
function raw({ server }: ServedBank, text: string): Promise<string> {
  const { hostname, port } = new URL(server.origin);
  const { promise, resolve } = Promise.withResolvers<string>();
  let answer = '';
  const socket = connect(Number(port), hostname, () => socket.write(text));
  socket.setEncoding('latin1').on('data', (part: string) => {
    answer += part;
  });
  socket.on('error', () => resolve(answer));
  socket.on('close', () => resolve(answer));
  return promise;
}

const statusOf = (answer: string): number => Number(answer.slice(9, 12));

/** A ledger that only its members read, beside the bank. */
async function withPrivateLedger(bank: Pick<ServedBank, 'root'>, name: string): Promise<void> {
  const options = { ...realOptions(), key: keyOf('ada'), memberName: 'ada', visibility: 'private' } as const;
  await closeQuietly(await Repository.init(join(bank.root, `${name}.aergo`), options));
}

describe('what is not for everybody', () => {
  test('is answered to an outsider as what is not there: same status, headers, bytes', async () => {
    const bank = await serveBank();
    await withPrivateLedger(bank, 'secret');
    const ask = async (name: string, service: string, token?: string) => {
      const response = await fetch(`${bank.server.origin}/${name}/info/refs?service=${service}`, {
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      });
      const headers = [...response.headers].filter(([header]) => header !== 'date');
      return { status: response.status, headers, body: await response.text() };
    };
    for (const service of ['git-upload-pack', 'git-receive-pack']) {
      const secret = await ask('secret', service);
      expect(secret).toMatchObject({ status: 401 });
      expect(secret.headers).toContainEqual(['www-authenticate', 'Basic realm="aergo", charset="UTF-8"']);
      for (const name of ['none', '%2e%2e/secret', 'secret%00', 'a/b/c'])
        expect(await ask(name, service)).toEqual(secret);
      const eve = (name: string) => tokenFor(`${bank.server.origin}/${name}`, keyOf('eve'));
      const hidden = await ask('secret', service, eve('secret'));
      expect(hidden).toMatchObject({ status: 404 });
      expect(await ask('none', service, eve('none'))).toEqual(hidden);
    }
    const ada = await ask('secret', 'git-upload-pack', tokenFor(`${bank.server.origin}/secret`, keyOf('ada')));
    expect(ada.status).toBe(200);
  });

  test('takes as long to refuse as what is not there', async () => {
    const bank = await serveBank();
    await withPrivateLedger(bank, 'secret');
    const times: Record<'secret' | 'none', number[]> = { secret: [], none: [] };
    for (let round = 0; round < 15; round += 1) {
      for (const name of ['secret', 'none'] as const) {
        const began = performance.now();
        await (await fetch(`${bank.server.origin}/${name}${refs}`)).text();
        times[name].push(performance.now() - began);
      }
    }
    const median = (all: number[]): number => all.sort((a, b) => a - b)[all.length >> 1] ?? 0;
    // Answers leave at multiples of 100 ms after the request: what a look at the disk takes does not show.
    expect(Math.abs(median(times.secret) - median(times.none))).toBeLessThan(50);
  });

  test('is refused by what the server knew of it before it listened: that a command has it since tells nobody that it is there', async () => {
    const { root } = await prepareRoot();
    mkdirSync(join(root, 'team'));
    await withPrivateLedger({ root }, 'team/secret');
    const bank = await serveBank({ root });
    const command = await openRepository(join(root, 'team', 'secret.aergo'), realOptions());
    expect((await fetch(`${bank.server.origin}/team/secret${refs}`)).status).toBe(401);
    expect(bank.logged).toEqual([expect.stringContaining('refused')]);
    await closeQuietly(command);
  });

  test('a token is good at its place and time only, and stands in no log', async () => {
    const bank = await serveBank();
    await withPrivateLedger(bank, 'secret');
    const url = `${bank.server.origin}/secret`;
    const ask = async (token: string) =>
      (await fetch(`${url}${refs}`, { headers: { authorization: `Bearer ${token}` } })).status;
    const good = tokenFor(url, keyOf('ada'));
    expect(await ask(good)).toBe(200);
    expect(await ask(tokenFor(bank.url, keyOf('ada')))).toBe(401);
    expect(await ask(tokenFor('http://127.0.0.1:1/secret', keyOf('ada')))).toBe(401);
    expect(await ask(tokenFor(url, keyOf('ada'), -1))).toBe(401);
    expect(await ask(good.replace(/.{5}$/, (end) => (end === 'AAAAA' ? 'BBBBB' : 'AAAAA')))).toBe(401);
    const clone = await git('/', [
      'clone',
      '-q',
      url.replace('//', `//ada:${good}@`),
      join(temporaryDirectory(), 'clone'),
    ]);
    expect(clone.status).toBe(0);
    expect(bank.logged.join('\n')).not.toMatch(/aergo1\.|authorization|Basic|Bearer/i);
  });
});

describe('a request that is none', () => {
  test.each([
    ['another method', 'PUT /shop/info/refs HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n', 405],
    ['an unknown service', 'GET /shop/info/refs?service=git-upload-archive HTTP/1.1\r\nHost: x\r\n\r\n', 403],
    ['the dumb protocol', 'GET /shop/info/refs HTTP/1.1\r\nHost: x\r\n\r\n', 403],
    ['GET of what is posted', 'GET /shop/git-upload-pack HTTP/1.1\r\nHost: x\r\n\r\n', 405],
    [
      'another content type',
      'POST /shop/git-upload-pack HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\n0000',
      415,
    ],
    [
      'Content-Length with Transfer-Encoding',
      'POST /shop/git-upload-pack HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['headers without end', `GET /shop/info/refs HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    ['no HTTP', 'hello\r\n\r\n', 400],
  ])('%s is refused, and the next is served', async (_, request, status) => {
    const bank = await serveBank();
    expect(statusOf(await raw(bank, request))).toBe(status);
    expect(await isServing(bank)).toBe(true);
  });

  test('a body ends at the limit, as it is sent and as it is inflated', async () => {
    const bank = await serveBank({ limits: { fetch_bytes: 100_000 } });
    const headers = { 'content-type': 'application/x-git-upload-pack-request', 'content-encoding': 'gzip' };
    const ask = (body: Buffer<ArrayBuffer>) => fetch(`${bank.url}/git-upload-pack`, { method: 'POST', headers, body });
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    expect(await (await ask(bomb)).text()).toMatch(/ERR/);
    expect((await ask(Buffer.alloc(100_001))).status).toBe(413);
    expect(await isServing(bank)).toBe(true);
  });

  test('a client that says nothing, or stops in the middle, is let go of', async () => {
    const bank = await serveBank({ limits: { silence_ms: 300 } });
    const half =
      'POST /shop/git-upload-pack HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-git-upload-pack-request\r\nContent-Length: 4000\r\n\r\n0011';
    const answers = await Promise.all([raw(bank, ''), raw(bank, 'GET /shop/info'), raw(bank, half)]);
    expect(answers).toHaveLength(3);
    expect(await isServing(bank)).toBe(true);
  });
});

test('a server that is told to stop ends what is under way, and lets the repository go', async () => {
  const bank = await serveBank();
  const clone = git('/', ['clone', '-q', bank.url, join(temporaryDirectory(), 'clone')]);
  await expect.poll(() => bank.logged.length, { timeout: 20_000 }).toBeGreaterThan(0);
  await bank.server.close();
  expect([0, 128]).toContain((await clone).status);
  const repository = await Repository.open(join(bank.root, 'shop.aergo'), realOptions());
  expect(repository.head.block.height).toBe(3);
  await repository.close();
});

test('one that is read-only takes no push, also of those who may', async () => {
  const bank = await serveBank({ isReadOnly: true });
  const { directory, head } = await sealAndExport(bank.copy, ['1']);
  const pushed = await git(directory, ['push', '-q', bank.url, 'HEAD:main'], tokenFor(bank.url, keyOf('ada')));
  expect(pushed).toMatchObject({ status: 128, stderr: expect.stringContaining('403') });
  expect((await git('/', ['ls-remote', bank.url])).stdout).not.toContain(head);
  expect(await isServing(bank)).toBe(true);
});

test('with a certificate it speaks TLS', async () => {
  const folder = temporaryDirectory();
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  execFileSync(
    'openssl',
    [...made, '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert],
    { stdio: 'pipe' },
  );
  const bank = await serveBank({ tls: { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') } });
  expect(bank.url).toMatch(/^https:/);
  const trusted = ['-c', `http.sslCAInfo=${cert}`, 'ls-remote', bank.url, 'refs/heads/main'];
  expect(await git('/', trusted)).toMatchObject({ status: 0, stdout: expect.stringMatching(/refs\/heads\/main/) });
  expect((await git('/', ['ls-remote', bank.url])).status).not.toBe(0);
  // Our client says what to do about it.
  const clone = (url: string) => Repository.clone(url, join(folder, 'clone'), realOptions(), { access });
  await expect(clone(bank.url)).rejects.toMatchObject({
    code: 'AERGO_REMOTE_FAILED',
    hint: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
  });
  const plain = await serveBank();
  await expect(clone(plain.url.replace('http:', 'https:'))).rejects.toMatchObject({
    code: 'AERGO_REMOTE_FAILED',
    message: expect.stringMatching(/wrong version number[^\n]*$/),
    hint: expect.stringContaining('http or https'),
  });
});
