/** A merge's result as `--json` gives it. */
import { conflictValue } from './conflict-value.ts';
import type { MergeResult } from './face.ts';

export function mergeValue(result: MergeResult): object {
  const { block = null, dropped, conflicts } = result;
  return {
    ...result,
    block,
    dropped: dropped.map((entry) => ({
      ...entry.receipt,
      transaction: entry.transaction,
      ...(entry.cause ? { cause: entry.cause } : {}),
    })),
    ...(conflicts && { conflicts: { ...conflicts, left: conflicts.left.map(conflictValue) } }),
  };
}
