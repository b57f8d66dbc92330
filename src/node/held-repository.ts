/**
 * One repository that the server holds: opened at the first need, shared by the requests that use it at once, closed when it
 * has been idle for a while, and lent to a command on this machine that asks for it.
 */
import { statSync } from 'node:fs';
import type { DirectoryVersion } from '../directory/version.ts';
import { AergoError } from '../errors.ts';
import { directoryRef } from '../ledger/names.ts';
import type { RepositoryContext, RepositoryOptions } from '../repository/context.ts';
import { openContext } from '../repository/init.ts';
import { Lender } from '../repository/lending.ts';
import { nodeFileSystem } from '../store/file-system.ts';
import { readRefsFile } from '../store/refs-file.ts';
import { Store } from '../store/store.ts';

/** How long a request waits for a command that has borrowed the repository. */
const patience_ms = 10_000;

/** What is known of a repository's newest version, also while it is closed. */
export type KnownDirectory = Pick<DirectoryVersion, 'id' | 'members' | 'policy'>;

export class HeldRepository {
  /** The repository's own, as `ROOT/shop.aergo`. */
  readonly directory: string;
  readonly #options: RepositoryOptions;
  #context: Promise<RepositoryContext> | undefined;
  #lender: Lender | undefined;
  #closing: Promise<void> = Promise.resolve();
  #users = 0;
  #loans = 0;
  /** Called whenever users or loans have become none. */
  #waiting: (() => void)[] = [];
  #lastUse_ms = 0;
  #lastDirectory: KnownDirectory | undefined;
  /** Of the one that was opened last. */
  #place: string | undefined;

  constructor(directory: string, options: RepositoryOptions) {
    this.directory = directory;
    this.#options = options;
  }

