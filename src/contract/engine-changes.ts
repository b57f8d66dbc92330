/**
 * Rows set from outside any function, in the block under way: all or none, and noted there when they are set.
 */
import type { Block, EngineHost } from './engine-host.ts';
import type { RowWrite } from './net-changes.ts';
import type { RowViolation } from './row-violation.ts';

export type ChangeOutcome =
  | { readonly status: 'ok' }
  | { readonly status: 'refused'; readonly violations: readonly RowViolation[] };

/** @throws AergoError AERGO_IMPORT_NOT_NORMAL, AERGO_TABLE_UNKNOWN */
export async function setRows(host: EngineHost, block: Block, changes: readonly RowWrite[]): Promise<ChangeOutcome> {
  await host.ready();
  block.last = { steps: 0, savepoint: false };
  const violations = await host.request('changeRows', { changes });
  if (violations.length > 0) return { status: 'refused', violations };
  block.steps.push({ kind: 'rows', writes: changes });
  block.last = { steps: 1, savepoint: true };
  return { status: 'ok' };
}
