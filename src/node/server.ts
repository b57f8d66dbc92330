/** A server over a root directory of repositories: made, listening, and stopped without cutting off what is under way. */
import type { AddressInfo } from 'node:net';
import type { SigningKey } from '../crypto/key.ts';
import { AergoError } from '../errors.ts';
import type { RepositoryOptions } from '../repository/context.ts';
import type { PackLimits } from '../wire/pack-fault.ts';
import { factsOf } from './fault-facts.ts';
import { gitServices } from './git-services.ts';
import { type HttpApplicationOptions, httpApplication } from './http-application.ts';
import { learnVersions } from './learn-versions.ts';
import { publisherOf } from './publisher.ts';
import { RepositoryPool } from './repository-pool.ts';

const idle_ms = 60_000;
const openRepositories = 64;
const tidying_ms = 10_000;

export interface ServerOptions
  extends Pick<HttpApplicationOptions, 'isPrivate' | 'isReadOnly' | 'limits' | 'logger' | 'tls'> {
  /** An existing directory: `ROOT/team/shop.aergo` is served as `/team/shop`. */
  readonly root: string;
  readonly host: string;
  /** 0: the system chooses. */
  readonly port: number;
  /** `aergo/<version>`, as the server calls itself. */
  readonly agent: string;
  /** Under which clients reach it, where that is not what it listens on: tokens are good for these. */
  readonly origins?: readonly string[];
  /** Publishes heads after a push, in repositories where it has the role. */
  readonly key?: SigningKey;
  readonly repository: RepositoryOptions;
  /** What of a push is taken, where it is not the usual. */
  readonly packs?: Partial<PackLimits>;
}

export interface RunningServer {
  /** What it listens on, as `http://127.0.0.1:8545`. */
  readonly origin: string;
  /** Takes no more requests, waits for those under way, closes the repositories. */
  close(): Promise<void>;
}

/** @throws AergoError AERGO_LISTEN_FAILED */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { logger, agent, packs = {} } = options;
  const pool = new RepositoryPool(options.root, options.repository, { open: openRepositories, idle_ms });
  const onFault = (error: unknown): void => logger.error({ ...factsOf(error) }, 'a service failed');
  let origin = '';
  const origins = (): readonly string[] => options.origins ?? [origin];
  const application = httpApplication({
    ...options,
    pool,
    services: gitServices({ agent, onFault, packs }, publisherOf(options, origins)),
    origins,
    clock: options.repository.clock,
  });
  await learnVersions(pool, options.repository.clock, logger);
  try {
    await application.listen({ host: options.host, port: options.port });
  } catch (cause) {
    await pool.close();
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new AergoError('AERGO_LISTEN_FAILED', `cannot listen on ${options.host}:${options.port}: ${why}`, {
      hint: 'choose another address with --listen',
      cause,
    });
  }
  origin = originOf(application.server.address() as AddressInfo, options.tls !== undefined);
  const tidying = setInterval(() => void pool.tidy().catch(onFault), tidying_ms).unref();
  return {
    origin,
    async close() {
      clearInterval(tidying);
      await application.close();
      await pool.close();
    },
  };
}

const originOf = ({ address, family, port }: AddressInfo, secure: boolean): string =>
  new URL(`http${secure ? 's' : ''}://${family === 'IPv6' ? `[${address}]` : address}:${port}`).origin;
