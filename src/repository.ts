import { manifestOf } from './contract/manifest.ts';
import type { SigningKey } from './crypto/key.ts';
import { AergoError } from './errors.ts';
import { checkContractName } from './ledger/names.ts';
import type { Expectation } from './ledger/transaction.ts';
import { contractInForce } from './ledger/working-state.ts';
import { objectId } from './object/object.ts';
import { openBorrowed } from './repository/borrowed.ts';
import { type CloneOptions, type CloneReport, cloneRepository } from './repository/clone.ts';
import type { BranchHead, RepositoryContext, RepositoryOptions } from './repository/context.ts';
import { type ExplainOptions, explainMerge } from './repository/explain.ts';
import { exportGit, type GitExport } from './repository/export-git.ts';
import { type ImportOptions, importTable } from './repository/import.ts';
import { type InitOptions, initRepository } from './repository/init.ts';
import type { Loan } from './repository/lending.ts';
import type { MergeOptions, MergeResult } from './repository/merge.ts';
import { type OpenPending, pendingMerge } from './repository/pending.ts';
import type { PendingMerge } from './repository/pending-folder.ts';
import * as pending from './repository/pending-merge.ts';
import type * as read from './repository/read.ts';
import { RefsFace } from './repository/refs-face.ts';
import { type ResubmitOptions, type ResubmitResult, resubmit } from './repository/resubmit.ts';
import { type RevertOptions, type RevertResult, revertTransactions } from './repository/revert.ts';
import {
  type SubmitOptions,
  type SubmitResult,
  type Submitted,
  sign,
  submitLines,
  submitOne,
} from './repository/submit.ts';
import { type VerifyOptions, type VerifyReport, verifyRepository } from './repository/verify.ts';
import { State } from './state/state.ts';
import type { FsckReport } from './store/fsck.ts';
import { Store } from './store/store.ts';

export { signingKeyFromSeed } from './crypto/key.ts';
// What a program that makes repositories needs beside the class.
export { decodePrivateKey } from './crypto/openssh.ts';
export { AergoError } from './errors.ts';
export { wholeUrl } from './repository/remotes.ts';

/** Who signs: the author, and where another seals the block, that key too. */
export interface Signers {
  readonly key: SigningKey;
  readonly sealer?: SigningKey;
}

export interface CallOptions extends Signers {
  readonly contract: string;
  readonly function: string;
  readonly args: readonly (string | null)[];
  /** The branch; the current one when left out. */
  readonly on?: string;
  /** A revision: every row that the call writes must be as it was there. */
  readonly base?: string;
  readonly expect?: readonly Expectation[];
  /** ms: the last block time at which it may take effect. */
  readonly expires?: number;
  /** `false`: valid on this branch only. */
  readonly merge?: false;
  readonly dryRun?: boolean;
}

export interface DeployOptions extends Signers {
  readonly name: string;
  readonly source: string;
  /** Over a contract whose tables change: the statements that make the new tables' rows of the old ones. */
  readonly migrate?: string;
  readonly on?: string;
  readonly dryRun?: boolean;
}

export class Repository extends RefsFace {
  readonly #loan: Loan | undefined;

  private constructor(context: RepositoryContext, loan?: Loan) {
    super(context);
    this.#loan = loan;
  }

  /**
   * Makes a repository: genesis block and directory version 1, in one durable write.
   * @param directory the `.aergo` directory to make
   * @throws AergoError AERGO_REPOSITORY_EXISTS
   */
  static async init(directory: string, options: InitOptions): Promise<Repository> {
    return new Repository(await initRepository(directory, options));
  }

  /**
   * Makes a repository from a remote alone, verified whole.
   * @param url as `wholeUrl` gives it
   * @param target the directory to make
   */
  static clone(
    url: string,
    target: string,
    repository: RepositoryOptions,
    options: CloneOptions,
  ): Promise<CloneReport> {
    return cloneRepository(url, target, repository, options);
  }

  /**
   * Opens a repository; one process has it at a time. A server that has it open lends it until it is closed here.
   * @param directory the `.aergo` directory
   * @throws AergoError AERGO_NOT_A_REPOSITORY, AERGO_LOCKED, AERGO_FORMAT_NEWER, AERGO_STORE_DAMAGED
   */
  static async open(directory: string, options: RepositoryOptions): Promise<Repository> {
    return Repository.#opened(directory, options, Store.open);
  }

  /** Opens it with its index made anew from the volumes. */
  static async rebuild(directory: string, options: RepositoryOptions): Promise<Repository> {
    return Repository.#opened(directory, options, Store.rebuild);
  }

