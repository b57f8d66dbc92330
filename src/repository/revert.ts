/**
 * Taking transactions back: for each a `revert` transaction, the latest first, all of them in one block or none. What changed
 * since is named.
 */
import type { SigningKey } from '../crypto/key.ts';
import { AergoError } from '../errors.ts';
import { ordinaryCandidate } from '../ledger/admission.ts';
import type { BlockId } from '../ledger/block.ts';
import { isRowMerge } from '../ledger/header.ts';
import { describeTransaction } from '../ledger/message.ts';
import type { Receipt, RowReference } from '../ledger/receipt.ts';
import type { StagedTransaction } from '../ledger/stage.ts';
import type { SignedTransaction, TransactionId } from '../ledger/transaction.ts';
import { lastWriters, type RowWriter, rowKey } from '../ledger/writers.ts';
import { keyOfName } from '../state/name.ts';
import { State } from '../state/state.ts';
import type { BranchHead, RepositoryContext } from './context.ts';
import { checkSealer, keep, nextBlock, stageOrdinary } from './seal.ts';
import { sign } from './submit.ts';
import { findTransaction } from './transaction-view.ts';
import { type BlockSummary, summaryOf } from './views.ts';

export interface RevertOptions {
  /** Transactions by the beginning of their ids, or blocks by a revision: each of their transactions. */
  readonly targets: readonly string[];
  readonly key: SigningKey;
  readonly sealer?: SigningKey;
  /** The branch; the current one when left out. */
  readonly on?: string;
  readonly dryRun?: boolean;
}

/** A transaction that was taken back. */
export interface RevertedTransaction {
  readonly of: TransactionId;
  /** As in block messages: `bank.pay alice bob 5`. */
  readonly description: string;
  /** The `revert`. */
  readonly transaction: TransactionId;
  readonly receipt: Receipt;
}

export interface RevertResult {
  /** Absent in a dry run. */
  readonly block?: BlockSummary;
  /** In the order in which they were taken back. */
  readonly reverted: readonly RevertedTransaction[];
}

/** A transaction to be taken back, and where it is in effect. */
interface Place {
  readonly signed: SignedTransaction;
  readonly block: BlockId;
  readonly index: number;
}

/**
 * Takes transactions back on a branch.
 * @throws AergoError AERGO_SNAPSHOT_CONFLICT naming the row and the later transaction, AERGO_AUTHOR_NOT_ALLOWED,
 * AERGO_CONSTRAINT, AERGO_CONTRACT_CHANGED, AERGO_NOT_IN_EFFECT, AERGO_REVERT_REFUSED: then nothing was written
 */
export async function revertTransactions(context: RepositoryContext, options: RevertOptions): Promise<RevertResult> {
  const { key, sealer = key } = options;
  const branch = context.branch(options.on);
  checkSealer(context, sealer.id, branch.name);
  const places = await placesOf(context, branch, options.targets);
  const reverts = places.map(({ signed }) => sign(context, branch, { kind: 'revert', of: signed.id }, key));
  const engine = await context.engine();
  const next = nextBlock(context, branch);
  const candidates = reverts.map((signed) =>
    ordinaryCandidate(context.history, signed, next.place.bound, branch.block),
  );
  const { staged, content } = await stageOrdinary(context, engine, next, await Promise.all(candidates));
  const refused = staged.transactions.findIndex((one) => one.refusal !== undefined);
  if (refused >= 0 || options.dryRun === true) await engine.abandon();
  if (refused >= 0) throw explained(context, branch, places[refused], staged.transactions[refused]);
  const reverted = staged.transactions.map(({ signed, receipt }, index): RevertedTransaction => {
    const of = places[index]?.signed;
    if (of === undefined) throw new Error('more was staged than was to be reverted');
    const description = describeTransaction(of.transaction);
    return { of: of.id, description, transaction: signed.id, receipt };
  });
  if (options.dryRun === true) return { reverted };
  return { block: summaryOf(context, await keep(context, engine, next, content, sealer)), reverted };
}

/** The transactions that are meant, the latest first; those that wrote nothing are passed over. */
async function placesOf(
  context: RepositoryContext,
  branch: BranchHead,
  targets: readonly string[],
): Promise<readonly Place[]> {
  const places = new Map<TransactionId, Place>();
  for (const target of targets) {
    for (const place of await placesOfTarget(context, branch, target)) places.set(place.signed.id, place);
  }
  const { history, reader } = context;
  const writing = [...places.values()].filter(
    ({ block, index }) => reader.receipts(block)[index]?.writes?.length !== 0,
  );
  if (writing.length === 0) throw refused(`${targets.join(', ')} wrote no row: there is nothing to revert`);
  return writing.sort((a, b) => history.record(b.block).time - history.record(a.block).time || b.index - a.index);
}

