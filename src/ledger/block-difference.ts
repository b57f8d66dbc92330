/** Where a block and the same one built again part, said so that whoever looks for the reason knows where to look. */
import { canonicalJson, type JsonValue } from '../crypto/canonical-json.ts';
import { AergoError } from '../errors.ts';
import type { Oid } from '../object/oid.ts';
import type { ObjectSource } from '../object/source.ts';
import { diffStates } from '../state/state-difference.ts';
import type { Block, BlockContent, BlockReader } from './block.ts';
import { blockFault } from './block-fault.ts';
import { readLines } from './lines.ts';
import type { StagedTransaction } from './stage.ts';

/** What differs first between a block and what it comes to when it is built again. */
export function firstDifference(
  reader: BlockReader,
  source: ObjectSource,
  block: Block,
  rebuilt: BlockContent,
  staged: readonly StagedTransaction[],
): AergoError {
  const failed = staged.find((one) => one.refusal !== undefined);
  if (block.header.kind === 'block' && failed !== undefined) {
    const { signed, refusal } = failed;
    return blockFault(
      block.id,
      `transaction ${signed.id.slice(0, 7)} does not take effect when it runs again: ${refusal?.error.message ?? ''}`,
      { transaction: signed.id },
    );
  }
  const receipts = reader.receipts(block.id);
  const text = (value: JsonValue | undefined) => canonicalJson(value ?? null);
  const index = rebuilt.receipts.findIndex((receipt, at) => text(receipt) !== text(receipts[at]));
  if (index >= 0 || receipts.length !== rebuilt.receipts.length) {
    const at = index >= 0 ? index : rebuilt.receipts.length;
    return blockFault(block.id, `receipt ${at} differs from the run`, {
      expected: rebuilt.receipts[at] ?? null,
      found: receipts[at] ?? null,
    });
  }
  const listed = readLines(reader.source, block.entries.get('conflicts'));
  const at = (rebuilt.conflicts ?? []).findIndex((line, place) => line !== listed[place]);
  if (at >= 0 || listed.length !== (rebuilt.conflicts ?? []).length) {
    const place = at >= 0 ? at : (rebuilt.conflicts ?? []).length;
    return blockFault(block.id, `conflict ${place} differs from the merge`, {
      expected: rebuilt.conflicts?.[place] ?? null,
      found: listed[place] ?? null,
    });
  }
  if (rebuilt.state !== block.state) {
    const place = firstPlace(source, rebuilt.state, block.state);
    return blockFault(block.id, `its state differs from the run${place === undefined ? '' : `, first in ${place}`}`, {
      expected: rebuilt.state,
      found: block.state,
    });
  }
  if (text(rebuilt.header) !== text(block.header))
    return blockFault(block.id, 'its header does not follow from its content', { expected: rebuilt.header });
  return blockFault(block.id, 'its transactions or data do not follow from the run');
}

/** The row, or the table, in which two states differ first; undefined where that cannot be read. */
function firstPlace(source: ObjectSource, a: Oid, b: Oid): string | undefined {
  try {
    for (const { table, changes } of diffStates(source, a, b).tables) {
      for (const { name } of changes) return `row ${name} of ${table}`;
      return `table ${table}`;
    }
    return undefined;
  } catch (error) {
    // What a forger wrote in the place of a state need not be one.
    if (error instanceof AergoError) return undefined;
    throw error;
  }
}
