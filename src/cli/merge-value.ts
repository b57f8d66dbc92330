/** A merge's result as `--json` gives it. */
import { ConflictValues } from './conflict-value.ts';
import type { Conflict, MergeResult } from './face.ts';

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
    ...(conflicts && { conflicts: { ...conflicts, ...leftValue(conflicts.left) } }),
  };
}

function leftValue(conflicts: readonly Conflict[]): object {
  const values = new ConflictValues();
  const left = conflicts.map((conflict) => values.of(conflict));
  return { left, failed: values.failed };
}