async function placesOfTarget(context: RepositoryContext, branch: BranchHead, target: string): Promise<Place[]> {
  const block = await blockOrNone(context, target);
  if (block !== undefined) return placesInBlock(context, branch, block);
  const { history, reader } = context;
  const { id } = (await findTransaction(context, target)) ?? unknownTarget(target);
  const standing = await history.inEffect(id, branch.block);
  const index = standing === undefined ? -1 : reader.transactions(standing).findIndex((one) => one.id === id);
  const signed = standing && reader.transactions(standing)[index];
  if (standing !== undefined && signed !== undefined) return [{ signed, block: standing, index }];
  throw new AergoError('AERGO_NOT_IN_EFFECT', `transaction ${id.slice(0, 7)} is not in effect on ${branch.name}`, {
    hint: `aergo receipt ${id.slice(0, 7)}`,
    details: { transaction: id, branch: branch.name },
  });
}

function unknownTarget(target: string): never {
  throw new AergoError(
    'AERGO_TRANSACTION_UNKNOWN',
    `${JSON.stringify(target)} is neither a block nor the beginning of a transaction’s id`,
    { hint: 'aergo log shows blocks, aergo show BLOCK their transactions', details: { target } },
  );
}

async function blockOrNone(context: RepositoryContext, target: string): Promise<BlockId | undefined> {
  try {
    return await context.resolve(target);
  } catch (error) {
    if (error instanceof AergoError && error.code === 'AERGO_REVISION_UNKNOWN') return undefined;
    throw error;
  }
}

/** All that a block lists. Throws for one that holds what no revert takes back. */
function placesInBlock(context: RepositoryContext, branch: BranchHead, id: BlockId): Place[] {
  const { reader, history } = context;
  const { header } = reader.block(id);
  const name = `block ${header.height} ${id.slice(0, 7)}`;
  if (!history.isOnChain(id, branch.block)) throw refused(`${name} is not on ${branch.name}`, 'aergo log');
  if (isRowMerge(header)) {
    throw refused(
      `${name} is a merge of rows: it holds what came of them, not transactions that could be taken back`,
      `aergo branch NAME ${id.slice(0, 7)}~1     (a branch from before it)`,
    );
  }
  const transactions = reader.transactions(id);
  const deploy = transactions.find(({ transaction }) => transaction.kind === 'deploy');
  if (deploy !== undefined) {
    throw refused(
      `${name} deploys a contract, which no revert undoes: rows of later calls stand on it`,
      'deploy the earlier source again: aergo contract deploy',
    );
  }
  if (transactions.length === 0) throw refused(`${name} holds no transaction`);
  return transactions.map((signed, index) => ({ signed, block: id, index }));
}

const refused = (message: string, hint?: string): AergoError =>
  new AergoError('AERGO_REVERT_REFUSED', message, hint === undefined ? {} : { hint });

/** Why a revert does not take effect; where a row was changed since, by what. */
function explained(
  context: RepositoryContext,
  branch: BranchHead,
  place: Place | undefined,
  outcome: StagedTransaction | undefined,
): AergoError {
  const error = outcome?.refusal?.error ?? new AergoError('AERGO_INTERNAL', 'a revert was refused without a reason');
  const row = outcome?.receipt.row;
  if (error.code !== 'AERGO_SNAPSHOT_CONFLICT' || row === undefined || place === undefined) return error;
  const of = place.signed.id.slice(0, 7);
  const changed = `${row[0]} ${keyText(context, branch, row)} was changed since ${of} wrote it`;
  const later = laterWriter(context, branch, place, row);
  if (later === undefined) return new AergoError(error.code, changed, { hint: rewrite, details: error.details });
  const { block, transaction, description } = later;
  const height = context.history.record(block).height;
  const by = (transaction ?? block).slice(0, 7);
  const where = transaction === undefined ? `block ${height} ${by}` : `${by} in block ${height}`;
  return new AergoError(error.code, `${changed}, by ${where}: ${description}`, {
    hint: canRevert(context, later) ? `aergo revert ${by} ${of}     (both)` : rewrite,
    details: { ...error.details, ...(transaction === undefined ? {} : { later: transaction }), block },
  });
}

const rewrite = 'write the row that you want with the contract’s functions: what changed it is not taken back';

/** Whether it is a transaction, of a kind that can be taken back. */
function canRevert({ reader }: RepositoryContext, { block, transaction }: RowWriter): boolean {
  const kind = reader.transactions(block).find(({ id }) => id === transaction)?.transaction.kind;
  return kind !== undefined && kind !== 'deploy' && kind !== 'resolve';
}

/** The key of a row as people write it. */
function keyText({ store, reader, cache }: RepositoryContext, branch: BranchHead, [table, name]: RowReference): string {
  const schema = State.open(store, reader.block(branch.block).state, cache).table(table)?.schema;
  return schema === undefined ? name : keyOfName(schema, name).join(' ');
}

function laterWriter(context: RepositoryContext, branch: BranchHead, { block, signed }: Place, row: RowReference) {
  const { reader, history, cache } = context;
  const [parent = block] = reader.block(block).commit.parents;
  const writer = lastWriters({ reader, history, cache }, branch.block, parent, [row]).get(rowKey(...row));
  return writer?.transaction === signed.id ? undefined : writer;
}