  /**
   * Gives the open repository to `work`.
   * @throws AergoError AERGO_LOCKED while a command has it for too long; what opening throws
   */
  async use<T>(work: (context: RepositoryContext) => Promise<T>): Promise<T> {
    // Asked again after every wait: between its end and this line another may have come first.
    while (this.#loans > 0) await this.#until(() => this.#loans === 0, patience_ms);
    this.#users += 1;
    try {
      const context = await this.#opened();
      this.#know(context);
      return await work(context);
    } finally {
      this.#users -= 1;
      this.#lastUse_ms = this.#options.clock();
      this.#wake();
    }
  }

  /**
   * Opens it for a moment and without waiting, so that its version is known before anybody asks.
   * @throws AergoError AERGO_LOCKED where somebody has it; what opening throws
   */
  async learn(): Promise<void> {
    this.#place = placeOnDisk(this.directory);
    const context = await openContext(this.directory, { ...this.#options, lockTimeout_ms: 0 }, Store.open);
    this.#know(context);
    await context.close();
  }

  /** As `use`, of work that gives its answer bit by bit: the repository is held until it has ended or is let go of. */
  async *stream<T>(work: (context: RepositoryContext) => AsyncIterable<T>): AsyncGenerator<T, void> {
    const ended = Promise.withResolvers<void>();
    const opened = Promise.withResolvers<RepositoryContext>();
    const using = this.use((context) => {
      opened.resolve(context);
      return ended.promise;
    });
    using.catch(opened.reject);
    try {
      yield* work(await opened.promise);
    } finally {
      ended.resolve();
    }
  }

  /** The version in force when it was used last. */
  get lastDirectory(): KnownDirectory | undefined {
    return this.#lastDirectory;
  }

  /** Whether a version is the one in force, as far as the plain files tell: neither lock nor index is needed for that. */
  isInForce({ id }: KnownDirectory): boolean {
    if (this.#place !== placeOnDisk(this.directory)) return false;
    try {
      const refs = readRefsFile(nodeFileSystem, this.directory)?.refs;
      return refs?.some(({ name, oid }) => name === directoryRef && oid === id) === true;
    } catch (error) {
      // Opening it will tell what is wrong with it.
      if (error instanceof AergoError) return false;
      throw error;
    }
  }

  /** Whether a command has it, or waits for it. */
  get lending(): boolean {
    return this.#loans > 0;
  }

  get isOpen(): boolean {
    return this.#context !== undefined;
  }

  /** Whether nobody has used it since then, nor uses it now. */
  idleSince(time_ms: number): boolean {
    return this.#users === 0 && this.#lastUse_ms <= time_ms;
  }

  /** Waits for those who use it, and closes it; the next use opens it again. */
  async close(): Promise<void> {
    while (this.#users > 0) await this.#until(() => this.#users === 0);
    const lender = this.#lender;
    this.#lender = undefined;
    await this.#closeContext(lender);
  }

  /** A version reads its files when they are asked for, which takes an open repository. */
  #know({ directoryVersion }: RepositoryContext): void {
    const { id } = directoryVersion;
    if (this.#lastDirectory?.id === id) return;
    const { members, policy } = directoryVersion;
    this.#lastDirectory = { id, members, policy };
  }

  #opened(): Promise<RepositoryContext> {
    if (this.#context !== undefined && this.#place !== placeOnDisk(this.directory)) this.#letGo();
    if (this.#context === undefined) {
      const opening = this.#closing.then(() => this.#open());
      this.#context = opening;
      opening.catch(() => {
        // The next request tries again.
        if (this.#context === opening) this.#context = undefined;
      });
    }
    return this.#context;
  }

  /**
   * Another repository stands where the open one did, a copy that was put back: what would be written now went partly into the
   * one and partly into the other.
   */
  #letGo(): void {
    if (this.#users > 1)
      throw new AergoError(
        'AERGO_LOCKED',
        'the repository was replaced, and requests to the one before are under way',
        {
          hint: 'try again',
        },
      );
    const lender = this.#lender;
    this.#lender = undefined;
    // What it had acknowledged is on the disk; where it closes badly nobody is left to whom that matters.
    this.#closeContext(lender).catch(() => undefined);
  }

  async #open(): Promise<RepositoryContext> {
    this.#place = placeOnDisk(this.directory);
    const context = await openContext(this.directory, this.#options, Store.open);
    try {
      this.#lender ??= await Lender.listen(this.directory, {
        release: (gone) => this.#lend(gone),
        takeBack: () => this.#takeBack(),
      });
      return context;
    } catch (error) {
      await context.close();
      throw error;
    }
  }

  /** Whoever uses it next opens it when this is done, however soon they come. */
  #closeContext(lender?: Lender): Promise<void> {
    const context = this.#context;
    this.#context = undefined;
    const closed = this.#closing.then(async () => {
      await lender?.close();
      await (await context)?.close();
    });
    this.#closing = closed.catch(() => undefined);
    return closed;
  }

  /** @param gone whoever asked has gone away: then nothing is lent, and nobody is kept waiting for it */
  async #lend(gone: AbortSignal): Promise<void> {
    this.#loans += 1;
    const wake = (): void => this.#wake();
    gone.addEventListener('abort', wake);
    try {
      while (this.#users > 0 && !gone.aborted) await this.#until(() => this.#users === 0 || gone.aborted);
      gone.throwIfAborted();
      await this.#closeContext();
    } catch (error) {
      this.#takeBack();
      throw error;
    } finally {
      gone.removeEventListener('abort', wake);
    }
  }

  #takeBack(): void {
    this.#loans -= 1;
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  async #until(holds: () => boolean, patience_ms?: number): Promise<void> {
    const patience = patience_ms === undefined ? undefined : AbortSignal.timeout(patience_ms);
    while (!holds()) {
      if (patience?.aborted === true) {
        throw new AergoError('AERGO_LOCKED', 'a command on the server has the repository', { hint: 'try again' });
      }
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
        patience?.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }
}

/** Which directory it is, whatever it is called; undefined where there is none. */
function placeOnDisk(directory: string): string | undefined {
  const found = statSync(directory, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? undefined : `${found.dev}:${found.ino}`;
}
