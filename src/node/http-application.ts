/**
 * Git's smart HTTP protocol over the repositories of a pool: who may do what is decided here, what Git says to each other is
 * wire's. One fastify application; limits of headers, bodies, time and connections are set, not inherited.
 * @see https://git-scm.com/docs/gitprotocol-http
 */
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { KeyId } from '../crypto/key.ts';
import { AergoError, exitCodes } from '../errors.ts';
import type { RepositoryContext } from '../repository/context.ts';
import { defaultPackLimits } from '../wire/pack-fault.ts';
import type { ProtocolVersion } from '../wire/upload-pack.ts';
import { accessOf } from './access.ts';
import { accessTo } from './access-to.ts';
import { type AnswerTime, answerInTime } from './answer-in-time.ts';
import { whoAsks } from './authorization.ts';
import { factsOf } from './fault-facts.ts';
import type { HeldRepository } from './held-repository.ts';
import { ReceivedBody } from './received-body.ts';
import type { RepositoryPool } from './repository-pool.ts';
import { requestBody } from './request-body.ts';
import { type GitService, placeOfRequest, type RequestPlace, serviceOfQuery } from './request-place.ts';

/** What Git's two services do with an open repository; each gives the body of the answer. */
export interface GitServices {
  /** @param version that the client asks for, 0 where it asks for none */
  refs(context: RepositoryContext, service: GitService, version: ProtocolVersion): AsyncIterable<Uint8Array>;
  fetch(
    context: RepositoryContext,
    version: ProtocolVersion,
    body: AsyncIterable<Uint8Array>,
  ): AsyncIterable<Uint8Array>;
  push(context: RepositoryContext, pusher: KeyId, body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
}

export interface HttpLimits extends AnswerTime {
  readonly connections: number;
  /** Bytes of a fetch's and of a push's body, as it comes and inflated. */
  readonly fetch_bytes: number;
  readonly push_bytes: number;
  /** How long a connection may say nothing, in milliseconds. */
  readonly silence_ms: number;
  /** How long a request may take to come in. */
  readonly request_ms: number;
}

const httpLimits: HttpLimits = {
  connections: 1_000,
  // As many lines as a request may have (docs/protocol.md): anybody sends one, and it lies on the disk until it is whole.
  fetch_bytes: 8 * 1024 * 1024,
  // A pack of any size that is taken (docs/protocol.md), and what comes before it.
  push_bytes: defaultPackLimits.pack_bytes + 16 * 1024 * 1024,
  silence_ms: 60_000,
  request_ms: 600_000,
  answer_ms: 60_000,
  answer_bytes_per_s: 64 * 1024,
};

/** Bytes of a request's line and headers. */
const headers_bytes = 16_384;
const headers_ms = 20_000;

/** A refusal is answered at the next multiple of this since the request came, so that its time tells nothing. */
const refusalStep_ms = 100;

/** One line of the log a request; never a header, a query or a body. */
export interface RequestLogger {
  info(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
}

export interface HttpApplicationOptions {
  readonly pool: RepositoryPool;
  readonly services: GitServices;
  /** The origins under which clients reach this server; read at every request, since a port may be the system's choice. */
  readonly origins: () => readonly string[];
  /** Whether only members read a repository here, whatever its policy says: of its directory. */
  readonly isPrivate?: (directory: string) => boolean;
  /** Nobody pushes here, whatever they may. */
  readonly isReadOnly?: boolean;
  /** ms */
  readonly clock: () => number;
  readonly logger: RequestLogger;
  readonly limits?: Partial<HttpLimits>;
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** The application, not yet listening. */
export function httpApplication(options: HttpApplicationOptions): FastifyInstance {
  const limits = { ...httpLimits, ...options.limits };
  const application = fastify({
    ...(options.tls === undefined ? {} : { https: { ...options.tls } }),
    http: { maxHeaderSize: headers_bytes },
    connectionTimeout: limits.silence_ms,
    requestTimeout: limits.request_ms,
    keepAliveTimeout: 5_000,
    forceCloseConnections: 'idle',
    logger: false,
    exposeHeadRoutes: false,
  }) as FastifyInstance;
  application.server.maxConnections = limits.connections;
  application.server.headersTimeout = headers_ms;
  application.removeAllContentTypeParsers();
  application.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  const exchange = new GitExchange(options, limits);
  application.route({
    method: ['GET', 'POST'],
    url: '/*',
    handler: (request, reply) => exchange.answer(request, reply),
  });
  application.setNotFoundHandler((request, reply) =>
    exchange.refuse(request, reply, 405, 'only GET and POST are served'),
  );
  application.setErrorHandler((error, request, reply) => exchange.fail(request, reply, error));
  return application;
}

/** A request that was let in. */
interface Admitted {
  readonly held: HeldRepository;
  readonly place: RequestPlace;
  readonly service: GitService;
  readonly who: string;
  isAllowed(context: RepositoryContext): boolean;
}

const noStore = {
  'cache-control': 'no-cache, max-age=0, must-revalidate',
  expires: 'Fri, 01 Jan 1980 00:00:00 GMT',
  pragma: 'no-cache',
};

class GitExchange {
  readonly #options: HttpApplicationOptions;
  readonly #limits: HttpLimits;

