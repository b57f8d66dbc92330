/** `log TABLE KEY`: a block's line, then the transactions that wrote the row in it, then what became of the row. */
import type { RowHistory, ValueWriter } from '../face.ts';
import type { Style } from '../output.ts';
import { logLine } from './block.ts';
import { short, shortKey } from './columns.ts';
import { differenceLines } from './difference.ts';
import { visible } from './visible.ts';

export function* changesLines(
  { schema, changes }: Pick<RowHistory, 'schema' | 'changes'>,
  style: Style,
): Generator<string> {
  for (const change of changes) {
    yield logLine(change.block, style);
    if (change.decidedBy === 'contract') yield '   decided by the contract: both sides had changed the row';
    for (const writer of change.transactions) yield `   ${writerText(writer)}`;
    if (isChanged(change)) yield* differenceLines([change], schema, style);
    else yield '   and left it as it was on this side';
  }
}

/** A merge may have decided for the row as it was. */
const isChanged = ({ before, after }: RowHistory['changes'][number]): boolean =>
  before === undefined || after === undefined || Object.entries(after).some(([name, value]) => before[name] !== value);

/** `77b0c4e   ada   bank.transfer alice bob 12.50` */
const writerText = (writer: ValueWriter): string =>
  [short(writer.transaction), writerName(writer), visible(writer.description)].join('   ');

/** Who signed it: as the directory calls them, else the beginning of the key. */
export const writerName = ({ name, author }: ValueWriter): string =>
  name === undefined ? shortKey(author) : visible(name);
