/**
 * Lending: whoever holds a repository open for long listens on a socket in it and gives it away, between two pieces of work,
 * to a command that asks; when the command has ended it takes it back. So commands and server run the same code, and no key
 * of the one ever reaches the other.
 */
import { existsSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { AergoError } from '../errors.ts';

const socketName = 'socket';
const lent = 'lent\n';

/** The system's limit of a socket's path; a repository that lies deeper is not lent, and commands wait for the lock. */
const path_bytes = 100;

/** A repository that somebody else holds open, for as long as this is not ended. */
export interface Loan {
  end(): void;
}

/**
 * Asks whoever holds the repository open to lend it.
 * @param directory the `.aergo` directory
 * @returns undefined where nobody listens: then only the lock decides
 * @throws AergoError AERGO_LOCKED when it is not lent in time
 */
export async function borrow(directory: string, timeout_ms: number): Promise<Loan | undefined> {
  const path = join(directory, socketName);
  if (!existsSync(path)) return undefined;
  const socket = connect(path);
  const { promise, resolve, reject } = Promise.withResolvers<Loan | undefined>();
  socket.setTimeout(timeout_ms, () => {
    socket.destroy();
    reject(notLent(timeout_ms));
  });
  // Nobody there any more: it was killed, and its lock is free.
  socket.on('error', () => resolve(undefined));
  socket.on('end', () => resolve(undefined));
  socket.once('data', () => {
    socket.setTimeout(0);
    socket.unref();
    resolve({ end: () => socket.destroy() });
  });
  return promise;
}

const notLent = (waited_ms: number): AergoError =>
  new AergoError('AERGO_LOCKED', `the server that has the repository open is busy with it; waited ${waited_ms} ms`, {
    hint: 'try again, or wait longer with --lock-timeout',
    details: { waited_ms },
  });

/** What whoever holds the repository open does about it. */
export interface LendingHolder {
  /**
   * Called for each who asks; when it resolves, the repository is theirs. Where it throws, they are told that nobody is there.
   * @param gone aborted when they go away before
   */
  release(gone: AbortSignal): Promise<void>;
  /** Called when they are done with it. */
  takeBack(): void;
}

/** The side that holds the repository open and gives it away. */
export class Lender {
  readonly #server: Server;
  readonly #path: string;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, path: string) {
    this.#server = server;
    this.#path = path;
  }

  /**
   * Listens in the repository's directory.
   * @returns undefined where the path is too long for a socket
   */
  static async listen(directory: string, holder: LendingHolder): Promise<Lender | undefined> {
    const path = join(directory, socketName);
    if (Buffer.byteLength(path) > path_bytes) return undefined;
    // Left by one that was killed; this process has the repository's lock, so nobody listens there.
    rmSync(path, { force: true });
    const server = createServer();
    const lender = new Lender(server, path);
    server.on('connection', (socket) => lender.#serve(socket, holder));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once('error', reject);
    // Readable and writable for its owner alone from the first moment on.
    const mask = process.umask(0o177);
    server.listen(path, resolve);
    process.umask(mask);
    await promise;
    return lender;
  }

  #serve(socket: Socket, { release, takeBack }: LendingHolder): void {
    this.#sockets.add(socket);
    const gone = new AbortController();
    const over = new Promise<void>((resolve) => {
      socket.on('close', () => {
        this.#sockets.delete(socket);
        gone.abort();
        resolve();
      });
    });
    // Nothing is said on it: it is read so that its end is noticed.
    socket.resume();
    socket.on('error', () => socket.destroy());
    release(gone.signal).then(
      () => {
        socket.write(lent);
        void over.then(takeBack);
      },
      () => socket.destroy(),
    );
  }

  /** Stops listening; those who wait are told that nobody is there. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    await promise;
    rmSync(this.#path, { force: true });
  }
}
