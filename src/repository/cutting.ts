/**
 * A copy that has only the newest part of its history (`clone --depth`): where it is cut, and what is verified of its blocks. The
 * store keeps where in refs of its own, so that a missing parent is told from a lost one.
 */
import type { BlockId, BlockReader } from '../ledger/block.ts';
import { isHistoryCut } from '../ledger/cut.ts';
import { checkApart, checkBlock, type VerifyContext } from '../ledger/verify.ts';
import { cutRefs, type RefUpdate } from '../store/refs.ts';
import type { RepositoryContext } from './context.ts';

/** The blocks of this copy whose parents are missing; none where its history is whole. */
export const cutOf = ({ store }: Pick<RepositoryContext, 'store'>): ReadonlySet<BlockId> =>
  new Set(store.cut().map(({ oid }) => oid));

/** A block that a copy begins with. */
export interface BlockPoint {
  readonly block: BlockId;
  readonly height: number;
}

/** Where the history of this copy begins, the highest first; nothing where it is whole. */
export function beginsOf({ store }: Pick<RepositoryContext, 'store'>): { readonly begins?: readonly BlockPoint[] } {
  const begins = store.cut().map(({ oid, height = 0 }) => ({ block: oid, height }));
  return begins.length === 0
    ? {}
    : { begins: begins.sort((a, b) => b.height - a.height || (a.block < b.block ? -1 : 1)) };
}

/** What moves the cut from where it is to these blocks. */
export function cutUpdates(
  context: RepositoryContext,
  reader: BlockReader,
  cut: ReadonlySet<BlockId>,
): readonly RefUpdate[] {
  const before = cutOf(context);
  const added = [...cut].filter((id) => !before.has(id));
  const gone = [...before].filter((id) => !cut.has(id));
  return [
    ...added.map((id) => ({ name: `${cutRefs}${id}`, old: null, new: id, height: reader.header(id).height })),
    ...gone.map((id) => ({ name: `${cutRefs}${id}`, old: id, new: null })),
  ];
}

/**
 * Verifies a block, with `rebuild` by running it again; one that cannot be judged without what is missing is taken by its
 * signatures and by what the directory lets its makers do.
 * @returns whether all of it was verified
 * @throws AergoError as `verify`
 */
export async function verifiedWhole(
  verify: VerifyContext,
  id: BlockId,
  rebuild: ((id: BlockId) => Promise<void>) | undefined,
): Promise<boolean> {
  try {
    await checkBlock(verify, id);
    await rebuild?.(id);
    return true;
  } catch (error) {
    if (!isHistoryCut(error)) throw error;
    await checkApart(verify, id);
    return false;
  }
}