  static async #opened(directory: string, options: RepositoryOptions, open: typeof Store.open): Promise<Repository> {
    const { context, loan } = await openBorrowed(directory, options, open);
    return new Repository(context, loan);
  }

  async close(): Promise<void> {
    try {
      await this.context.close();
    } finally {
      this.#loan?.end();
    }
  }

  // Writing

  /** Deploys a contract, or deploys it again. */
  async deploy(options: DeployOptions): Promise<Submitted & { contract: read.ContractInfo }> {
    const name = checkContractName(options.name);
    const branch = this.context.branch(options.on);
    const inForce = contractInForce(this.#stateOf(branch), name);
    const { source: text, migrate } = options;
    const deploy = { contract: name, kind: 'deploy', replaces: inForce?.source ?? null, source: text };
    if (migrate !== undefined && inForce === undefined) {
      throw new AergoError('AERGO_CONTRACT_UNKNOWN', `there is no contract ${name} to migrate`, {
        hint: 'a first deployment needs no migration',
        details: { contract: name },
      });
    }
    const unsigned = migrate === undefined ? deploy : { ...deploy, migrate };
    const done = await this.#submit(branch, unsigned, options);
    const { contractOf } = await import('./contract/gate.ts');
    const deployed = {
      author: inForce?.manifest.author ?? options.key.id,
      deploy: inForce?.manifest.deploy ?? done.transaction,
      replaces: inForce?.source ?? null,
    };
    const source = objectId('blob', Buffer.from(options.source));
    return { ...done, contract: { name, source, ...manifestOf(await contractOf(options.source), deployed) } };
  }

  /** Calls a function. Throws why it does not take effect (`AERGO_CONTRACT_REJECTED`, …); then nothing was written. */
  async call(options: CallOptions): Promise<Submitted> {
    const { contract, args, expect, expires, merge } = options;
    const base = options.base === undefined ? undefined : await this.resolve(options.base);
    const conditions = Object.entries({ base, expect, expires, merge }).filter(([, value]) => value !== undefined);
    const unsigned = { args, contract, function: options.function, kind: 'call', ...Object.fromEntries(conditions) };
    return this.#submit(this.context.branch(options.on), unsigned, options);
  }

  #submit(
    branch: BranchHead,
    unsigned: Record<string, unknown>,
    { key, sealer = key, dryRun = false }: Signers & { dryRun?: boolean },
  ): Promise<Submitted> {
    return submitOne(this.context, branch, sign(this.context, branch, unsigned, key), { sealer, dryRun });
  }

  /** Signs a transaction without submitting it; gives its line for `submit`. */
  sign(unsigned: Record<string, unknown>, key: SigningKey, on?: string): string {
    return sign(this.context, this.context.branch(on), unsigned, key).line;
  }

  /** Seals what is good of many transactions, in blocks, and lists what is not. */
  submit(lines: AsyncIterable<string> | Iterable<string>, options: SubmitOptions): Promise<SubmitResult> {
    return submitLines(this.context, lines, options);
  }

  importRows(options: Omit<ImportOptions, 'sealer'> & Signers): Promise<Submitted> {
    return importTable(this.context, { ...options, sealer: options.sealer ?? options.key });
  }

  /** Runs transactions again that a merge dropped; what no longer fits as it was signed is signed anew by its author. */
  resubmit(options: ResubmitOptions): Promise<ResubmitResult> {
    return resubmit(this.context, options);
  }

  /** Merges. What is left to people waits until it is settled: `pendingMerge`, `continueMerge`, `abortMerge`. */
  /** Takes transactions back, all of them in one block or none. Throws what stands in the way. */
  revert(options: RevertOptions): Promise<RevertResult> {
    return revertTransactions(this.context, options);
  }

  merge(options: MergeOptions): Promise<MergeResult> {
    return pending.mergeOrWait(this.context, options);
  }

  /** The merge that waits for people; undefined when none does. */
  pendingMerge(): PendingMerge | undefined {
    return pendingMerge(this.context);
  }

  /** Its conflicts and choices, computed again where a branch has moved. Throws `AERGO_MERGE_NOT_PENDING`. */
  refreshPendingMerge(sealer: SigningKey): Promise<OpenPending> {
    return pending.refreshPending(this.context, sealer);
  }

  /** Seals it when all its conflicts are settled; else gives those that are left. */
  continueMerge(options: pending.ContinueOptions): Promise<pending.ContinuedMerge> {
    return pending.continueMerge(this.context, options);
  }

  /** Forgets it, with every choice. Throws `AERGO_MERGE_NOT_PENDING`. */
  abortMerge(): PendingMerge {
    return pending.abortMerge(this.context);
  }

  /** Why a merge drops what it drops, all of it, and what to amend; of one to come or one that was made. Writes nothing. */
  explainMerge(options: ExplainOptions = {}): Promise<MergeResult> {
    return explainMerge(this.context, options);
  }

  // Trust

  verify(options: VerifyOptions = {}): Promise<VerifyReport> {
    return verifyRepository(this.context, options);
  }

  fsck(): Promise<FsckReport> {
    return this.context.store.fsck();
  }

  /** Writes an ordinary SHA-256 Git repository with all branches and snapshots. */
  exportGit(directory: string, options: { bare?: boolean } = {}): Promise<GitExport> {
    return exportGit(this.context, directory, options.bare === true);
  }

  sizes(): { volumes: number; index: number } {
    return this.context.store.sizes();
  }

  #stateOf(branch: BranchHead): State {
    const { store, reader, cache } = this.context;
    return State.open(store, reader.block(branch.block).state, cache);
  }
}
