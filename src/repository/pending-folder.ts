/**
 * `.aergo/merge/`: a merge that waits for people. `merge.json` says which, and is there exactly while it waits: it is
 * written last and removed first. `conflicts.ndjson` is derived and can be computed again; `choices.ndjson` is a log
 * (pending-choices.ts). Read without the lock and without the store, the index or the engine, as `status` does.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../crypto/canonical-json.ts';
import { AergoError } from '../errors.ts';
import type { BlockId } from '../ledger/block.ts';
import type { Conflict, ConflictId } from '../merge/conflict.ts';
import type { ChangedChoice } from '../merge/resolution.ts';
import type { Choice } from '../merge/resolution-choice.ts';
import { storeFault, systemCode } from '../store/damage.ts';
import { nodeFileSystem } from '../store/file-system.ts';
import { readRefsFile } from '../store/refs-file.ts';
import { appendChoices, choicesFor, countChoices, lapsedChoices, linesOfChoices } from './pending-choices.ts';
import { conflictChunks, type PendingConflicts, readConflicts } from './pending-conflicts.ts';

/** `merge.json` */
export interface PendingMerge {
  /** The branch to merge into, and the one that is merged. */
  readonly target: string;
  readonly source: string;
  /** Their heads when the conflicts were computed. */
  readonly parents: readonly [BlockId, BlockId];
  readonly mode: 'agreed' | 'rows';
  readonly pinned: boolean;
  /** ms since 1970 */
  readonly begun: number;
  readonly conflicts: { readonly total: number; readonly byContract: number; readonly left: number };
  /** SHA-256 of `conflicts.ndjson`, in hex. */
  readonly digest: string;
}

export class PendingFolder {
  readonly #directory: string;
  readonly #path: string;

  /** @param directory the `.aergo` directory */
  constructor(directory: string) {
    this.#directory = directory;
    this.#path = join(directory, 'merge');
  }

