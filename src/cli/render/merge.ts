/** A merge's result: what was applied, and each dropped transaction with its reason and its cause; or its conflicts. */
import { describeTransaction } from '../../ledger/message.ts';
import type { MergeResult } from '../face.ts';
import type { Style } from '../output.ts';
import { blockName } from './block.ts';
import { columns, grouped, short } from './columns.ts';
import { causeText, chainText, receiptText } from './receipt.ts';
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
    ...result.dropped.flatMap((dropped) => droppedLines(dropped, result, block !== undefined)),
    ...amendLines(result),
    ...result.changedResults.map(({ tx, there, here }) => {
      return columns(
        `  changed ${short(tx)}   ${shownValue(there)} on ${visible(result.source)}`,
        `${shownValue(here)} on ${visible(result.target)}`,
      );
    }),
  ];
}

type Dropped = MergeResult['dropped'][number];

function droppedLines(dropped: Dropped, result: MergeResult, sealed: boolean): string[] {
  const { receipt, transaction, cause } = dropped;
  const verb = receipt.status === 'left-out' ? 'left out' : sealed ? 'dropped' : 'would drop';
  const line = columns(
    `  ${verb} ${short(receipt.tx)}   ${visible(describeTransaction(transaction))}`,
    receiptText(receipt),
  );
  if (cause === undefined) return [line];
  const because = result.explanation === undefined ? causeText(cause) : chainText(chainOf(dropped, result));
  return [line, `          ${because}`];
}

/** The drop, the one that it needed, and so on to the one that failed by itself. */
function chainOf(dropped: Dropped, { dropped: all }: MergeResult): Dropped[] {
  const byId = new Map(all.map((one) => [one.receipt.tx, one]));
  const links: Dropped[] = [];
  for (let link: Dropped | undefined = dropped; link !== undefined; ) {
    links.push(link);
    link = link.cause?.kind === 'pool' && link.cause.transaction ? byId.get(link.cause.transaction) : undefined;
  }
  return links;
}

/** `amend 91ab33d: the other 2 fit when it does` */
function amendLines({ explanation, dropped }: MergeResult): string[] {
  if (explanation === undefined || dropped.length === 0) return [];
  const { amend } = explanation;
  const others = dropped.length - amend.length;
  const ids = amend.map(short).join(' ');
  if (others === 0) return [`to amend: ${ids}     (each fails by itself)`];
  return [`to amend: ${ids}     (the other ${others === 1 ? 'one fits' : `${grouped(others)} fit`} then)`];
}
