/**
 * Transactions in, blocks out: admission (decode, signature, seen before), run, seal, write, in batches. A call and a
 * deploy are submissions of one.
 */
import { setImmediate } from 'node:timers/promises';
import type { SigningKey } from '../crypto/key.ts';
import { AergoError } from '../errors.ts';
import { type Candidate, ordinaryCandidate } from '../ledger/admission.ts';
import { firstOf, insteadFault } from '../ledger/instead.ts';
import type { StagedTransaction } from '../ledger/stage.ts';
import {
  checkSignature,
  checkTransaction,
  decodeTransaction,
  type SignedTransaction,
  signTransaction,
  type TransactionId,
  type UnsignedTransaction,
} from '../ledger/transaction.ts';
import type { ObjectBuffer } from '../object/source.ts';
import type { BranchHead, RepositoryContext } from './context.ts';
import { DeploymentGate } from './contract-gate.ts';
import { checkSealer, keep, nextBlock, stageOrdinary } from './seal.ts';
import { type BlockSummary, type Sealed, summaryOf } from './views.ts';

const defaultBlockSize = 1_000;

/** Fills in what an author need not say (branch, nonce) and signs. */
export function sign(
  context: RepositoryContext,
  branch: BranchHead,
  unsigned: Record<string, unknown>,
  key: SigningKey,
): SignedTransaction {
  const nonce = Buffer.from(context.options.random(12)).toString('base64url');
  const filled = { branch: `${branch.name}:${branch.start}`, nonce, ...unsigned };
  // The schema is checked with a signature's form in place, so that a mistake is named before anything is signed.
  if (unsigned.author !== undefined && unsigned.author !== key.id) {
    throw new AergoError(
      'AERGO_TRANSACTION_INVALID',
      `the transaction names another author than the key that would sign it`,
      {
        hint: `leave author out, or sign with ${String(unsigned.author)}`,
      },
    );
  }
  const { author: _, sig: __, ...checked } = checkTransaction({ ...filled, author: key.id, sig: 'A'.repeat(86) });
  return signTransaction(context.repositoryId, checked as UnsignedTransaction, key);
}

export interface SubmitOne {
  readonly sealer: SigningKey;
  readonly on?: string;
  readonly dryRun?: boolean;
  /** New objects that the transaction names (an import's data). */
  readonly buffer?: ObjectBuffer;
}

/** What a dry run tells: the receipt, and no block. */
export type Submitted = Sealed | (Omit<Sealed, 'block'> & { readonly block: undefined });

/** One transaction, in a block of its own. Throws why it does not take effect; then nothing was written. */
export async function submitOne(
  context: RepositoryContext,
  branch: BranchHead,
  signed: SignedTransaction,
  options: SubmitOne,
): Promise<Submitted> {
  checkSealer(context, options.sealer.id, branch.name);
  await refuseRepeated(context, signed, branch);
  await new DeploymentGate(context.store).judge(signed.transaction);
  const engine = await context.engine();
  const next = nextBlock(context, branch, undefined, options.buffer);
  const candidate = await ordinaryCandidate(context.history, signed, next.place.bound, branch.block);
  const { staged, content } = await stageOrdinary(context, engine, next, [candidate]);
  const [outcome] = staged.transactions;
  const refused = outcome?.refusal;
  if (outcome === undefined || refused !== undefined || options.dryRun === true) await engine.abandon();
  if (refused !== undefined) throw refused.error;
  if (outcome === undefined) throw new Error('a transaction was staged and has no outcome');
  const done = { transaction: signed.id, receipt: outcome.receipt };
  if (options.dryRun === true) return { ...done, block: undefined };
  return { ...done, block: summaryOf(context, await keep(context, engine, next, content, options.sealer)) };
}

