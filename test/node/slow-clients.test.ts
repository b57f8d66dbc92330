/** Clients that are slow at sending or reading over real sockets: they do not keep a repository from others. */
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type GitServices, type HttpLimits, httpApplication } from '../../src/node/http-application.ts';
import { RepositoryPool } from '../../src/node/repository-pool.ts';
import { Repository } from '../../src/repository.ts';
import { closeQuietly, keyOf } from '../support/repository.ts';
import { prepareRoot, realOptions, serveBank, tokenFor } from './served-bank.ts';

const piece = Buffer.alloc(64 * 1024);
const refs = '/shop/info/refs?service=git-upload-pack';

/** A server whose every answer is as long as a test has it; and where its bank is. */
async function serveLongAnswers(pieces: number, limits: Partial<HttpLimits>) {
  const { root } = await prepareRoot();
  const pool = new RepositoryPool(root, realOptions(), { open: 10, idle_ms: 60_000 });
  const ended = Promise.withResolvers<number>();
  async function* answer() {
    let given = 0;
    try {
      for (; given < pieces; given += 1) yield piece;
    } finally {
      ended.resolve(given);
    }
  }
  const services: GitServices = { refs: answer, fetch: answer, push: answer };
  const logged: string[] = [];
  const log = (_: Record<string, unknown>, message: string) => void logged.push(message);
  const logger = { info: log, error: log };
  const application = httpApplication({ pool, services, origins: () => [], clock: Date.now, logger, limits });
  const origin = await application.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(async () => {
    await application.close();
    await pool.close();
  });
  return { origin, logged, ended: ended.promise, directory: join(root, 'shop.aergo') };
}

function connected(origin: string, text: string): Promise<Socket> {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  return new Promise((resolve) => socket.on('connect', () => socket.write(text, () => resolve(socket))));
}

test('whoever does not read an answer is let go of, and a command gets the repository', async () => {
  const endless = Number.POSITIVE_INFINITY;
  const served = await serveLongAnswers(endless, { answer_ms: 300, answer_bytes_per_s: 64 * 1024 * 1024 });
  const socket = await connected(served.origin, `GET ${refs} HTTP/1.1\r\nHost: x\r\n\r\n`);
  socket.pause();
  expect(await served.ended).toBeGreaterThan(0);
  const repository = await Repository.open(served.directory, realOptions());
  expect(repository.head.block.height).toBe(3);
  await closeQuietly(repository);
  expect(served.logged).toContain('cut off: its reader takes too long');
});

test.each(['git-upload-pack', 'git-receive-pack'])(
  'who sends half of a %s request holds no repository',
  async (service) => {
    const bank = await serveBank();
    const isServing = async () => (await fetch(`${bank.server.origin}${refs}`)).status === 200;
    expect(await isServing()).toBe(true);
    const headers = `Content-Type: application/x-${service}-request\r\nAuthorization: Bearer ${tokenFor(bank.url, keyOf('ada'))}\r\n`;
    const head = `POST /shop/${service} HTTP/1.1\r\nHost: x\r\n${headers}Content-Length: 4000\r\n\r\n`;
    const socket = await connected(bank.server.origin, `${head}0011`);
    // The server has come to it when it has answered what came after it.
    expect(await isServing()).toBe(true);
    const options = { ...realOptions(), lockTimeout_ms: 20_000 };
    const repository = await Repository.open(join(bank.root, 'shop.aergo'), options);
    expect(socket.destroyed).toBe(false);
    await closeQuietly(repository);
  },
);
