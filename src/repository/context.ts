/**
 * An open repository's parts, wired together once: store, blocks, history, directory, and the SQL engine when something
 * needs it. The files beside this one are the repository's operations; each takes a `RepositoryContext`.
 */
import { join } from 'node:path';
import type { Engine, EngineOptions } from '../contract/engine.ts';
import { DirectoryAuthority } from '../directory/authority.ts';
import { rightsOf } from '../directory/rights.ts';
import { DirectoryReader, type DirectoryVersion } from '../directory/version.ts';
import { AergoError } from '../errors.ts';
import { type Rights, versionOf } from '../ledger/authority.ts';
import { type Block, type BlockId, BlockReader } from '../ledger/block.ts';
import { historyCut } from '../ledger/cut.ts';
import type { History } from '../ledger/history.ts';
import { branchOfRef, branchRef, directoryRef, snapshotRef, trackingRefs } from '../ledger/names.ts';
import { resolveRevision } from '../ledger/revision.ts';
import { peelSnapshot } from '../ledger/snapshot.ts';
import { objectId } from '../object/object.ts';
import type { Oid } from '../object/oid.ts';
import { State } from '../state/state.ts';
import { NodeCache } from '../state/table.ts';
import type { Operation } from '../store/commit-record.ts';
import type { RefState } from '../store/refs.ts';
import type { Store } from '../store/store.ts';

/** What a repository is given by whoever opens it: nothing here is taken from the process. */
export interface RepositoryOptions {
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly random: (bytes: number) => Uint8Array;
  /** Who holds the repository open: shown to whoever waits for it. `command` also stands in the operation log. */
  readonly holder: { readonly pid: number; readonly command: string; readonly since: number };
  readonly lockTimeout_ms: number;
  /** The text of `engine.json`; this build's own when left out. Test vectors fix it. */
  readonly engineDescription?: string;
  /** Processor time that one call has on this machine, in milliseconds; 2,000 when left out. Never a verdict on the call. */
  readonly callDeadline_ms?: number;
  readonly onProgress?: (progress: Progress) => void;
}

/** How far a long piece of work is. */
export interface Progress {
  readonly phase: string;
  readonly done: number;
  readonly total?: number;
  readonly unit: string;
}

/** A branch as its ref has it. */
/** A branch of a remote. */
export interface TrackedBranch {
  /** `origin/main` */
  readonly name: string;
  /** What it is called there: `main`. */
  readonly branch: string;
  readonly block: BlockId;
}

export interface BranchHead {
  readonly name: string;
  readonly start: string;
  readonly block: BlockId;
  /** The ref that its next block moves, where that is not yet the branch's own. */
  readonly ref?: string;
}

export class RepositoryContext {
  readonly directory: string;
  readonly options: RepositoryOptions;
  readonly store: Store;
  readonly history: History;
  readonly reader: BlockReader;
  readonly directoryReader: DirectoryReader;
  readonly cache = new NodeCache();
  /** The text of this build's `engine.json`, and its blob id. */
  readonly engineText: string;
  readonly engineId: Oid;
  #engine: Promise<Engine> | undefined;
  #authority: { readonly of: Oid; readonly is: DirectoryAuthority } | undefined;

  /** @param directory the `.aergo` directory */
  constructor(directory: string, options: RepositoryOptions, store: Store, history: History, engineText: string) {
    this.directory = directory;
    this.options = options;
    this.store = store;
    this.history = history;
    this.reader = new BlockReader(store, () => this.isCut);
    this.directoryReader = new DirectoryReader(store);
    this.engineText = engineText;
    this.engineId = objectId('blob', Buffer.from(engineText));
    history.attach(store, () => this.isCut);
  }

  /** Whether this copy has only the newest part of its history. */
  get isCut(): boolean {
    return this.store.cut().length > 0;
  }

  /** Throws `AERGO_HISTORY_CUT` unless the whole history is here. @param what what takes it, as "sealing a block" */
  needWhole(what: string): void {
    if (this.isCut) throw historyCut(`${what} takes the whole history, and this copy has only the newest part of it`);
  }

  /** The directory version in force. */
  get directoryVersion(): DirectoryVersion {
    const ref = this.store.ref(directoryRef);
    if (ref === undefined) throw new AergoError('AERGO_DIRECTORY_INVALID', 'the repository has no directory');
    return this.directoryReader.version(ref.oid);
  }

  get repositoryId(): Oid {
    return this.directoryVersion.repository;
  }