  /**
   * The merge that waits; undefined when none does.
   * @throws AergoError AERGO_STORE_DAMAGED when `merge.json` cannot be understood
   */
  read(): PendingMerge | undefined {
    const text = this.#text('merge.json');
    if (text === undefined) return undefined;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw this.#damaged(error);
    }
    if (!isPendingMerge(value)) throw this.#damaged();
    return value;
  }

  #damaged(cause?: unknown): AergoError {
    const file = join(this.#path, 'merge.json');
    return new AergoError('AERGO_STORE_DAMAGED', `the file ${file} of a pending merge is damaged`, {
      hint: `remove ${this.#path}     (forgets that merge and its choices)`,
      details: { file },
      cause,
    });
  }

  /** The conflicts that the merge left; undefined where the file is gone or damaged: then compute them again. */
  conflicts(merge: PendingMerge): PendingConflicts | undefined {
    return this.#read('conflicts.ndjson', (path) => readConflicts(path, merge.digest));
  }

  /** Whether one of the branches is no more where the conflicts were computed. */
  hasMoved({ target, source, parents }: PendingMerge): boolean {
    const refs = readRefsFile(nodeFileSystem, this.#directory)?.refs ?? [];
    const heads = [target, source].map((branch) => refs.find(({ name }) => name === `refs/heads/${branch}`)?.oid);
    return heads.some((head, at) => head !== parents[at]);
  }

  /** What is chosen for these very conflicts. */
  choices(conflicts: readonly Conflict[]): Map<ConflictId, Choice> {
    return choicesFor(conflicts, this.#text('choices.ndjson') ?? '');
  }

  /** How many conflicts are resolved: what `status` says, from the log of choices alone. */
  resolved(): number {
    return countChoices(this.#text('choices.ndjson') ?? '');
  }

  /**
   * Writes choices down: in the file when it returns, on the disk when it resolves.
   * @throws AergoError AERGO_MERGE_NOT_PENDING when this merge waits no more, AERGO_STORE_FULL, AERGO_STORE_IO
   */
  async append(merge: PendingMerge, changes: readonly ChangedChoice[]): Promise<void> {
    await this.#append(merge, linesOfChoices(changes));
  }

  async #append({ begun }: Pick<PendingMerge, 'begun'>, lines: string): Promise<void> {
    // Asked once the log is open: a later merge replaces it only after this one's merge.json is gone.
    const isStill = () => this.read()?.begun === begun;
    try {
      if (await appendChoices(join(this.#path, 'choices.ndjson'), lines, isStill)) return;
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw storeFault(error, `writing ${this.#path}`);
    }
    throw notPending();
  }

  /** A merge waits from now on; on the disk when it resolves. There is none yet: what lies there is of an earlier one. */
  async begin(merge: Omit<PendingMerge, 'digest'>, conflicts: PendingConflicts): Promise<PendingMerge> {
    try {
      mkdirSync(this.#path, { recursive: true });
      await this.#replace('choices.ndjson', []);
    } catch (error) {
      throw storeFault(error, `writing ${this.#path}`);
    }
    return this.#write(merge, conflicts);
  }

  /**
   * Its conflicts were computed again: choices that were made for these very rows stay, also those that come meanwhile, the
   * others are taken back. Under the store's lock.
   * @throws AergoError AERGO_MERGE_NOT_PENDING when this merge waits no more, AERGO_STORE_FULL, AERGO_STORE_IO
   */
  async renew(merge: Omit<PendingMerge, 'digest'>, conflicts: PendingConflicts): Promise<PendingMerge> {
    const lapsed = lapsedChoices(conflicts.conflicts, this.#text('choices.ndjson') ?? '');
    if (lapsed !== '') await this.#append(merge, lapsed);
    return this.#write(merge, conflicts);
  }

  async #write(merge: Omit<PendingMerge, 'digest'>, conflicts: PendingConflicts): Promise<PendingMerge> {
    let digest = '';
    try {
      const chunks = conflictChunks(conflicts, (found) => {
        digest = found;
      });
      await this.#replace('conflicts.ndjson', chunks);
      const whole = { ...merge, digest };
      await this.#replace('merge.json', [`${canonicalJson(whole)}\n`]);
      return whole;
    } catch (error) {
      throw storeFault(error, `writing ${this.#path}`);
    }
  }

  async #replace(name: string, chunks: Iterable<string>): Promise<void> {
    const path = join(this.#path, name);
    const file = await open(`${path}.new`, 'w');
    try {
      await file.writeFile(chunks);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
    const directory = await open(this.#path, 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }

  /** Forgets the merge. What a crash leaves behind without `merge.json` is no merge any more. */
  remove(): void {
    try {
      rmSync(join(this.#path, 'merge.json'), { force: true });
      rmSync(this.#path, { recursive: true, force: true });
    } catch (error) {
      throw storeFault(error, `removing ${this.#path}`);
    }
  }

  #text(name: string): string | undefined {
    return this.#read(name, (path) => readFileSync(path, 'utf8'));
  }

  /** What is read of a file; undefined where it is not there. */
  #read<T>(name: string, read: (path: string) => T): T | undefined {
    try {
      return read(join(this.#path, name));
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw storeFault(error, `reading ${join(this.#path, name)}`);
    }
  }
}

/** The error where no merge waits. */
export const notPending = (): AergoError =>
  new AergoError('AERGO_MERGE_NOT_PENDING', 'no merge is pending here', { hint: 'aergo status' });

function isPendingMerge(value: unknown): value is PendingMerge {
  if (typeof value !== 'object' || value === null) return false;
  const { target, source, parents, mode, begun, conflicts, digest } = value as Partial<
    Record<keyof PendingMerge, unknown>
  >;
  const texts = [target, source, mode, digest].every((member) => typeof member === 'string');
  return (
    texts && Array.isArray(parents) && parents.length === 2 && typeof begun === 'number' && conflicts !== undefined
  );
}
