/** An agreed or a rows merge built again from what its block says of itself: verification goes the way that made it. */

import { AergoError } from '../errors.ts';
import { boundBranch, logicOfMerge } from '../ledger/header.ts';
import type { VerifyContext } from '../ledger/verify.ts';
import { completeRowMerge, openRowMerge, type RowMergeContext } from './agreed.ts';

export function rowMergeRebuilder({
  reader,
  history,
  cache,
}: Pick<RowMergeContext, 'reader' | 'history' | 'cache'>): VerifyContext['rebuildRowMerge'] {
  return async ({ id, header, commit }, engine, buffer) => {
    const [target, source] = commit.parents;
    if (header.kind !== 'merge' || target === undefined || source === undefined)
      throw new AergoError('AERGO_INTERNAL', `block ${id} is no merge`);
    const block = { height: header.height, time_ms: header.time };
    const logic = logicOfMerge(reader.header(source), header.logic);
    const pinned = header.options.pinned === true;
    const request = { target, source, pinned, ...(logic === undefined ? {} : { logic }) };
    const open = await openRowMerge({ engine, reader, history, cache, buffer, block }, request);
    try {
      const staged = await completeRowMerge(open, reader.transactions(id), boundBranch(header));
      return { bases: open.bases, pinned: open.pinned, staged };
    } catch (error) {
      await open.merge.abandon();
      throw error;
    }
  };
}
