/** The services of `wire` behind a small HTTP server, for stock Git to talk to. Closed when the test ends. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { onTestFinished } from 'vitest';
import { flushPacket, linePacket } from '../../src/wire/pkt-line.ts';
import { advertiseReceive, type PushTarget, receivePack } from '../../src/wire/receive-pack.ts';
import type { ServedRepository } from '../../src/wire/served.ts';
import { advertiseCapabilities, type ProtocolVersion, uploadPack } from '../../src/wire/upload-pack.ts';
import { advertiseUpload } from '../../src/wire/upload-pack-old.ts';

export interface TestServer {
  readonly url: string;
  /** What is served; may be changed between requests. */
  repository: ServedRepository;
  /** Where pushes go; without one they are not offered. */
  target?: PushTarget;
  /** What the services said went wrong. */
  readonly faults: unknown[];
  /** The requests as they came: method and path, the protocol that was asked for, and the size of each answer. */
  readonly requests: { line: string; protocol: string; sent_bytes: number }[];
}

const options = (server: TestServer) => ({
  agent: 'aergo/test',
  onFault: (error: unknown) => void server.faults.push(error),
});

function versionOf(request: IncomingMessage): ProtocolVersion {
  const asked = String(request.headers['git-protocol'] ?? '');
  if (asked.includes('version=2')) return 2;
  return asked.includes('version=1') ? 1 : 0;
}

type Service = 'git-upload-pack' | 'git-receive-pack';

function* advertisement(server: TestServer, service: Service, version: ProtocolVersion): Generator<Uint8Array, void> {
  if (version === 2 && service === 'git-upload-pack') {
    yield* advertiseCapabilities(options(server));
    return;
  }
  yield linePacket(`# service=${service}`);
  yield flushPacket;
  const old = version === 1 ? 1 : 0;
  if (service === 'git-upload-pack') yield* advertiseUpload(server.repository, old, options(server));
  else yield* advertiseReceive(server.target ?? server.repository, old, options(server));
}

async function answer(server: TestServer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const version = versionOf(request);
  const noted = {
    line: `${request.method} ${request.url}`,
    protocol: String(request.headers['git-protocol'] ?? ''),
    sent_bytes: 0,
  };
  server.requests.push(noted);
  const body = request.headers['content-encoding'] === 'gzip' ? request.pipe(createGunzip()) : request;
  let type: string;
  let bytes: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  const [, service] = /^\/info\/refs\?service=(git-upload-pack|git-receive-pack)$/.exec(request.url ?? '') ?? [];
  if (service === 'git-upload-pack' || service === 'git-receive-pack') {
    type = `application/x-${service}-advertisement`;
    bytes = advertisement(server, service, version);
  } else if (request.url === '/git-receive-pack' && server.target !== undefined) {
    type = 'application/x-git-receive-pack-result';
    bytes = receivePack(server.target, body, options(server));
  } else if (request.url === '/git-upload-pack') {
    type = 'application/x-git-upload-pack-result';
    bytes = uploadPack(server.repository, version, body, options(server));
  } else {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { 'content-type': type, 'cache-control': 'no-cache' });
  async function* counted(): AsyncGenerator<Uint8Array, void> {
    for await (const piece of bytes) {
      noted.sent_bytes += piece.length;
      yield piece;
    }
  }
  await pipeline(Readable.from(counted()), response);
}

export async function serve(repository: ServedRepository): Promise<TestServer> {
  const http = createServer((request, response) => {
    answer(server, request, response).catch((error: unknown) => {
      server.faults.push(error);
      response.destroy();
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });
  const address = http.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const server: TestServer = { url: `http://127.0.0.1:${port}`, repository, faults: [], requests: [] };
  return server;
}
