/** What a call did: `OK   block 2 90c3d11   tx 5c07aa1   1 row`; a dry run names the rows that it would change. */
import type { Submitted } from '../face.ts';
import type { Style } from '../output.ts';
import { blockName, rowsText } from './block.ts';
import { short } from './columns.ts';
import { rowNameAsKey } from './receipt.ts';
import { shownValue } from './visible.ts';

export function callLines({ block, transaction, receipt }: Submitted, style: Style): string[] {
  const result = style.green(receipt.result === undefined ? 'done' : shownValue(receipt.result));
  if (block !== undefined)
    return [`${result}   ${style.bold(blockName(block))}   tx ${short(transaction)}   ${rowsText(receipt)}`];
  const rows = (receipt.writes ?? []).map(([table, name]) => `  ${table} ${rowNameAsKey(name)}`);
  return [`${result}   would change ${rowsText(receipt)}`, ...rows];
}
