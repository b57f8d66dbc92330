/**
 * Transactions that a merge dropped or left out, or that a pull had no place for, run again on that branch: as they were signed
 * where their conditions hold now, else, for their author, signed anew in the stead of the old one on what is there now.
 */
import type { SigningKey } from '../crypto/key.ts';
import { AergoError, type ErrorCode, exitCodes } from '../errors.ts';
import { type Candidate, ordinaryCandidate } from '../ledger/admission.ts';
import { findApplied, firstOf } from '../ledger/instead.ts';
import { leftRefs } from '../ledger/names.ts';
import type { Receipt } from '../ledger/receipt.ts';
import { probe } from '../ledger/stage.ts';
import type { Expectation, SignedTransaction, TransactionId } from '../ledger/transaction.ts';
import { nameOfKey } from '../state/name.ts';
import { rowVersion } from '../state/row.ts';
import { State } from '../state/state.ts';
import type { BranchHead, RepositoryContext } from './context.ts';
import { checkSealer, nextBlock, stageContext } from './seal.ts';
import { refuseRepeated, sign, submitOne } from './submit.ts';
import { transactionView } from './transaction-view.ts';
import type { BlockSummary } from './views.ts';

export interface ResubmitOptions {
  /** Signs anew what is by this author. */
  readonly key: SigningKey;
  readonly sealer?: SigningKey;
  /** Ids or their beginnings, in the order in which they are to run. */
  readonly transactions: readonly string[];
  /** The branch whose merge dropped them; the current one when left out. */
  readonly on?: string;
  /** ms: the last block time at which one that is signed anew may take effect; none when left out. */
  readonly expires?: number;
  readonly dryRun?: boolean;
}

/** A dropped transaction that took effect now. */
export interface Resubmitted {
  /** The one that was dropped. */
  readonly of: TransactionId;
  /** The one that took effect: the same, or what was signed anew. */
  readonly transaction: TransactionId;
  readonly signedAnew: boolean;
  readonly receipt: Receipt;
  /** Absent in a dry run. */
  readonly block?: BlockSummary;
}

export interface ResubmitResult {
  readonly resubmitted: readonly Resubmitted[];
  readonly rejected: readonly { readonly of: TransactionId; readonly error: AergoError }[];
}

/** What another signature can mend: the conditions that the author set, and the branch. */
const mendable: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'AERGO_EXPECTATION_FAILED',
  'AERGO_SNAPSHOT_CONFLICT',
  'AERGO_TRANSACTION_EXPIRED',
  'AERGO_TRANSACTION_WRONG_BRANCH',
]);

/** What is said of one transaction, and leaves the others to run: not what is wrong with the store or the machine. */
const verdicts: ReadonlySet<number> = new Set([exitCodes.rejected, exitCodes.notAuthorised, exitCodes.usage]);

/**
 * Runs each in a block of its own, and lists those that do not take effect.
 * @throws AergoError AERGO_TRANSACTION_UNKNOWN, AERGO_REVISION_AMBIGUOUS, AERGO_SEALER_NOT_ALLOWED, and then none has run
 */
export async function resubmit(context: RepositoryContext, options: ResubmitOptions): Promise<ResubmitResult> {
  const branch = context.branch(options.on).name;
  checkSealer(context, (options.sealer ?? options.key).id, branch);
  const ids: TransactionId[] = [];
  for (const prefix of options.transactions) ids.push((await transactionView(context, prefix)).id);
  const resubmission = new Resubmission(context, { ...options, on: branch });
  const result = { resubmitted: [] as Resubmitted[], rejected: [] as ResubmitResult['rejected'][number][] };
  for (const of of ids) {
    try {
      result.resubmitted.push(await resubmission.runAgain(of));
    } catch (error) {
      if (!(error instanceof AergoError) || !verdicts.has(error.exitCode)) throw error;
      result.rejected.push({ of, error });
    }
  }
  return result;
}

class Resubmission {
  readonly #context: RepositoryContext;
  readonly #options: ResubmitOptions & { readonly on: string };
  /** What a dry run has found to fit. */
  readonly #fitting: Candidate[] = [];

  constructor(context: RepositoryContext, options: ResubmitOptions & { readonly on: string }) {
    this.#context = context;
    this.#options = options;
  }

