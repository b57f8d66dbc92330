/**
 * Transactions that are signed anew for one that a merge dropped: its author gives them other conditions and names the
 * first one in `instead`. Of all that name the same one, and that one, at most one takes effect on a chain.
 */
import { AergoError } from '../errors.ts';
import type { Rights } from './authority.ts';
import type { BlockId, BlockReader } from './block.ts';
import { beforeTheCut } from './cut.ts';
import type { History } from './history.ts';
import type { SignedTransaction, TransactionId } from './transaction.ts';

/** What is the same for all transactions of which one may take effect. */
export const firstOf = ({ id, transaction }: SignedTransaction): TransactionId => transaction.instead ?? id;

/** A transaction as it stands in a block that applied it; every receipt of a merge has one. */
export async function findApplied(
  history: History,
  reader: BlockReader,
  id: TransactionId,
): Promise<SignedTransaction | undefined> {
  const applied = (await history.occurrences(id)).find((one) => one.status === 'applied');
  if (applied === undefined && history.isCut) throw beforeTheCut(id);
  return applied && reader.transactions(applied.block).find((one) => one.id === id);
}

export interface InsteadContext {
  readonly history: History;
  readonly reader: BlockReader;
  /** Of the directory version that is in force for the block: who stands for a key that was replaced. */
  readonly rights: Pick<Rights, 'standsFor'>;
}

/**
 * What is wrong with the `instead` of a transaction that an ordinary block on `parent` is to hold: it names the first one of
 * the same author, which, or one signed anew for it, a merge on this chain dropped or left out.
 */
export async function insteadFault(
  { history, reader, rights }: InsteadContext,
  signed: SignedTransaction,
  parent: BlockId,
): Promise<AergoError | undefined> {
  const { instead, author } = signed.transaction;
  if (instead === undefined) return undefined;
  const first = await findApplied(history, reader, instead);
  if (first === undefined) return fault(signed, 'names a transaction that is nowhere');
  if (first.transaction.instead !== undefined) {
    return fault(signed, `names one that was itself signed anew: name ${first.transaction.instead.slice(0, 7)}`);
  }
  if (!rights.standsFor(author, first.transaction.author))
    return fault(signed, `is not by the author of ${instead.slice(0, 7)}`);
  const anew = (await history.namings(instead)).filter((one) => one.how === 'instead');
  for (const id of new Set([instead, ...anew.map((one) => one.transaction)])) {
    if ((await history.standsIn(id, parent, 'dropped', 'left-out')) !== undefined) return undefined;
  }
  return fault(signed, `names ${instead.slice(0, 7)}, which no merge dropped here`);
}

function fault({ id, transaction }: SignedTransaction, what: string): AergoError {
  return new AergoError(
    'AERGO_INSTEAD_INVALID',
    `transaction ${id.slice(0, 7)} is signed in the stead of another and ${what}`,
    {
      hint: 'aergo resubmit signs a dropped transaction anew',
      details: { transaction: id, instead: transaction.instead },
    },
  );
}
