/**
 * The store: Git objects in append-only volumes (AERGOFS, after Haystack), refs, and an index that can be made anew.
 * One durable write takes objects and refs together: one sync, then it is acknowledged, and whatever happens afterwards
 * it stays. One process at a time has a store; `readRefsFile` is for those who need only the refs.
 */
import { join } from 'node:path';
import { AergoError } from '../errors.ts';
import type { GitObject, NewObject } from '../object/object.ts';
import type { Oid } from '../object/oid.ts';
import type { ObjectSource } from '../object/source.ts';
import type { CommitRecord, Operation } from './commit-record.ts';
import { objectMissing, storeFault } from './damage.ts';
import type { FileSystem } from './file-system.ts';
import { checkStore, type FsckReport } from './fsck.ts';
import { deriveAll, indexedWrite } from './indexed-write.ts';
import { LogWriter } from './log-writer.ts';
import { type OpenStore, openStore, refsFile, type StoreOptions, sortedRefs } from './open.ts';
import { type PackContents, packContents } from './pack.ts';
import { readCommit, readObject } from './read-object.ts';
import { applyRefUpdates, checkRefName, cutRefs, type RefState, type RefUpdate } from './refs.ts';
import { writeHead, writeRefsFile } from './refs-file.ts';
import type { TornTail } from './replay.ts';
import type { LogPosition, RangeOptions, StoreIndex } from './store-index.ts';
import { releaseIndex } from './store-lock.ts';
import type { VolumeLog } from './volume-log.ts';
import { type BlockObjects, placesOf, planWrite, type WritePlan } from './write-plan.ts';

/** One durable write: all of it or nothing. */
export interface StoreWrite {
  readonly blocks?: readonly BlockObjects[];
  /** Objects outside of blocks: tags, versions of the directory. */
  readonly objects?: readonly NewObject[];
  readonly refs?: readonly RefUpdate[];
  readonly operation: Operation;
}

/** A write as the operation log has it, with what it did to refs. */
export interface LoggedOperation extends Operation {
  readonly sequence: number;
  readonly refs: readonly RefUpdate[];
  readonly blocks: readonly Oid[];
}

const volumeLimit_bytes = 2 ** 30;

export class Store implements ObjectSource {
  /** What opening repaired, for a message. */
  readonly opened: { readonly tornTail?: TornTail };
  readonly #directory: string;
  readonly #options: StoreOptions;
  readonly #fileSystem: FileSystem;
  readonly #log: VolumeLog;
  readonly #index: StoreIndex;
  readonly #writer: LogWriter;
  #refs: Map<string, RefState>;
  #cut: { readonly of: Map<string, RefState>; readonly is: readonly RefState[] } | undefined;
  #position: LogPosition;
  /** What `HEAD` holds; undefined when that is not known. */
  #headFile: string | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #closed: Promise<void> | undefined;

  private constructor(directory: string, options: StoreOptions, open: OpenStore) {
    this.#directory = directory;
    this.#options = options;
    this.#fileSystem = open.fileSystem;
    this.#log = open.log;
    this.#index = open.index;
    this.#refs = open.refs;
    this.#position = open.position;
    this.#headFile = open.position.head;
    this.#writer = new LogWriter(open.log, options.volumeLimit_bytes ?? volumeLimit_bytes);
    this.opened = open.tornTail === undefined ? {} : { tornTail: open.tornTail };
  }

  /**
   * Makes an empty store in `directory` (the `.aergo` directory), which need not exist, and opens it.
   * @throws AergoError AERGO_REPOSITORY_EXISTS, AERGO_LOCKED, AERGO_STORE_FULL, AERGO_STORE_IO
   */
  static async create(directory: string, options: StoreOptions): Promise<Store> {
    return new Store(directory, options, await openStore(directory, options, 'create'));
  }