  constructor(options: HttpApplicationOptions, limits: HttpLimits) {
    this.#options = options;
    this.#limits = limits;
  }

  async answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { clock, origins, pool } = this.#options;
    const [path = '', query = ''] = request.raw.url?.split('?', 2) ?? [];
    const place = placeOfRequest(path);
    const service = place?.service === 'refs' ? serviceOfQuery(query) : place?.service;
    const who = whoAsks(request.headers.authorization, place?.repository ?? '', { origins: origins(), now: clock() });
    const held = place === undefined ? undefined : pool.find(place.repository);
    const writes = service === 'git-receive-pack';
    const isPrivate = held !== undefined && this.#options.isPrivate?.(held.directory) === true;
    const onClosed = (error: AergoError): void =>
      this.#options.logger.error(
        { repository: place?.repository, ...factsOf(error) },
        'a repository cannot be opened, and is answered as none',
      );
    switch (await accessTo(held, { who, writes, isPrivate }, onClosed)) {
      case 'log-in':
        reply.header('www-authenticate', 'Basic realm="aergo", charset="UTF-8"');
        return this.refuse(request, reply, 401, 'log in: a token of a member’s key is the password');
      case 'not-found':
        return this.refuse(request, reply, 404, 'there is nothing here for you');
      case 'forbidden':
        return this.refuse(request, reply, 403, 'you may read here, and not push');
      case 'allowed':
        break;
    }
    if (held === undefined || place === undefined) throw new AergoError('AERGO_INTERNAL', 'nothing was let in');
    if (service === undefined) return this.refuse(request, reply, 403, 'only Git’s smart protocol is served here');
    if (writes && this.#options.isReadOnly === true)
      return this.refuse(request, reply, 403, 'nobody pushes here: this server is read-only');
    const isAllowed = (context: RepositoryContext): boolean =>
      accessOf(context.directoryVersion, who, writes, isPrivate) === 'allowed';
    return this.#serve(request, reply, { held, place, service, who, isAllowed });
  }