/** Refuses what the branch has already, under this id or another, and what is signed in the stead of nothing. */
export async function refuseRepeated(
  context: RepositoryContext,
  signed: SignedTransaction,
  branch: BranchHead,
): Promise<void> {
  const { history } = context;
  const { id } = signed;
  const before = await history.tookEffect(signed, branch.block);
  const fault = await insteadFault(context, signed, branch.block);
  if (before === undefined && fault !== undefined) throw fault;
  if (before === undefined) return;
  const itself = (await history.inEffect(id, branch.block)) !== undefined;
  throw new AergoError(
    'AERGO_TRANSACTION_REPEATED',
    itself
      ? `transaction ${id.slice(0, 7)} took effect before, in block ${before.slice(0, 7)}`
      : `what transaction ${id.slice(0, 7)} asks for took effect before, in block ${before.slice(0, 7)}, by another transaction`,
    {
      hint: `aergo tx ${id.slice(0, 7)}`,
      details: { transaction: id, block: before },
    },
  );
}

export interface SubmitOptions {
  readonly sealer: SigningKey;
  /** Signs lines that are not signed yet. */
  readonly key?: SigningKey;
  readonly on?: string;
  /** Transactions a block at most; 1,000 when left out. */
  readonly blockSize?: number;
  readonly dryRun?: boolean;
}

/** What became of many transactions. */
export interface SubmitResult {
  readonly blocks: readonly BlockSummary[];
  readonly applied: readonly {
    readonly line: number;
    readonly transaction: TransactionId;
    readonly receipt: StagedTransaction['receipt'];
  }[];
  readonly rejected: readonly {
    readonly line: number;
    readonly transaction?: TransactionId;
    readonly error: AergoError;
  }[];
}

interface Line {
  readonly number: number;
  readonly text: string;
}

/** A line whose form and signature are good. */
interface CheckedLine {
  readonly line: number;
  readonly signed: SignedTransaction;
}

/** Lines that are checked before whatever waits on this thread has its turn: a millisecond's work. */
const linesPerTurn = 8;

/** Seals what is good in blocks, and lists what is not. While a block runs, the signatures of the next are checked. */
export async function submitLines(
  context: RepositoryContext,
  lines: AsyncIterable<string> | Iterable<string>,
  options: SubmitOptions,
): Promise<SubmitResult> {
  checkSealer(context, options.sealer.id, context.branch(options.on).name);
  const submission = new Submission(context, options);
  let running = Promise.resolve<Failure | undefined>(undefined);
  try {
    for await (const batch of batches(lines, options.blockSize ?? defaultBlockSize)) {
      const checked = await submission.check(batch);
      const failure = await running;
      if (failure !== undefined) throw failure.error;
      running = submission.take(checked).then(
        () => undefined,
        (error: unknown) => ({ error }),
      );
    }
    const failure = await running;
    if (failure !== undefined) throw failure.error;
  } catch (error) {
    // Also where the lines fail: the block under way is not left behind.
    await running;
    throw stoppedHalfway(error, submission.result);
  }
  // A block's refusals are known at admission or when it runs: listed in the order of the lines all the same.
  submission.result.rejected.sort((a, b) => a.line - b.line);
  return submission.result;
}

/** A failure after some blocks were sealed says so: they stand, and repeating the command would run unsigned lines again. */
function stoppedHalfway(error: unknown, { blocks, applied }: Pick<SubmitResult, 'blocks' | 'applied'>): unknown {
  if (!(error instanceof AergoError) || blocks.length === 0) return error;
  const last = Math.max(...applied.map((one) => one.line));
  return new AergoError(error.code, error.message, {
    hint: `${blocks.length} ${blocks.length === 1 ? 'block is' : 'blocks are'} sealed, with lines up to ${last}: submit what follows`,
    details: { ...error.details, blocks: blocks.map((block) => block.id), sealedUpToLine: last },
    cause: error,
  });
}

/** What a block failed with, kept until somebody asks. */
interface Failure {
  readonly error: unknown;
}