  /**
   * Opens the store in `directory` (the `.aergo` directory): brings the index up to the log, cuts a torn tail.
   * @throws AergoError AERGO_NOT_A_REPOSITORY, AERGO_FORMAT_NEWER, AERGO_LOCKED, AERGO_STORE_DAMAGED,
   * AERGO_INDEX_DAMAGED (then `rebuild`), AERGO_STORE_IO
   */
  static async open(directory: string, options: StoreOptions): Promise<Store> {
    return new Store(directory, options, await openStore(directory, options, 'open'));
  }

  /** Makes the index anew from the volumes, also when it cannot be opened any more. Throws as `open`. */
  static async rebuild(directory: string, options: StoreOptions): Promise<Store> {
    return new Store(directory, options, await openStore(directory, options, 'rebuild'));
  }

  has(oid: Oid): boolean {
    return this.#index.has(oid);
  }

  /**
   * Reads an object; its needle's checksum and its id are checked.
   * @throws AergoError AERGO_OBJECT_MISSING; AERGO_STORE_DAMAGED with `volume`, `offset` and `id`
   */
  read(oid: Oid): GitObject {
    const place = this.#index.place(oid);
    if (place === undefined) throw objectMissing(oid);
    return readObject(this.#log, place, oid);
  }

  ref(name: string): RefState | undefined {
    return this.#refs.get(name);
  }

  /** The refs whose names begin with `prefix`, in name order. */
  refs(prefix = ''): RefState[] {
    return sortedRefs(this.#refs).filter(({ name }) => name.startsWith(prefix));
  }

  /** The commits at which the history is cut: their parents are not here. None where it is whole. */
  cut(): readonly RefState[] {
    // Asked at every step back through history: looked for once for each state of the refs.
    if (this.#cut?.of !== this.#refs)
      this.#cut = { of: this.#refs, is: [...this.#refs.values()].filter(({ name }) => name.startsWith(cutRefs)) };
    return this.#cut.is;
  }

  /** The full name of the ref that HEAD names; it need not exist. */
  get head(): string {
    return this.#position.head;
  }

  /**
   * Writes objects and refs durably; writes happen one after the other, in the order of the calls. Objects that the
   * store has are not written again, blocks that it has not at all.
   * @throws AergoError and nothing is written: AERGO_REF_MOVED, AERGO_REF_NAME_INVALID, AERGO_OBJECT_MISSING (a ref to an
   * absent object), AERGO_WRITE_TOO_LARGE, AERGO_STORE_FULL, AERGO_STORE_IO, what `derive` throws
   * @throws AergoError AERGO_STORE_UNKNOWN when it cannot be told whether it holds; after that, and after a failed sync,
   * every write throws AERGO_STORE_FAILED
   */
  write(write: StoreWrite): Promise<void> {
    const done = this.#queue.then(() => this.#write(write));
    this.#queue = done.catch(ignore);
    return done;
  }

  /** What the ledger derived under a key. */
  derived(key: string): string | undefined {
    return this.#index.derived(key);
  }

  /** What the ledger derived under the keys that begin with `prefix`, in the order of the keys' UTF-8 bytes. */
  derivedRange(prefix: string, options: RangeOptions = {}): AsyncIterable<[string, string]> {
    return this.#index.derivedRange(prefix, options);
  }

  /** The operations behind the writes, newest first. @throws AergoError AERGO_STORE_DAMAGED */
  *operations(): Generator<LoggedOperation, void> {
    for (let place = this.#position.commit; place !== null; ) {
      const record: CommitRecord = readCommit(this.#log, place);
      const { sequence, refs, blocks, operation } = record;
      yield { sequence, ...operation, refs, blocks: blocks.map(({ id }) => id) };
      place = record.previous;
    }
  }

  /**
   * The contents of a pack with the blocks' own objects, what they need besides (extras), and `objects`; nothing twice.
   * @throws AergoError AERGO_OBJECT_MISSING for a block or an object that the store does not have
   */
  pack(blocks: readonly Oid[], objects: readonly Oid[] = []): PackContents {
    return packContents(this.#log, this.#index, blocks, objects);
  }

  /** Checks every byte of the volumes, and that the index agrees with them. */
  fsck(): Promise<FsckReport> {
    return this.#alone(() =>
      checkStore({
        log: this.#log,
        index: this.#index,
        refs: this.#refs,
        position: this.#position,
        source: this,
        derive: this.#options.derive,
      }),
    );
  }

  /** Bytes on the disk: of the volumes, and of the index that can be made anew. */
  sizes(): { volumes: number; index: number } {
    const directory = join(this.#directory, 'index');
    let index = 0;
    for (const name of this.#fileSystem.readdir(directory)) index += fileSize(this.#fileSystem, join(directory, name));
    return { volumes: this.#log.total_bytes(), index };
  }

  /** Waits for the writes under way and lets the next process in. Closing again does nothing. */
  close(): Promise<void> {
    this.#closed ??= this.#alone(async () => {
      this.#log.close();
      try {
        await releaseIndex(this.#fileSystem, this.#directory, this.#index);
      } catch (error) {
        throw storeFault(error, 'closing the store');
      }
    });
    return this.#closed;
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(ignore);
    return done;
  }

  async #write({ blocks = [], objects = [], refs = [], operation }: StoreWrite): Promise<void> {
    this.#writer.refuseIfFailed();
    const plan = planWrite(blocks, objects, {
      object: (oid) => this.#index.has(oid),
      block: (id) => this.#index.block(id) !== undefined,
    });
    const moved = this.#movedRefs(refs, operation, plan);
    const derived = deriveAll(this.#options.derive, plan.blocks, planSource(plan, this));
    const commit = await this.#writer.append(this.#position, plan, refs, operation);
    const places = placesOf(plan, commit.volume, commit.record.from);
    const indexed = indexedWrite(commit, places, derived, moved);
    this.#acknowledge(moved, indexed.position, commit.record.from);
    try {
      await this.#index.apply([indexed]);
    } catch (error) {
      throw this.#writer.fail(indexBehind(error));
    }
    // Not before: whoever reads meanwhile must find what a ref names.
    this.#refs = moved;
    this.#position = indexed.position;
  }

  /** The refs as they will be; everything that could be refused is refused here, before anything is written. */
  #movedRefs(updates: readonly RefUpdate[], { head }: Operation, plan: WritePlan): Map<string, RefState> {
    checkRefName(head);
    for (const { name, new: oid } of updates) {
      checkRefName(name);
      if (oid !== null && !plan.objects.has(oid) && !this.#index.has(oid)) throw objectMissing(oid);
    }
    const moved = new Map(this.#refs);
    applyRefUpdates(moved, updates);
    return moved;
  }

  /** Says in the `refs` file that the write is acknowledged. What fails here still takes the write back. */
  #acknowledge(refs: Map<string, RefState>, position: LogPosition, begin: number): void {
    try {
      if (position.head !== this.#headFile) {
        this.#headFile = undefined;
        writeHead(this.#fileSystem, this.#directory, position.head);
        this.#headFile = position.head;
      }
      // Last, because from here on the write counts as acknowledged.
      writeRefsFile(this.#fileSystem, this.#directory, refsFile(refs, position));
    } catch (error) {
      throw this.#writer.cutBack(begin, storeFault(error, 'writing the refs file'));
    }
  }
}

/** The size of a file; none when it has gone, as LevelDB's files do while it works. */
function fileSize(fileSystem: FileSystem, path: string): number {
  if (!fileSystem.exists(path)) return 0;
  const file = fileSystem.open(path, 'read');
  try {
    return file.size();
  } finally {
    file.close();
  }
}

function ignore(): void {
  // Whoever waits for the write itself hears of its failure; the queue only needs to know that it has ended.
}

/** The objects of a planned write over those of the store. */
function planSource({ objects }: WritePlan, store: ObjectSource): ObjectSource {
  return {
    has: (oid) => objects.has(oid) || store.has(oid),
    read: (oid) => objects.get(oid) ?? store.read(oid),
  };
}

function indexBehind(cause: unknown): AergoError {
  return new AergoError('AERGO_STORE_UNKNOWN', 'the write is on the disk, but the index could not follow', {
    hint: 'open the repository again: the index is then brought up to it',
    cause,
  });
}
