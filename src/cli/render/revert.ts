/** What was taken back. */
import type { RevertResult } from '../face.ts';
import type { Style } from '../output.ts';
import { blockName } from './block.ts';
import { columns, counted, short } from './columns.ts';
import { visible } from './visible.ts';

/** `block 8 1f2e3d4   1 reverted`, then a line for each: what it was, how many rows it had written. */
export function revertedLines({ block, reverted }: RevertResult, style: Style): string[] {
  const head =
    block === undefined
      ? `${counted(reverted.length, 'transaction')} would be reverted`
      : `${style.bold(blockName(block))}   ${counted(reverted.length, 'transaction')} reverted`;
  const lines = reverted.map(({ of, description, receipt }) =>
    columns(`  reverted ${short(of)}   ${visible(description)}`, counted(receipt.writes?.length ?? 0, 'row')),
  );
  return [head, ...lines];
}
