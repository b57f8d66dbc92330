/** What a call did: `OK   block 2 90c3d11   tx 5c07aa1   1 row`; a dry run shows the rows that it would change. */
import type { DryRun, Sealed } from '../face.ts';
import type { Style } from '../output.ts';
import { blockName, rowsText } from './block.ts';
import { short } from './columns.ts';
import { differenceLines } from './difference.ts';
import { shownValue } from './visible.ts';

export function callLines(call: Sealed | DryRun, style: Style): string[] {
  const { receipt } = call;
  const result = style.green(receipt.result === undefined ? 'done' : shownValue(receipt.result));
  if (call.block === undefined) {
    const tables = new Set(call.rows.map(({ table }) => table));
    return [
      `${result}   would change ${rowsText(receipt)}`,
      ...[...tables].flatMap((table) => [
        table,
        ...differenceLines(
          call.rows.filter((row) => row.table === table),
          [],
          style,
        ),
      ]),
    ];
  }
  return [`${result}   ${style.bold(blockName(call.block))}   tx ${short(call.transaction)}   ${rowsText(receipt)}`];
}