async function* batches(lines: AsyncIterable<string> | Iterable<string>, size: number): AsyncGenerator<Line[]> {
  let batch: Line[] = [];
  let number = 0;
  for await (const text of lines) {
    number++;
    if (text.trim() === '') continue;
    batch.push({ number, text });
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}

class Submission {
  readonly result = {
    blocks: [] as BlockSummary[],
    applied: [] as SubmitResult['applied'][number][],
    rejected: [] as SubmitResult['rejected'][number][],
  };
  readonly #context: RepositoryContext;
  readonly #options: SubmitOptions;
  readonly #gate: DeploymentGate;
  readonly #seen = new Set<TransactionId>();

  constructor(context: RepositoryContext, options: SubmitOptions) {
    this.#context = context;
    this.#options = options;
    this.#gate = new DeploymentGate(context.store);
  }

  /** Decodes one block's worth of lines and checks their signatures; those that are good. */
  async check(lines: readonly Line[]): Promise<CheckedLine[]> {
    const branch = this.#context.branch(this.#options.on);
    const checked: CheckedLine[] = [];
    for (const [index, { number, text }] of lines.entries()) {
      if (index % linesPerTurn === 0) await setImmediate();
      try {
        checked.push({ line: number, signed: this.#signedLine(text, branch) });
      } catch (error) {
        this.#reject(error, number);
      }
    }
    return checked;
  }

  /** Runs and seals one block's worth of transactions. */
  async take(checked: readonly CheckedLine[]): Promise<void> {
    const branch = this.#context.branch(this.#options.on);
    const admitted = await this.#admit(checked, branch);
    if (admitted.length === 0) return;
    const engine = await this.#context.engine();
    const next = nextBlock(this.#context, branch);
    const { staged, content } = await stageOrdinary(
      this.#context,
      engine,
      next,
      admitted.map((one) => one.candidate),
    );
    for (const [index, { signed, receipt, refusal }] of staged.transactions.entries()) {
      const line = admitted[index]?.line ?? 0;
      if (refusal === undefined) this.result.applied.push({ line, transaction: signed.id, receipt });
      else this.result.rejected.push({ line, transaction: signed.id, error: refusal.error });
    }
    if (this.#options.dryRun === true || content.transactions.length === 0) return engine.abandon();
    const id = await keep(this.#context, engine, next, content, this.#options.sealer);
    this.result.blocks.push(summaryOf(this.#context, id));
    const done = this.result.applied.length + this.result.rejected.length;
    this.#context.options.onProgress?.({ phase: 'submit', done, unit: 'transactions' });
  }

  async #admit(checked: readonly CheckedLine[], branch: BranchHead): Promise<{ line: number; candidate: Candidate }[]> {
    const admitted: { line: number; candidate: Candidate }[] = [];
    const bound = `${branch.name}:${branch.start}`;
    for (const { line, signed } of checked) {
      try {
        if (this.#seen.has(firstOf(signed))) {
          throw new AergoError('AERGO_TRANSACTION_REPEATED', `transaction ${signed.id.slice(0, 7)} is there twice`);
        }
        await refuseRepeated(this.#context, signed, branch);
        await this.#gate.judge(signed.transaction);
        this.#seen.add(firstOf(signed));
        const candidate = await ordinaryCandidate(this.#context.history, signed, bound, branch.block);
        admitted.push({ line, candidate });
      } catch (error) {
        this.#reject(error, line, signed);
      }
    }
    return admitted;
  }

  #reject(error: unknown, line: number, signed?: SignedTransaction): void {
    if (!(error instanceof AergoError)) throw error;
    this.result.rejected.push({ line, ...(signed === undefined ? {} : { transaction: signed.id }), error });
  }

  /** A line with a signature is decoded and checked; one without is completed and signed. */
  #signedLine(text: string, branch: BranchHead): SignedTransaction {
    const value = parseLine(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value) && !('sig' in value)) {
      if (this.#options.key === undefined) {
        throw new AergoError(
          'AERGO_TRANSACTION_INVALID',
          'the transaction is not signed, and there is no key to sign it with',
        );
      }
      return sign(this.#context, branch, value as Record<string, unknown>, this.#options.key);
    }
    const signed = decodeTransaction(this.#context.repositoryId, text);
    checkSignature(this.#context.repositoryId, signed);
    return signed;
  }
}

function parseLine(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AergoError('AERGO_TRANSACTION_INVALID', 'the line is not JSON', { cause: error });
  }
}
