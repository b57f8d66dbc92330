/**
 * What happened on the target since it parted from the source, in steps that can be run again: its transactions one by one,
 * and merges of rows whole.
 */
import type { Candidate } from '../ledger/admission.ts';
import type { BlockId, BlockReader } from '../ledger/block.ts';
import { isRowMerge } from '../ledger/header.ts';
import type { History } from '../ledger/history.ts';
import type { SignedTransaction, TransactionId } from '../ledger/transaction.ts';
import { ownBlocks } from './pool.ts';

/** A step, and the block it stands in. */
export interface Step {
  readonly from: BlockId;
  /** Absent: the step is the whole block, a merge of rows. */
  readonly transaction?: TransactionId;
  readonly signed?: SignedTransaction;
}

export class TargetSteps {
  readonly steps: readonly Step[];
  /** Where the two parted. */
  readonly #parting: BlockId;
  /** The target's own blocks, oldest first, with the steps of each. */
  readonly #blocks: readonly { readonly block: BlockId; readonly steps: readonly Step[] }[];

  constructor(context: { reader: BlockReader; history: History; target: BlockId; source: BlockId }) {
    const { reader, history, target, source } = context;
    const { blocks } = ownBlocks(history, target, source);
    const [first] = blocks;
    this.#parting = (first === undefined ? undefined : reader.block(first).commit.parents[0]) ?? target;
    this.#blocks = blocks.map((block) => ({ block, steps: stepsOf(reader, block) }));
    this.steps = this.#blocks.flatMap((one) => one.steps);
  }

  /** The last block that is whole in the first `count` steps, and the transactions that follow it. */
  prefix(count: number): { start: BlockId; rest: Candidate[] } {
    let start = this.#parting;
    let left = count;
    for (const { block, steps } of this.#blocks) {
      if (steps.length > left) {
        const rest = steps.slice(0, left).flatMap(({ signed }) => signed ?? []);
        return { start, rest: rest.map((signed) => ({ signed, past: true })) };
      }
      left -= steps.length;
      start = block;
    }
    return { start, rest: [] };
  }
}

function stepsOf(reader: BlockReader, block: BlockId): Step[] {
  if (isRowMerge(reader.header(block))) return [{ from: block }];
  return reader.transactions(block).map((signed) => ({ from: block, transaction: signed.id, signed }));
}
