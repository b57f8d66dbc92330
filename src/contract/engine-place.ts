/**
 * Where an engine's rows are kept between runs: a directory that holds PostgreSQL's own (`data`), under a lock, and the
 * description of the engine that made it. It is a cache: whatever is foreign, half made or damaged is deleted.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { engineDescription, readEngineFile } from './engine-description.ts';
import { lockEngine } from './engine-lock.ts';

/** What the worker is given to open. */
export interface OpenPlace {
  readonly directory?: string;
  readonly archive?: Uint8Array<ArrayBuffer>;
}

export class EnginePlace {
  readonly #directory: string | undefined;
  readonly #archive: string;
  readonly #unlock: () => void;

  private constructor(directory: string | undefined, archive: string, unlock: () => void) {
    this.#directory = directory;
    this.#archive = archive;
    this.#unlock = unlock;
  }

  /**
   * @param directory absent: in memory
   * @param archive the prepared data directory
   * @param lockTimeout_ms how long to wait for a process that uses the directory
   * @throws AergoError AERGO_ENGINE_LOCKED
   */
  static async take(directory: string | undefined, archive: string, lockTimeout_ms: number): Promise<EnginePlace> {
    const unlock = directory === undefined ? () => undefined : await lockEngine(directory, lockTimeout_ms);
    return new EnginePlace(directory, archive, unlock);
  }

  /** What to open: the data that is there, when this engine made it, else fresh data. */
  prepare(): OpenPlace {
    if (this.#directory === undefined) return { archive: readEngineFile(this.#archive) };
    if (this.#isOwn()) return { directory: this.#data() };
    this.discard();
    mkdirSync(this.#data(), { recursive: true });
    return { directory: this.#data(), archive: readEngineFile(this.#archive) };
  }

  /** Says that what `prepare` gave was opened whole. */
  confirm(): void {
    if (this.#directory !== undefined && !this.#isOwn()) writeFileSync(this.#mark(), engineDescription());
  }

  /** Deletes what is kept. */
  discard(): void {
    if (this.#directory === undefined) return;
    rmSync(this.#mark(), { force: true });
    rmSync(this.#data(), { recursive: true, force: true });
  }

  /** Whether there is anything to discard. */
  get isKept(): boolean {
    return this.#directory !== undefined && this.#isOwn();
  }

  close(): void {
    this.#unlock();
  }

  #isOwn(): boolean {
    return (
      existsSync(join(this.#data(), 'PG_VERSION')) &&
      existsSync(this.#mark()) &&
      readFileSync(this.#mark(), 'utf8') === engineDescription()
    );
  }

  #data(): string {
    return join(this.#directory ?? '', 'data');
  }

  #mark(): string {
    return join(this.#directory ?? '', 'engine.json');
  }
}
