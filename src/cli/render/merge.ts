/** A merge's result: what was applied, and each dropped transaction with its reason and its cause; or its conflicts. */
import { describeTransaction } from '../../ledger/message.ts';
import type { MergeResult } from '../face.ts';
import type { Style } from '../output.ts';
import { blockName } from './block.ts';
import { columns, grouped, short } from './columns.ts';
import { causeText, receiptText } from './receipt.ts';
import { leftLines, rowMergeText } from './row-merge.ts';
import { shownValue, visible } from './visible.ts';

/** `block 7 e51c9f0   what-if → main: 1 applied, 1 dropped`, then the dropped ones; a dry run says "would". */
export function mergeLines(result: MergeResult, style: Style): string[] {
  const way = `${visible(result.source)} → ${visible(result.target)}`;
  if (result.upToDate) return [`${way}: already up to date`];
  const { block, applied } = result;
  const head = block === undefined ? '' : `${blockName(block)}   `;
  if (result.mode !== 'automatic')
    return [`${style.bold(`${head}${way}`)}: ${rowMergeText(result)}`, ...leftLines(result)];
  const would = block === undefined ? 'would be ' : '';
  const leftOut = result.dropped.filter(({ receipt }) => receipt.status === 'left-out').length;
  const counts = [
    `${grouped(applied.length)} ${would}applied`,
    `${grouped(result.dropped.length - leftOut)} ${would}dropped`,
    ...(leftOut > 0 ? [`${grouped(leftOut)} ${would}left out`] : []),
  ];
  return [
    `${style.bold(`${head}${way}`)}: ${counts.join(', ')}`,
    ...result.dropped.flatMap((dropped) => droppedLines(dropped, block !== undefined)),
    ...result.changedResults.map(({ tx, there, here }) => {
      return columns(
        `  changed ${short(tx)}   ${shownValue(there)} on ${visible(result.source)}`,
        `${shownValue(here)} on ${visible(result.target)}`,
      );
    }),
  ];
}

function droppedLines({ receipt, transaction, cause }: MergeResult['dropped'][number], sealed: boolean): string[] {
  const verb = receipt.status === 'left-out' ? 'left out' : sealed ? 'dropped' : 'would drop';
  const line = columns(
    `  ${verb} ${short(receipt.tx)}   ${visible(describeTransaction(transaction))}`,
    receiptText(receipt),
  );
  return cause === undefined ? [line] : [line, `          ${causeText(cause)}`];
}