  async #serve(request: FastifyRequest, reply: FastifyReply, admitted: Admitted): Promise<FastifyReply> {
    const { services } = this.#options;
    const { place, service, held, who, isAllowed } = admitted;
    const version = versionAsked(request.headers['git-protocol']);
    const asksRefs = place.service === 'refs';
    if ((request.method === 'GET') !== asksRefs)
      return this.refuse(request, reply, 405, `${asksRefs ? 'GET' : 'POST'} is what this is asked for with`);
    if (!asksRefs && request.headers['content-type'] !== `application/x-${service}-request`)
      return this.refuse(request, reply, 415, `this takes application/x-${service}-request`);
    const limit = service === 'git-upload-pack' ? this.#limits.fetch_bytes : this.#limits.push_bytes;
    const received = asksRefs ? undefined : await ReceivedBody.receive(request.raw, held.directory, limit);
    if (request.raw.socket.destroyed) {
      // Nobody would begin to read the answer, whose end lets go of the body.
      await received?.close();
      throw new AergoError('AERGO_REQUEST_INVALID', 'the client has gone away');
    }
    const encoding = request.headers['content-encoding'];
    const answer = (context: RepositoryContext): AsyncIterable<Uint8Array> => {
      // It may have been judged by what was known before a command had the repository.
      if (!isAllowed(context))
        throw new AergoError('AERGO_REQUEST_INVALID', 'what may be done here has changed: ask again');
      if (received === undefined) return services.refs(context, service, version);
      const body = requestBody(received.stream(), encoding, limit);
      if (service === 'git-upload-pack') return services.fetch(context, version, body);
      return services.push(context, who as KeyId, body);
    };
    reply.headers(noStore).type(`application/x-${service}-${asksRefs ? 'advertisement' : 'result'}`);
    return reply.send(Readable.from(this.#logged(request, admitted, answer, received), { objectMode: false }));
  }

  /** The bytes of the answer; the repository is held until the last of them. */
  async *#logged(
    request: FastifyRequest,
    { place, service, who, held }: Admitted,
    answer: (context: RepositoryContext) => AsyncIterable<Uint8Array>,
    received: ReceivedBody | undefined,
  ): AsyncGenerator<Uint8Array, void> {
    const { clock, logger } = this.#options;
    const began = clock();
    const facts = { repository: place.repository, service, refs: place.service === 'refs', who };
    let sent_bytes = 0;
    const onSlow = (): void => {
      logger.info({ ...facts, sent_bytes }, 'cut off: its reader takes too long');
      request.raw.destroy();
    };
    try {
      for await (const bytes of answerInTime(held.stream(answer), this.#limits, clock, onSlow)) {
        sent_bytes += bytes.length;
        yield bytes;
      }
      logger.info({ ...facts, sent_bytes, time_ms: clock() - began }, 'served');
    } catch (error) {
      logger.error({ ...facts, sent_bytes, ...factsOf(error) }, 'failed');
      request.raw.destroy();
      throw error;
    } finally {
      await received?.close();
    }
  }

  /** Answers with a line for people. */
  async refuse(request: FastifyRequest, reply: FastifyReply, status: number, reason: string): Promise<FastifyReply> {
    await sleep(refusalStep_ms - (reply.elapsedTime % refusalStep_ms));
    this.#options.logger.info({ status, method: request.method }, 'refused');
    // What else it had to say is not read.
    reply.header('connection', 'close').headers(noStore).type('text/plain; charset=utf-8');
    return reply.code(status).send(`${reason}\n`);
  }

  fail(request: FastifyRequest, reply: FastifyReply, error: unknown): Promise<FastifyReply> {
    this.#options.logger.error({ ...factsOf(error) }, 'failed');
    const status = statusOf(error);
    const told = error instanceof AergoError && status !== 500 ? error.message : 'the server has failed';
    return this.refuse(request, reply, status, told);
  }
}

/** `version=2`, as one of the words between colons; the highest that is known counts. */
function versionAsked(header: string | string[] | undefined): ProtocolVersion {
  if (typeof header !== 'string' || header.length > 256) return 0;
  const words = header.split(':');
  if (words.includes('version=2')) return 2;
  return words.includes('version=1') ? 1 : 0;
}

function statusOf(error: unknown): number {
  if (error instanceof AergoError) {
    if (error.code === 'AERGO_REQUEST_TOO_LARGE') return 413;
    if (error.exitCode === exitCodes.tryAgain) return 503;
    return error.exitCode === exitCodes.usage ? 400 : 500;
  }
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500;
}
