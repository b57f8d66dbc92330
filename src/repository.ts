/**
 * The repository: what commands, servers and other programs call. It takes clock, randomness and keys as arguments and
 * never touches terminal, environment or home directory.
 *
 *     const repository = await Repository.open(directory, options);
 *     const { receipt } = await repository.call({ contract: 'bank', function: 'pay', args: ['alice', 'bob', '5'], key });
 */
import type { ContractUnderTest, TestOutcome } from './contract/contract-test.ts';
import { manifestOf } from './contract/manifest.ts';
import type { KeyId, SigningKey } from './crypto/key.ts';
import type { Member, Policy, Visibility } from './directory/files.ts';
import { AergoError } from './errors.ts';
import type { BlockId } from './ledger/block.ts';
import { checkContractName, trackingRef } from './ledger/names.ts';
import type { Expectation } from './ledger/transaction.ts';
import { contractInForce } from './ledger/working-state.ts';
import { objectId } from './object/object.ts';
import type { Oid } from './object/oid.ts';
import { type BlamedRow, blame } from './repository/blame.ts';
import * as branches from './repository/branches.ts';
import { type CloneOptions, type CloneReport, cloneRepository } from './repository/clone.ts';
import type { BranchHead, RepositoryContext, RepositoryOptions } from './repository/context.ts';
import {
  type ContractDifference,
  type ContractDifferenceOptions,
  contractDifference,
} from './repository/contract-diff.ts';
import { testAt } from './repository/contract-test.ts';
import * as directory from './repository/directory.ts';
import { type ChangeOptions, changeDirectory, type DirectoryChanged } from './repository/directory-change.ts';
import { forgetSeen } from './repository/directory-own.ts';
import { type ExplainOptions, explainMerge } from './repository/explain.ts';
import { exportGit, type GitExport } from './repository/export-git.ts';
import { type FetchOptions, type FetchReport, fetchRemote } from './repository/fetch.ts';
import { type ImportOptions, importTable } from './repository/import.ts';
import { type InitOptions, initRepository, openContext } from './repository/init.ts';
import { knownKeys } from './repository/known-keys.ts';
import { borrow, type Loan } from './repository/lending.ts';
import {
  type AddMember,
  keyRotated,
  listMembers,
  memberAdded,
  memberRemoved,
  type RemoveMember,
  type RotateKey,
} from './repository/members.ts';
import type { MergeOptions, MergeResult } from './repository/merge.ts';
import { type OpenPending, pendingMerge } from './repository/pending.ts';
import type { PendingMerge } from './repository/pending-folder.ts';
import * as pending from './repository/pending-merge.ts';
import { type PolicyChange, policyChanged } from './repository/policy.ts';
import * as proposal from './repository/proposal.ts';
import { type PullOptions, type PullReport, pullBranch } from './repository/pull.ts';
import { type PushOptions, type PushReport, pushRemote } from './repository/push.ts';
import * as read from './repository/read.ts';
import { addRemote, findRemote, listRemotes, type Remote, removeRemote } from './repository/remotes.ts';
import { type ResubmitOptions, type ResubmitResult, resubmit } from './repository/resubmit.ts';
import { type RevertOptions, type RevertResult, revertTransactions } from './repository/revert.ts';
import {
  type RowHistory,
  type RowHistoryOptions,
  rowHistory,
  type TableHistory,
  tableHistory,
} from './repository/row-history.ts';
import {
  type SubmitOptions,
  type SubmitResult,
  type Submitted,
  sign,
  submitLines,
  submitOne,
} from './repository/submit.ts';
import { receiptView, type TransactionView, transactionView } from './repository/transaction-view.ts';
import { type VerifyOptions, type VerifyReport, verifyRepository } from './repository/verify.ts';
import { type BlockSummary, summaryOf } from './repository/views.ts';
import type { TableSchema } from './state/schema.ts';
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

export class Repository {
  readonly #context: RepositoryContext;
  readonly #loan: Loan | undefined;

