/** `git http-backend` as a CGI program: what a web server would run for each request, with our client on the other side. */
import { spawn } from 'node:child_process';
import { basename, dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ByteReader, type ByteStream } from '../../src/wire/byte-reader.ts';
import type { GitService, Transport } from '../../src/wire/transport.ts';
import type { ProtocolVersion } from '../../src/wire/upload-pack.ts';

export class CgiTransport implements Transport {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  discover(service: GitService, version: ProtocolVersion): ByteStream {
    return this.#run(version, { method: 'GET', path: 'info/refs', query: `service=${service}` });
  }

  request(service: GitService, version: ProtocolVersion, body: ByteStream): ByteStream {
    return this.#run(version, { method: 'POST', path: service, type: `application/x-${service}-request` }, body);
  }

  async *#run(
    version: ProtocolVersion,
    request: { method: string; path: string; query?: string; type?: string },
    body?: ByteStream,
  ): AsyncGenerator<Uint8Array, void> {
    const child = spawn('git', ['http-backend'], {
      env: {
        PATH: process.env.PATH,
        HOME: dirname(this.#path),
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_PROJECT_ROOT: dirname(this.#path),
        GIT_HTTP_EXPORT_ALL: '1',
        REMOTE_USER: 'ada',
        REQUEST_METHOD: request.method,
        PATH_INFO: `/${basename(this.#path)}/${request.path}`,
        QUERY_STRING: request.query ?? '',
        CONTENT_TYPE: request.type ?? '',
        HTTP_GIT_PROTOCOL: `version=${version}`,
      },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const sent = body === undefined ? Promise.resolve(child.stdin.end()) : pipeline(Readable.from(body), child.stdin);
    sent.catch(() => undefined);
    const reader = new ByteReader(child.stdout);
    try {
      await skipHeaders(reader);
      yield* reader.rest();
    } finally {
      child.kill();
    }
  }
}

async function skipHeaders(reader: ByteReader): Promise<void> {
  for (let length = 1; ; length += 1) {
    if (!(await reader.ensure(length))) throw new Error('the CGI program ended inside its headers');
    const at = reader.held.indexOf('\r\n\r\n');
    if (at < 0) continue;
    const headers = reader.take(at + 4).toString('latin1');
    if (/^Status: /m.test(headers)) throw new Error(headers.trim());
    return;
  }
}
