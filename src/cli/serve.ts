/** The server as a command: its files and addresses read, its log on stderr, its end at a signal. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import pino from 'pino';
import type { SigningKey } from '../crypto/key.ts';
import { placeOfUrl } from '../directory/token.ts';
import { AergoError } from '../errors.ts';
import { startServer } from '../node/server.ts';
import type { RepositoryOptions } from '../repository/context.ts';
import { saysPrivate } from './served-visibility.ts';

export interface ServeOptions {
  readonly root: string;
  /** `host:port` */
  readonly listen: string;
  readonly origins: readonly string[];
  /** PEM files. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Publishes; without one nothing is pushed here. */
  readonly key?: SigningKey;
  /** Whether only members read, in all repositories. */
  readonly isPrivate: boolean;
  readonly agent: string;
  readonly repository: RepositoryOptions;
}

/**
 * Serves until SIGINT or SIGTERM, then ends what is under way.
 * @param onListening is told where it can be reached
 * @throws AergoError AERGO_USAGE, AERGO_LISTEN_FAILED, AERGO_URL_INVALID
 */
export async function serveUntilStopped(options: ServeOptions, onListening: (origin: string) => void): Promise<void> {
  const { root, listen, tls, origins, isPrivate, ...rest } = options;
  if (statSync(root, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new AergoError('AERGO_USAGE', `${root} is not a directory`, {
      hint: 'make one, and clone a repository into it: aergo clone --bare SRC ROOT/NAME.aergo',
    });
  if (['format', join('.aergo', 'format')].some((name) => existsSync(join(root, name))))
    throw new AergoError('AERGO_USAGE', `${root} is a repository, not a directory with repositories in it`, {
      hint: `aergo clone --bare ${root} ROOT/NAME.aergo, then: aergo serve ROOT`,
    });
  const secure = tls === undefined ? {} : { tls: readCertificate(tls) };
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
  // What is under way is to end first, so nobody else's idea of what an interrupt does counts here; a second one ends at once.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeAllListeners(signal).once(signal, () => stop());
  const logger = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
  const server = await startServer({
    ...rest,
    root,
    ...addressOf(listen),
    isPrivate: (directory) => isPrivate || isSaidPrivate(directory, logger),
    isReadOnly: options.key === undefined,
    logger,
    ...(origins.length === 0 ? {} : { origins: origins.map((url) => placeOfUrl(url).origin) }),
    ...secure,
  });
  onListening(server.origin);
  await stopped;
  await server.close();
}

/** Where the settings cannot be read, nobody but members reads. */
function isSaidPrivate(directory: string, logger: pino.Logger): boolean {
  try {
    return saysPrivate(directory);
  } catch (error) {
    if (!(error instanceof AergoError)) throw error;
    logger.error({ code: error.code }, 'settings that cannot be read: the repository is private');
    return true;
  }
}

function addressOf(listen: string): { host: string; port: number } {
  const [, host = '', port = ''] = /^(\[[0-9a-fA-F:]+\]|[^:]*):([0-9]{1,5})$/.exec(listen) ?? [];
  if (host === '' || Number(port) > 65_535)
    throw new AergoError('AERGO_USAGE', `--listen takes HOST:PORT, not ${JSON.stringify(listen)}`, {
      hint: 'aergo serve ROOT --listen 127.0.0.1:8545',
    });
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

/** The certificate and its key, known to be a pair. */
function readCertificate(files: { readonly cert: string; readonly key: string }): { cert: string; key: string } {
  const pair = { cert: readPem(files.cert), key: readPem(files.key) };
  try {
    createSecureContext(pair);
  } catch (cause) {
    throw new AergoError('AERGO_USAGE', `${files.cert} and ${files.key} are no certificate and its key`, {
      hint: 'both are PEM files: --tls-cert begins with the server’s own certificate, --tls-key has its key without a passphrase',
      cause,
    });
  }
  return pair;
}

function readPem(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new AergoError('AERGO_USAGE', `${path} cannot be read: ${why}`, {
      hint: '--tls-cert and --tls-key each name a PEM file',
      cause,
    });
  }
}
