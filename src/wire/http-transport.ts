/**
 * Git's smart HTTP from the client's side. Logs in when it is asked to, at that origin alone, and follows no redirect to
 * another: what would be sent there is somebody's credentials or blocks.
 * @see https://git-scm.com/docs/gitprotocol-http
 */
import { AergoError } from '../errors.ts';
import type { ByteStream } from './byte-reader.ts';
import type { GitService, Transport } from './transport.ts';
import type { ProtocolVersion } from './upload-pack.ts';

export interface HttpTransportOptions {
  /** As in the User-Agent header: `aergo/0.1.0`. */
  readonly agent: string;
  /**
   * The Authorization header for this remote, asked for when the remote wants one; undefined when there is none to give.
   * @param refused the header that it did not take
   */
  authorize(refused: string | undefined): Promise<string | undefined>;
}

type Headers = Record<string, string>;
type Body = Uint8Array<ArrayBuffer> | ReadableStream;

const redirectsFollowed = 5;
const redirecting = new Set([301, 302, 307, 308]);

export class HttpTransport implements Transport {
  #base: string;
  readonly #options: HttpTransportOptions;
  #authorization: string | undefined;

  /** @param url of the repository, http or https, without a user or password in it */
  constructor(url: string, options: HttpTransportOptions) {
    this.#base = url.replace(/\/+$/, '');
    this.#options = options;
  }

  async *discover(service: GitService, version: ProtocolVersion): AsyncGenerator<Uint8Array, void> {
    const path = `/info/refs?service=${service}`;
    const { response, url } = await this.#get(`${this.#base}${path}`, protocolHeader(version));
    // Where it was sent on to is where the rest goes too.
    if (url.endsWith(path)) this.#base = url.slice(0, -path.length);
    this.#check(response, `application/x-${service}-advertisement`);
    yield* bodyOf(response);
  }

  async *request(service: GitService, version: ProtocolVersion, body: ByteStream): AsyncGenerator<Uint8Array, void> {
    const headers = {
      ...protocolHeader(version),
      accept: `application/x-${service}-result`,
      'content-type': `application/x-${service}-request`,
    };
    // What is asked in a fetch is small; what is pushed goes out as it is made.
    const sent = service === 'git-upload-pack' ? await gathered(body) : streamOf(body);
    const response = await this.#fetch(`${this.#base}/${service}`, headers, sent);
    this.#check(response, headers.accept);
    yield* bodyOf(response);
  }

  /** Logs in where that is asked for, and goes where it is sent within the origin. */
  async #get(from: string, headers: Headers): Promise<{ response: Response; url: string }> {
    let url = from;
    for (let sent = 0; ; ) {
      const response = await this.#fetch(url, headers);
      const location = response.headers.get('location');
      if (redirecting.has(response.status) && location !== null) {
        await response.body?.cancel();
        sent += 1;
        url = this.#redirected(url, location, sent);
        continue;
      }
      if (response.status !== 401) return { response, url };
      const authorization = await this.#options.authorize(this.#authorization);
      if (authorization === undefined || authorization === this.#authorization) return { response, url };
      await response.body?.cancel();
      this.#authorization = authorization;
    }
  }

  #redirected(from: string, location: string, sent: number): string {
    const to = URL.canParse(location, from) ? new URL(location, from) : undefined;
    if (to !== undefined && to.origin === new URL(from).origin && sent <= redirectsFollowed) return to.href;
    throw new AergoError('AERGO_REMOTE_REDIRECTED', `${shown(from)} sends on to ${shown(location)}`, {
      hint: 'if that is where the repository is now, name it: aergo remote add',
    });
  }

  async #fetch(url: string, headers: Headers, body?: Body): Promise<Response> {
    const authorization: Headers = this.#authorization === undefined ? {} : { authorization: this.#authorization };
    const all = { 'user-agent': this.#options.agent, ...headers, ...authorization };
    const sent = body === undefined ? {} : { body, duplex: 'half' as const, method: 'POST' };
    try {
      return await fetch(url, { ...sent, headers: all, redirect: 'manual' });
    } catch (error) {
      throw notReached(url, error);
    }
  }

  #check(response: Response, type: string): void {
    const found = response.headers.get('content-type')?.split(';')[0];
    if (response.status === 200 && found === type) return;
    void response.body?.cancel();
    throw refusedBy(this.#base, response.status, this.#authorization !== undefined);
  }
}

const protocolHeader = (version: ProtocolVersion): Headers =>
  version === 0 ? {} : { 'git-protocol': `version=${version}` };

async function gathered(body: ByteStream): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return Buffer.concat(parts);
}

function streamOf(body: ByteStream): ReadableStream {
  const iterator = body[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await iterator.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}

async function* bodyOf(response: Response): AsyncGenerator<Uint8Array, void> {
  if (response.body === null) return;
  try {
    for await (const bytes of response.body) yield bytes;
  } catch (error) {
    if (error instanceof AergoError) throw error;
    throw notReached(response.url, error);
  }
}

/** A URL as it may be shown: without what follows its path. */
const shown = (url: string): string => url.split('?')[0]?.slice(0, 500) ?? '';

/** What went wrong below HTTP, in the system's words where it has some. */
function notReached(url: string, error: unknown): AergoError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  // What a body that is being sent throws is not the connection's fault.
  if (cause instanceof AergoError) return cause;
  // OpenSSL's words end with where in its source they were said, on a line of their own.
  const [why = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n', 1);
  return new AergoError('AERGO_REMOTE_FAILED', `${shown(url)} cannot be reached, or broke off: ${why}`, {
    hint: hintFor(cause),
    cause: error,
  });
}

/** What helps: waiting does not where the server's certificate is not trusted, or where it speaks no TLS. */
function hintFor(cause: unknown): string {
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : '';
  if (/CERT|^UNABLE_TO_|^CRL_/.test(code))
    return 'if the certificate is one that you trust: NODE_EXTRA_CA_CERTS=FILE, with the PEM file of who issued it';
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG')
    return 'the server does not speak TLS there: check the address, http or https';
  return 'try again when the network and the server are there';
}

function refusedBy(base: string, status: number, loggedIn: boolean): AergoError {
  if (status === 401) {
    return new AergoError(
      'AERGO_REMOTE_LOGIN',
      loggedIn ? `${base} does not take this key or token` : `${base} wants to know who asks`,
      {
        hint: 'choose the key of a member with --key, or give a token in AERGO_TOKEN; whoever has no right to a repository is not told whether it is there',
      },
    );
  }
  if (status === 403)
    return new AergoError('AERGO_REMOTE_LOGIN', `${base} lets you read, and not push`, {
      hint: 'an admin gives the right: aergo member add',
    });
  if (status === 404)
    return new AergoError('AERGO_REMOTE_MISSING', `there is no repository at ${base}, or none that you may see`, {
      hint: 'check the address, and with whose key you ask (--key)',
    });
  if (status === 429 || status >= 500)
    return new AergoError('AERGO_REMOTE_FAILED', `${base} answers with status ${status}`, { hint: 'try again later' });
  return new AergoError(
    'AERGO_REMOTE_REFUSED',
    `${base} answers with status ${status}, and not in Git’s smart protocol`,
    {
      hint: 'check the address: a repository’s, as https://host/team/shop',
    },
  );
}