  /** By the version in force. */
  get rights(): Rights {
    return rightsOf(this.directoryVersion);
  }

  /** The directory as blocks are judged by it. */
  get authority(): DirectoryAuthority {
    const { id } = this.directoryVersion;
    if (this.#authority?.of !== id) {
      this.#authority = { of: id, is: new DirectoryAuthority(this.directoryReader, id, this.history) };
    }
    return this.#authority.is;
  }

  /** By the version that a block names. */
  rightsIn(block: BlockId): Rights {
    return versionOf(this.authority, this.reader.header(block))?.rights ?? this.rights;
  }

  get #deadline(): Pick<EngineOptions, 'deadline_ms'> {
    const { callDeadline_ms } = this.options;
    return callDeadline_ms === undefined ? {} : { deadline_ms: callDeadline_ms };
  }

  /** The engine over `.aergo/cache`, opened at the first need. */
  engine(): Promise<Engine> {
    this.#engine ??= import('../contract/engine.ts').then(({ Engine }) =>
      Engine.open({ ...this.#deadline, directory: join(this.directory, 'cache') }),
    );
    return this.#engine;
  }

  /** An engine of its own in memory, with nothing in it. Whoever asks closes it. */
  async emptyEngine(options: EngineOptions = {}): Promise<Engine> {
    const { Engine } = await import('../contract/engine.ts');
    return Engine.open({ ...this.#deadline, ...options });
  }

  async close(): Promise<void> {
    try {
      await (await this.#engine)?.close();
    } finally {
      await this.store.close();
    }
  }

  /** What stands in the operation log for what is being done. */
  operation(head: string = this.store.head): Operation {
    return { time: this.options.clock(), command: this.options.holder.command, head };
  }

  randomHex(bytes: number): string {
    return Buffer.from(this.options.random(bytes)).toString('hex');
  }

  get currentBranch(): string {
    return branchOfRef(this.store.head);
  }

  /** Throws `AERGO_BRANCH_UNKNOWN`. */
  branch(name: string = this.currentBranch): BranchHead {
    const ref = this.store.ref(branchRef(name));
    if (ref?.start === undefined) {
      const tracked = this.trackedBranches().find((one) => one.name === name) ?? this.trackedBranches(name)[0];
      throw new AergoError('AERGO_BRANCH_UNKNOWN', `there is no branch ${JSON.stringify(name)}`, {
        hint: tracked === undefined ? 'aergo branch' : `aergo branch ${tracked.branch} ${tracked.name}`,
        details: { branch: name, candidates: this.branchNames() },
      });
    }
    return { name, start: ref.start, block: ref.oid };
  }

  branchNames(): string[] {
    return this.store.refs('refs/heads/').map((ref) => branchOfRef(ref.name));
  }

  /** The branches of remotes, or those called `branch` there, where they stood when the remotes were asked last. */
  trackedBranches(branch?: string): TrackedBranch[] {
    return this.store.refs(trackingRefs).flatMap((ref) => {
      const name = ref.name.slice(trackingRefs.length);
      const tracked = { name, branch: name.slice(name.indexOf('/') + 1), block: ref.oid };
      return branch === undefined || branch === tracked.branch ? [tracked] : [];
    });
  }

  snapshotNames(): string[] {
    return this.store.refs('refs/tags/').map((ref) => ref.name.slice('refs/tags/'.length));
  }

  /** The block that a revision names. */
  resolve(revision: string): Promise<BlockId> {
    return resolveRevision(revision, {
      history: this.history,
      head: this.branch().block,
      block: (ref) => this.#blockOfRef(this.store.ref(ref)),
      names: () => [...this.branchNames(), ...this.snapshotNames()],
    });
  }

  #blockOfRef(ref: RefState | undefined): BlockId | undefined {
    if (ref === undefined) return undefined;
    return ref.name.startsWith(snapshotRef('')) ? peelSnapshot(this.store, ref.oid) : ref.oid;
  }

  async blockAt(revision: string): Promise<Block> {
    return this.reader.block(await this.resolve(revision));
  }

  async stateAt(revision: string): Promise<State> {
    return State.open(this.store, (await this.blockAt(revision)).state, this.cache);
  }

  /** A time for the next block: the clock's, but after every parent's. */
  nextTime(parents: readonly BlockId[]): number {
    return Math.max(this.options.clock(), ...parents.map((parent) => this.history.record(parent).time + 1));
  }
}