  async runAgain(of: TransactionId): Promise<Resubmitted> {
    const branch = this.#context.branch(this.#options.on);
    const { signed, instead } = await this.#dropped(of, branch);
    try {
      return { of, transaction: of, signedAnew: false, ...(await this.#run(signed, branch)) };
    } catch (error) {
      if (!(error instanceof AergoError) || !this.#mends(error, signed)) throw error;
      const anew = this.#signAnew(signed, branch, instead, error);
      return { of, transaction: anew.id, signedAnew: true, ...(await this.#run(anew, branch)) };
    }
  }

  /** Whether another signature can do what the old one cannot: also where its key has been replaced by this one. */
  #mends({ code }: AergoError, { transaction: { author } }: SignedTransaction): boolean {
    const { key } = this.#options;
    const replaced = key.id !== author && this.#context.rights.standsFor(key.id, author);
    return mendable.has(code) || (code === 'AERGO_AUTHOR_NOT_ALLOWED' && replaced);
  }

  /**
   * The transaction as it was signed, and in whose stead another would be. Throws unless a merge on this branch did not take it,
   * or a pull took the block out that had it: of that the chain knows nothing, so nothing can be in its stead.
   */
  async #dropped(
    id: TransactionId,
    branch: BranchHead,
  ): Promise<{ signed: SignedTransaction; instead?: TransactionId }> {
    const { history, reader } = this.#context;
    const signed = await findApplied(history, reader, id);
    const drop = await history.standsIn(id, branch.block, 'dropped', 'left-out');
    if (signed !== undefined) await refuseRepeated(this.#context, signed, branch);
    if (signed !== undefined && drop !== undefined) return { signed, instead: firstOf(signed) };
    if (signed !== undefined && (await this.#isLeft(id, branch))) {
      const { instead } = signed.transaction;
      return instead === undefined ? { signed } : { signed, instead };
    }
    throw new AergoError('AERGO_NOT_DROPPED', `no merge into ${branch.name} dropped transaction ${id.slice(0, 7)}`, {
      hint: `aergo receipt ${id.slice(0, 7)}`,
      details: { transaction: id, branch: branch.name },
    });
  }

  /** Whether it stands in blocks that a pull took out of the branch. */
  async #isLeft(id: TransactionId, { name }: BranchHead): Promise<boolean> {
    const { history, store } = this.#context;
    for (const { oid } of store.refs(leftRefs(name))) if ((await history.inEffect(id, oid)) !== undefined) return true;
    return false;
  }

  async #run(signed: SignedTransaction, branch: BranchHead): Promise<Pick<Resubmitted, 'receipt' | 'block'>> {
    const { key, sealer = key, dryRun } = this.#options;
    if (dryRun === true) return { receipt: await this.#trial(signed, branch) };
    const { receipt, block } = await submitOne(this.#context, branch, signed, { sealer });
    return block === undefined ? { receipt } : { receipt, block };
  }

  /** As it would run behind those that the dry run took so far. */
  async #trial(signed: SignedTransaction, branch: BranchHead): Promise<Receipt> {
    const engine = await this.#context.engine();
    const next = nextBlock(this.#context, branch);
    const candidate = await ordinaryCandidate(this.#context.history, signed, next.place.bound, branch.block);
    const outcomes = await probe(stageContext(this.#context, engine, next), [...this.#fitting, candidate]);
    const outcome = outcomes.at(-1);
    if (outcome?.refusal !== undefined) throw outcome.refusal.error;
    if (outcome === undefined) throw new Error('a transaction was staged and has no outcome');
    this.#fitting.push(candidate);
    return outcome.receipt;
  }

  #signAnew(
    signed: SignedTransaction,
    branch: BranchHead,
    instead: TransactionId | undefined,
    why: AergoError,
  ): SignedTransaction {
    const { key, expires, dryRun } = this.#options;
    const {
      author,
      base,
      branch: _,
      expect,
      expires: __,
      instead: ___,
      nonce: ____,
      sig: _____,
      ...same
    } = signed.transaction;
    if (!this.#context.rights.standsFor(key.id, author)) throw this.#takesItsAuthor(signed, why);
    const conditions = {
      // A dry run judges it behind others that are in no block: what is there now is not what will be there then.
      ...(base === undefined || dryRun === true ? {} : { base: branch.block }),
      ...(expect === undefined || dryRun === true ? {} : { expect: this.#presentVersions(expect, branch) }),
      ...(expires === undefined ? {} : { expires }),
    };
    const replaced = instead === undefined ? {} : { instead };
    return sign(this.#context, branch, { ...same, ...conditions, ...replaced }, key);
  }

  #takesItsAuthor({ id, transaction: { author } }: SignedTransaction, why: AergoError): AergoError {
    const name = this.#context.directoryVersion.members.get(author)?.name;
    return new AergoError(
      'AERGO_RESUBMIT_AUTHOR',
      `${id.slice(0, 7)} must be signed anew by its author, ${name === undefined ? author : `${name} (${author})`}: ${why.message}`,
      { hint: `aergo resubmit ${id.slice(0, 7)} --key NAME, with that key`, details: { transaction: id, author } },
    );
  }

  /** The rows of the expectations as they are on the branch. */
  #presentVersions(expectations: readonly Expectation[], branch: BranchHead): Expectation[] {
    const { store, reader, cache } = this.#context;
    const state = State.open(store, reader.block(branch.block).state, cache);
    return expectations.map(({ table, key }) => {
      const schema = state.table(table)?.schema;
      const line = schema === undefined ? undefined : state.readRow(table, nameOfKey(schema, key));
      return { table, key, version: line === undefined ? null : rowVersion(line) };
    });
  }
}
