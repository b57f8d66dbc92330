/** A transaction as it is shown: what became of it in every block, why, and which transactions name it. */
import { AergoError } from '../errors.ts';
import type { Naming } from '../ledger/naming.ts';
import type { Receipt } from '../ledger/receipt.ts';
import type { Transaction, TransactionId } from '../ledger/transaction.ts';
import type { RepositoryContext } from './context.ts';
import { causesInBlock, type DropCause } from './drop-causes.ts';
import { type BlockSummary, summaryOf } from './views.ts';

export interface TransactionView {
  readonly id: TransactionId;
  readonly transaction: Transaction;
  readonly receipts: readonly ShownReceipt[];
  /** Transactions that its author signed anew for it and that took effect. */
  readonly anew: readonly NamedBy[];
  /** Reverts of it that took effect. */
  readonly reverts: readonly NamedBy[];
}

/** What became of a transaction in a block. */
interface ShownReceipt {
  readonly block: BlockSummary;
  readonly receipt: Receipt;
  readonly cause?: DropCause;
  /** Where the cause is an earlier drop: that one, the one that that needed, and so on. */
  readonly chain?: readonly { readonly receipt: Receipt; readonly cause?: DropCause }[];
}

/** A transaction that names another one, and where it took effect. */
interface NamedBy {
  readonly transaction: TransactionId;
  readonly block: BlockSummary;
}

/** A transaction by the beginning of its id, with every receipt. Throws `AERGO_TRANSACTION_UNKNOWN`, `AERGO_REVISION_AMBIGUOUS`. */
export async function transactionView(context: RepositoryContext, prefix: string): Promise<TransactionView> {
  const view = await findTransaction(context, prefix);
  if (view !== undefined) return withNamings(context, view);
  throw new AergoError(
    'AERGO_TRANSACTION_UNKNOWN',
    `no transaction has an id that begins with ${JSON.stringify(prefix)}`,
    { hint: 'aergo log shows blocks, aergo show BLOCK their transactions' },
  );
}

type FoundTransaction = Omit<TransactionView, 'anew' | 'reverts'>;

/** A transaction by the beginning of its id, without what names it. */
export async function findTransaction(
  context: RepositoryContext,
  prefix: string,
): Promise<FoundTransaction | undefined> {
  const ids = /^[0-9a-f]{4,64}$/.test(prefix) ? await context.history.transactionsByPrefix(prefix) : [];
  const [id, ...others] = ids;
  if (id === undefined) return undefined;
  if (others.length > 0) {
    throw new AergoError('AERGO_REVISION_AMBIGUOUS', `${ids.length} transactions have ids that begin with ${prefix}`, {
      hint: `write more of it: ${ids
        .slice(0, 4)
        .map((one) => one.slice(0, 12))
        .join(', ')}`,
    });
  }
  const blocks = (await context.history.occurrences(id))
    .map((one) => one.block)
    .sort((a, b) => context.history.record(a).time - context.history.record(b).time);
  const receipts = blocks.flatMap((block) => {
    const receipt = context.reader.receipts(block).find((one) => one.tx === id);
    return receipt === undefined ? [] : [{ block: summaryOf(context, block), receipt }];
  });
  const transaction = receipts.flatMap(
    ({ block }) => context.reader.transactions(block.id).find((one) => one.id === id) ?? [],
  )[0]?.transaction;
  return transaction === undefined ? undefined : { id, transaction, receipts };
}

/** Adds what was signed anew for it, and what took it back. */
export async function withNamings(context: RepositoryContext, view: FoundTransaction): Promise<TransactionView> {
  const namings = await context.history.namings(view.id);
  const named = (kind: Naming['how']): NamedBy[] =>
    namings
      .filter(({ how }) => how === kind)
      .map(({ transaction, block }) => ({ transaction, block: summaryOf(context, block) }))
      .sort((a, b) => a.block.time - b.block.time);
  return { ...view, anew: named('instead'), reverts: named('revert') };
}

/** As `transactionView`, with the cause of each drop, found by running again. */
export async function receiptView(context: RepositoryContext, prefix: string): Promise<TransactionView> {
  const view = await transactionView(context, prefix);
  const receipts: ShownReceipt[] = [];
  for (const one of view.receipts) {
    const links = one.receipt.status === 'dropped' ? await causesInBlock(context, one.block.id, view.id) : [];
    const [first, ...chain] = links;
    const cause = first?.cause === undefined ? {} : { cause: first.cause };
    receipts.push({ ...one, ...cause, ...(chain.length === 0 ? {} : { chain }) });
  }
  return { ...view, receipts };
}
