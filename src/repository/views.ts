/** What the repository tells of blocks, contracts and branches: plain values that commands and programs print. */
import type { KeyId } from '../crypto/key.ts';
import type { Block, BlockId } from '../ledger/block.ts';
import { type Counts, logicOf, type MergeLogic, type MergeMode } from '../ledger/header.ts';
import { describeTransaction } from '../ledger/message.ts';
import type { Receipt } from '../ledger/receipt.ts';
import type { SignedTransaction, Transaction, TransactionId } from '../ledger/transaction.ts';
import type { RepositoryContext } from './context.ts';

export interface BlockSummary {
  readonly id: BlockId;
  readonly height: number;
  readonly branch: string;
  readonly start: string;
  readonly kind: 'genesis' | 'block' | 'merge';
  /** ms */
  readonly time: number;
  readonly sealer: KeyId;
  readonly counts: Counts;
  readonly parents: readonly BlockId[];
  /** The first line of the block's message. */
  readonly subject: string;
  /** Of a merge: the branch that was merged, `branch:start`, and how. */
  readonly source?: string;
  readonly mode?: MergeMode;
  /** The merge logic of its branch. */
  readonly logic?: MergeLogic;
}

function summarise({ id, header, sealer, commit }: Block): BlockSummary {
  const { height, branch, start, kind, time, counts } = header;
  const subject = commit.message.slice(0, commit.message.indexOf('\n'));
  const logic = logicOf(header);
  const summary = {
    id,
    height,
    branch,
    start,
    kind,
    time,
    sealer,
    counts,
    parents: commit.parents,
    subject,
    ...(logic === undefined ? {} : { logic }),
  };
  return header.kind === 'merge' ? { ...summary, source: header.source, mode: header.mode } : summary;
}

export const summaryOf = (context: RepositoryContext, id: BlockId): BlockSummary => summarise(context.reader.block(id));

/** A transaction in a block, with what became of it. */
export interface TransactionInBlock {
  readonly id: TransactionId;
  readonly transaction: Transaction;
  readonly receipt: Receipt;
}

/** A transaction that took effect, and the block it stands in. */
export interface Sealed {
  readonly block: BlockSummary;
  readonly transaction: TransactionId;
  readonly receipt: Receipt;
}

/** A transaction that wrote a row; `name`: what the directory calls its author. */
export interface ValueWriter {
  readonly transaction: TransactionId;
  readonly author: KeyId;
  /** As in block messages: `bank.pay alice bob 5`. */
  readonly description: string;
  readonly name?: string;
}

export function namedWriter(context: RepositoryContext, signed: SignedTransaction): ValueWriter {
  const { author } = signed.transaction;
  const name = context.directoryVersion.members.get(author)?.name;
  const writer = { transaction: signed.id, author, description: describeTransaction(signed.transaction) };
  return name === undefined ? writer : { ...writer, name };
}