  private constructor(context: RepositoryContext, loan?: Loan) {
    this.#context = context;
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
    const loan = await borrow(directory, options.lockTimeout_ms);
    try {
      return new Repository(await openContext(directory, options, open), loan);
    } catch (error) {
      loan?.end();
      throw error;
    }
  }

  async close(): Promise<void> {
    try {
      await this.#context.close();
    } finally {
      this.#loan?.end();
    }
  }

  /** The genesis block's id. */
  get id(): BlockId {
    return this.#context.repositoryId;
  }

  get head(): { branch: string; block: BlockSummary } {
    const { name, block } = this.#context.branch();
    return { branch: name, block: summaryOf(this.#context, block) };
  }

  /** The id of the directory version in force. */
  get directoryVersion(): Oid {
    return this.#context.directoryVersion.id;
  }

  get visibility(): Visibility {
    return this.#context.directoryVersion.policy.visibility;
  }

  /** What opening repaired: the torn end of a write that was never acknowledged. */
  get opened(): Store['opened'] {
    return this.#context.store.opened;
  }

  resolve(revision: string): Promise<BlockId> {
    return this.#context.resolve(revision);
  }

  async block(revision: string): Promise<BlockSummary> {
    return summaryOf(this.#context, await this.resolve(revision));
  }

  // Writing

  /** Deploys a contract, or deploys it again. */
  async deploy(options: DeployOptions): Promise<Submitted & { contract: read.ContractInfo }> {
    const name = checkContractName(options.name);
    const branch = this.#context.branch(options.on);
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
    return this.#submit(this.#context.branch(options.on), unsigned, options);
  }

  #submit(
    branch: BranchHead,
    unsigned: Record<string, unknown>,
    { key, sealer = key, dryRun = false }: Signers & { dryRun?: boolean },
  ): Promise<Submitted> {
    return submitOne(this.#context, branch, sign(this.#context, branch, unsigned, key), { sealer, dryRun });
  }

  /** Signs a transaction without submitting it; gives its line for `submit`. */
  sign(unsigned: Record<string, unknown>, key: SigningKey, on?: string): string {
    return sign(this.#context, this.#context.branch(on), unsigned, key).line;
  }

  /** Seals what is good of many transactions, in blocks, and lists what is not. */
  submit(lines: AsyncIterable<string> | Iterable<string>, options: SubmitOptions): Promise<SubmitResult> {
    return submitLines(this.#context, lines, options);
  }

  importRows(options: Omit<ImportOptions, 'sealer'> & Signers): Promise<Submitted> {
    return importTable(this.#context, { ...options, sealer: options.sealer ?? options.key });
  }

  /** Runs transactions again that a merge dropped; what no longer fits as it was signed is signed anew by its author. */
  resubmit(options: ResubmitOptions): Promise<ResubmitResult> {
    return resubmit(this.#context, options);
  }

  /** Merges. What is left to people waits until it is settled: `pendingMerge`, `continueMerge`, `abortMerge`. */
  /** Takes transactions back, all of them in one block or none. Throws what stands in the way. */
  revert(options: RevertOptions): Promise<RevertResult> {
    return revertTransactions(this.#context, options);
  }

  merge(options: MergeOptions): Promise<MergeResult> {
    return pending.mergeOrWait(this.#context, options);
  }

  /** The merge that waits for people; undefined when none does. */
  pendingMerge(): PendingMerge | undefined {
    return pendingMerge(this.#context);
  }

  /** Its conflicts and choices, computed again where a branch has moved. Throws `AERGO_MERGE_NOT_PENDING`. */
  refreshPendingMerge(sealer: SigningKey): Promise<OpenPending> {
    return pending.refreshPending(this.#context, sealer);
  }

  /** Seals it when all its conflicts are settled; else gives those that are left. */
  continueMerge(options: pending.ContinueOptions): Promise<pending.ContinuedMerge> {
    return pending.continueMerge(this.#context, options);
  }

  /** Forgets it, with every choice. Throws `AERGO_MERGE_NOT_PENDING`. */
  abortMerge(): PendingMerge {
    return pending.abortMerge(this.#context);
  }

  /** Why a merge drops what it drops, all of it, and what to amend; of one to come or one that was made. Writes nothing. */
  explainMerge(options: ExplainOptions = {}): Promise<MergeResult> {
    return explainMerge(this.#context, options);
  }

  // Reading: `at` is a revision, the current head when left out.

  get(table: string, key: readonly string[], at?: string): Promise<read.RowView | undefined> {
    return read.getRow(this.#context, table, key, at);
  }

  scan(table: string, at?: string): AsyncIterable<read.RowView> {
    return read.scanTable(this.#context, table, at);
  }

  query(sql: string, at?: string): ReturnType<typeof read.querySql> {
    return read.querySql(this.#context, sql, at);
  }

  log(options: read.LogOptions = {}): Promise<BlockSummary[]> {
    return read.logBlocks(this.#context, options);
  }

  /** The blocks that changed a table, along the lines of descent that its rows came by. */
  tableLog(table: string, options: RowHistoryOptions = {}): Promise<TableHistory> {
    return tableHistory(this.#context, table, options);
  }

  /** What became of a row, each change with who made it. */
  rowLog(table: string, key: readonly string[], options: RowHistoryOptions = {}): Promise<RowHistory> {
    return rowHistory(this.#context, table, key, options);
  }

  show(id: string): Promise<read.Shown> {
    return read.showId(this.#context, id);
  }

  transaction(prefix: string): Promise<TransactionView> {
    return transactionView(this.#context, prefix);
  }

  /** A transaction with its receipts and the causes of its drops. */
  receipt(prefix: string): Promise<TransactionView> {
    return receiptView(this.#context, prefix);
  }

  contracts(at?: string): Promise<read.ContractInfo[]> {
    return read.contractsAt(this.#context, at);
  }

  contract(name: string, at?: string): Promise<read.ContractText> {
    return read.contractAt(this.#context, name, at);
  }

  /** What a deployment would change: definitions, tables, rows. Throws why it could not be deployed. */
  contractDiff(options: ContractDifferenceOptions): Promise<ContractDifference> {
    return contractDifference(this.#context, options);
  }

  /** Runs the tests of a contract, each on the rows of a revision that are given back as they were. */
  testContract(contract: ContractUnderTest, at = '@'): Promise<TestOutcome[]> {
    return testAt(this.#context, contract, at);
  }

  async tables(at = '@'): Promise<string[]> {
    return (await this.#context.stateAt(at)).tables();
  }

  /** A table's columns, key and definition. Throws `AERGO_TABLE_UNKNOWN`. */
  schema(table: string, at?: string): Promise<TableSchema> {
    return read.tableSchema(this.#context, table, at);
  }

  diff(from: string, to: string, table?: string): Promise<read.Difference> {
    return read.differenceOf(this.#context, from, to, table);
  }

  /** Who stands behind the values of a row, or with an empty key of all rows of a table, one by one. */
  blame(table: string, key: readonly string[], at?: string): AsyncGenerator<BlamedRow> {
    return blame(this.#context, table, key, at);
  }

  /** Every key that stands in the repository: members, authors, sealers. */
  keys(): { id: KeyId; name?: string }[] {
    return knownKeys(this.#context);
  }

  // The directory: with `propose` a change is not written, and comes back as a proposal for others to approve.

  /** By name; who was revoked too. */
  members(): Member[] {
    return listMembers(this.#context);
  }

  /** Adds a key as a member's, or gives a member's key another name and other roles. */
  async addMember(options: AddMember): Promise<DirectoryChanged> {
    return changeDirectory(this.#context, [memberAdded(this.#context, options)], options);
  }

  /** Revokes the keys of a member, or one key. */
  async removeMember(options: RemoveMember): Promise<DirectoryChanged> {
    return changeDirectory(this.#context, memberRemoved(this.#context, options), options);
  }

  /** Gives up a key, which signs, for another of the same member. */
  async rotateKey(options: RotateKey): Promise<DirectoryChanged> {
    return changeDirectory(this.#context, keyRotated(this.#context, options), options);
  }

  get policy(): Policy {
    return this.#context.directoryVersion.policy;
  }

  async setPolicy(options: PolicyChange & ChangeOptions): Promise<DirectoryChanged> {
    return changeDirectory(this.#context, [policyChanged(this.#context, options)], options);
  }

  /** A proposal with one more approval. */
  approveProposal(text: string, key: SigningKey): proposal.ProposalView {
    return proposal.approveProposal(this.#context, text, key);
  }

  applyProposal(text: string, key: SigningKey): Promise<DirectoryChanged> {
    return proposal.applyProposal(this.#context, text, key);
  }

  /** The versions of the directory, newest first. */
  directoryLog(): Iterable<directory.VersionSummary> {
    return directory.directoryLog(this.#context);
  }

  /** A version by its number or the beginning of its id; the one in force when left out. */
  showDirectory(version?: string): directory.VersionView {
    return directory.showDirectory(this.#context, version);
  }

  verifyDirectory(): Promise<directory.DirectoryReport> {
    return directory.verifyDirectory(this.#context);
  }

  // Branches and snapshots

  branches(): branches.BranchView[] {
    return branches.listBranches(this.#context);
  }

  createBranch(name: string, from?: string, options?: branches.BranchOptions): Promise<branches.BranchView> {
    return branches.createBranch(this.#context, name, from, options);
  }

  deleteBranch(name: string, options: { force?: boolean } = {}): Promise<branches.BranchView> {
    return branches.deleteBranch(this.#context, name, options.force);
  }

  renameBranch(from: string, to: string): Promise<branches.BranchView> {
    return branches.renameBranch(this.#context, from, to);
  }

  switchTo(name: string): Promise<branches.BranchView> {
    return branches.switchBranch(this.#context, name);
  }

  snapshots(): branches.SnapshotView[] {
    return branches.listSnapshots(this.#context);
  }

  createSnapshot(name: string, revision: string, key: SigningKey): Promise<branches.SnapshotView> {
    return branches.createSnapshot(this.#context, name, revision, key);
  }

  deleteSnapshot(name: string): Promise<void> {
    return branches.deleteSnapshot(this.#context, name);
  }

  // Remotes

  remotes(): Remote[] {
    return listRemotes(this.#context.directory);
  }

  /** @param workDirectory what a path is relative to */
  addRemote(name: string, url: string, workDirectory: string): Remote {
    return addRemote(this.#context.directory, name, url, workDirectory);
  }

  async removeRemote(name: string): Promise<Remote> {
    const gone = removeRemote(this.#context.directory, name);
    await forgetSeen(this.#context, name);
    return gone;
  }

  /** Where a branch stood at a remote when it was asked last; null: nowhere. */
  tracked(remote: string, branch: string): BlockId | null {
    return this.#context.store.ref(trackingRef(remote, branch))?.oid ?? null;
  }

  /** Takes what a remote has and this repository has not, verified whole before anything is written. */
  fetch(remote: string, options: FetchOptions): Promise<FetchReport> {
    return fetchRemote(this.#context, findRemote(this.#context.directory, remote), options);
  }

  /** Fetches, and brings a branch up to the remote's: blocks of its own run again on top. */
  pull(remote: string, options: PullOptions): Promise<PullReport> {
    return pullBranch(this.#context, findRemote(this.#context.directory, remote), options);
  }

  push(remote: string, options: PushOptions): Promise<PushReport> {
    return pushRemote(this.#context, findRemote(this.#context.directory, remote), options);
  }

  // Trust

  verify(options: VerifyOptions = {}): Promise<VerifyReport> {
    return verifyRepository(this.#context, options);
  }

  fsck(): Promise<FsckReport> {
    return this.#context.store.fsck();
  }

  /** Writes an ordinary SHA-256 Git repository with all branches and snapshots. */
  exportGit(directory: string, options: { bare?: boolean } = {}): Promise<GitExport> {
    return exportGit(this.#context, directory, options.bare === true);
  }

  sizes(): { volumes: number; index: number } {
    return this.#context.store.sizes();
  }

  #stateOf(branch: BranchHead): State {
    const { store, reader, cache } = this.#context;
    return State.open(store, reader.block(branch.block).state, cache);
  }
}
