/** A remote that sends on: within its origin a client goes along; elsewhere it does not, and its token is never seen there. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { HttpTransport } from '../../src/wire/http-transport.ts';
import { gathered, pieces } from './streams.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** @returns its origin, and what was asked of it: the path, and whether a token came with it */
async function remote(answer: Answer): Promise<{ origin: string; asked: [path: string, hasToken: boolean][] }> {
  const asked: [string, boolean][] = [];
  const server: Server = createServer((request, response) => {
    asked.push([request.url?.split('?')[0] ?? '', request.headers.authorization !== undefined]);
    request.resume();
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

/** A client who has logged in at the place of the URL. */
const client = (url: string): HttpTransport =>
  new HttpTransport(url, { agent: 'aergo/test', authorize: async () => 'Bearer secret' });

const textOf = async (answer: AsyncIterable<Uint8Array>): Promise<string> => (await gathered(answer)).toString();

const sendOn = (response: ServerResponse, location: string): void =>
  void response.writeHead(302, { location, connection: 'close' }).end();

/** Asks who it is, first of all. */
const afterLogin =
  (answer: Answer): Answer =>
  (request, response) =>
    request.headers.authorization === undefined
      ? void response.writeHead(401, { connection: 'close' }).end()
      : answer(request, response);

test('to another origin nobody follows, and no token goes there', async () => {
  const elsewhere = await remote((_request, response) => void response.end());
  const here = await remote(
    afterLogin((request, response) => sendOn(response, `${elsewhere.origin}${request.url}&more=1`)),
  );
  await expect(textOf(client(`${here.origin}/shop`).discover('git-upload-pack', 2))).rejects.toMatchObject({
    code: 'AERGO_REMOTE_REDIRECTED',
    message: `${here.origin}/shop/info/refs sends on to ${elsewhere.origin}/shop/info/refs`,
  });
  expect(here.asked).toEqual([
    ['/shop/info/refs', false],
    ['/shop/info/refs', true],
  ]);
  expect(elsewhere.asked).toEqual([]);
});

test('what is posted is not sent on at all', async () => {
  const elsewhere = await remote((_request, response) => void response.end());
  const here = await remote((_request, response) => sendOn(response, `${elsewhere.origin}/shop/git-upload-pack`));
  const nothing = pieces(new Uint8Array());
  await expect(textOf(client(`${here.origin}/shop`).request('git-upload-pack', 2, nothing))).rejects.toMatchObject({
    code: 'AERGO_REMOTE_REFUSED',
  });
  expect(elsewhere.asked).toEqual([]);
});

test('within an origin it is followed, the rest is asked there too, and a circle ends', async () => {
  const here = await remote(
    afterLogin((request, response) => {
      const [path = '', query = ''] = request.url?.split('?') ?? [];
      if (path.startsWith('/old/')) return sendOn(response, `${path.replace('/old/', '/new/')}?${query}`);
      if (path.startsWith('/round/')) return sendOn(response, `${request.url}`);
      const kind = path.endsWith('refs') ? 'advertisement' : 'result';
      response
        .writeHead(200, { 'content-type': `application/x-git-upload-pack-${kind}`, connection: 'close' })
        .end(path);
    }),
  );
  const moved = client(`${here.origin}/old/shop`);
  expect(await textOf(moved.discover('git-upload-pack', 2))).toBe('/new/shop/info/refs');
  const nothing = pieces(new Uint8Array());
  expect(await textOf(moved.request('git-upload-pack', 2, nothing))).toBe('/new/shop/git-upload-pack');
  await expect(textOf(client(`${here.origin}/round/shop`).discover('git-upload-pack', 2))).rejects.toMatchObject({
    code: 'AERGO_REMOTE_REDIRECTED',
  });
});
