/** Blocks as lines: in answers (`block 2 90c3d11`), in `log`, and in `show`. */
import { describeTransaction } from '../../ledger/message.ts';
import type { BlockSummary, Receipt, Shown, Transaction } from '../face.ts';
import type { Style } from '../output.ts';
import { aligned, columns, counted, short, utc } from './columns.ts';
import { logicText } from './logic.ts';
import { receiptText } from './receipt.ts';
import { settledLines } from './settled.ts';
import { visible } from './visible.ts';

/** `block 2 90c3d11` */
export function blockName(block: Pick<BlockSummary, 'height' | 'id'>): string {
  return `block ${block.height} ${short(block.id)}`;
}

/** What is in it, as its subject says: `merge what-if, 1 applied, 1 dropped`. */
export function blockContent(block: BlockSummary): string {
  return visible(block.subject.replace(/^Block \d+ on .*?: /, ''));
}

/** One line of `log`: `90c3d11   block 2 on main   2026-11-20 10:00:00   1 transaction` */
export function logLine(block: BlockSummary, style: Style): string {
  const name = `block ${block.height} on ${visible(block.branch)}`;
  return `${style.yellow(short(block.id))}   ${style.bold(name)}   ${style.dim(utc(block.time))}   ${blockContent(block)}${style.dim(logicText(block.logic))}`;
}

/** The whole of a block for `show`. */
export function shownBlock(shown: Extract<Shown, { kind: 'block' }>, style: Style): string[] {
  const { block, transactions, dropped, conflicts = [] } = shown;
  const facts = [
    ['id', block.id],
    ['branch', visible(block.branch)],
    ['time', `${utc(block.time)} UTC`],
    ['sealer', block.sealer],
    ...block.parents.map((parent) => ['parent', parent]),
    ...(block.logic === undefined
      ? []
      : [['merges by', `${block.logic.contract}.${block.logic.function}   ${block.logic.hash}`]]),
  ];
  return [
    style.bold(`${blockName(block)}   ${blockContent(block)}`),
    ...aligned(facts),
    ...transactions.map(({ transaction, receipt }) => transactionLine(receipt, transaction)),
    ...dropped.map(({ transaction, receipt }) => transactionLine(receipt, transaction)),
    ...settledLines(block, conflicts),
  ];
}

/** `  applied 03fe81c   bank.pay alice bob 50     OK   2 rows` */
function transactionLine(receipt: Receipt, transaction: Transaction | undefined): string {
  const what = transaction === undefined ? '' : `   ${visible(describeTransaction(transaction))}`;
  return columns(`  ${receipt.status} ${short(receipt.tx)}${what}`, receiptText(receipt));
}

/** `2 rows`: what a transaction wrote. */
export function rowsText(receipt: Receipt): string {
  return counted(receipt.rows ?? receipt.writes?.length ?? 0, 'row');
}
