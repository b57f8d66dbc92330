/** A merge's result: what was applied, and each dropped transaction with its reason and its cause. */
import { describeTransaction } from '../../ledger/message.ts';
import type { MergeResult } from '../face.ts';
import type { Style } from '../output.ts';
import { blockName } from './block.ts';
import { columns, grouped, short } from './columns.ts';
import { causeText, receiptText } from './receipt.ts';
import { shownValue, visible } from './visible.ts';

/** `block 7 e51c9f0   what-if → main: 1 applied, 1 dropped`, then the dropped ones; a dry run says "would". */
export function mergeLines(result: MergeResult, style: Style): string[] {
  const way = `${visible(result.source)} → ${visible(result.target)}`;
  if (result.upToDate) return [`${way}: already up to date`];
  const would = result.sealed ? '' : 'would be ';
  const head = result.block !== undefined && result.sealed ? `${blockName(result.block)}   ` : '';
  const leftOut = result.applied.filter((receipt) => receipt.status === 'left-out').length;
  const counts = [
    `${grouped(result.applied.length - leftOut)} ${would}applied`,
    `${grouped(result.dropped.length)} ${would === '' ? '' : would}dropped`,
    ...(leftOut > 0 ? [`${grouped(leftOut)} ${would}left out`] : []),
  ];
  return [
    `${style.bold(`${head}${way}`)}: ${counts.join(', ')}`,
    ...result.dropped.flatMap((dropped) => droppedLines(dropped, result.sealed)),
    ...result.changedResults.map(({ tx, there, here }) =>
      columns(
        `  changed ${short(tx)}   ${shownValue(there)} on ${visible(result.source)}`,
        `${shownValue(here)} on ${visible(result.target)}`,
      ),
    ),
  ];
}

function droppedLines({ receipt, transaction, cause }: MergeResult['dropped'][number], sealed: boolean): string[] {
  const verb = sealed ? 'dropped' : 'would drop';
  const line = columns(
    `  ${verb} ${short(receipt.tx)}   ${visible(describeTransaction(transaction))}`,
    receiptText(receipt),
  );
  return cause === undefined ? [line] : [line, `          ${causeText(cause)}`];
}
