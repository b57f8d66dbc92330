/** What became of submitted transactions: a line for each block, a line for each that was rejected. */
import type { SubmitResult } from '../face.ts';
import type { Style } from '../output.ts';
import { blockName } from './block.ts';
import { counted } from './columns.ts';
import { visible } from './visible.ts';

export function submittedLines({ blocks, applied }: SubmitResult, dryRun: boolean, style: Style): string[] {
  if (dryRun) return [`${counted(applied.length, 'transaction')} would be applied`];
  if (blocks.length === 0) return ['nothing was sealed'];
  return blocks.map((block) => `${style.bold(blockName(block))}   ${counted(block.counts.applied, 'transaction')}`);
}

/** `orders.ndjson:17: bank.pay rejected this: Not enough balance (P0001)   AERGO_CONTRACT_REJECTED` */
export function rejectedLines({ rejected }: SubmitResult, file: string): string[] {
  if (rejected.length === 0) return [];
  const lines = rejected.map(
    ({ line, error }) => `${file}:${line}: ${visible(error.message.replace(/\.$/, ''))}   ${error.code}`,
  );
  return [...lines, `${counted(rejected.length, 'transaction')} rejected`];
}
