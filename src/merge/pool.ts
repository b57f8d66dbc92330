/**
 * The pool of an automatic merge: the transactions that the source has and the target has not (docs/merging.md). A pure
 * function of the two heads, so whoever verifies the merge gets the same pool.
 */
import type { Candidate } from '../ledger/admission.ts';
import type { BlockId, BlockReader } from '../ledger/block.ts';
import type { History } from '../ledger/history.ts';
import type { SignedTransaction } from '../ledger/transaction.ts';
import { type ContractInForce, contractInForce } from '../ledger/working-state.ts';
import { State } from '../state/state.ts';

export interface Pool {
  /** The best common ancestors, in byte order. */
  readonly bases: readonly BlockId[];
  /** Oldest first; without those that have taken effect on the target. */
  readonly candidates: readonly (Candidate & { readonly from: BlockId })[];
}

/** The blocks on `head`'s first-parent chain that `other` does not contain, oldest first. */
export function ownBlocks(history: History, head: BlockId, other: BlockId): { blocks: BlockId[]; bases: BlockId[] } {
  const { onlyTheirs, bases } = history.compare(other, head);
  const own = new Set(onlyTheirs);
  const blocks: BlockId[] = [];
  for (const id of history.chain(head)) {
    if (!own.has(id)) break;
    blocks.push(id);
  }
  return { blocks: blocks.reverse(), bases };
}

/** The pool of merging `source` into `target`, both heads. */
export async function poolOf(reader: BlockReader, history: History, target: BlockId, source: BlockId): Promise<Pool> {
  const { blocks, bases } = ownBlocks(history, source, target);
  const candidates: Pool['candidates'][number][] = [];
  for (const candidate of blocks.flatMap((block) => appliedIn(reader, block))) {
    if ((await history.standsIn(candidate.signed.id, target, 'applied')) === undefined) candidates.push(candidate);
  }
  return { bases, candidates };
}

/** What a block applied, each with its result and with its contract as it was where it ran. */
function appliedIn(reader: BlockReader, from: BlockId): (Candidate & { from: BlockId })[] {
  const transactions = reader.transactions(from);
  const receipts = reader.receipts(from);
  const contractWhere = contractsDuring(reader, from, transactions);
  return transactions.map((signed, index) => ({
    signed,
    from,
    there: { contract: contractWhere(contractOf(signed), index), result: receipts[index]?.result ?? null },
  }));
}

function contractOf({ transaction }: SignedTransaction): string {
  return transaction.kind === 'import' ? (transaction.table.split('.')[0] ?? '') : transaction.contract;
}

/** A contract as it was when the transaction at an index ran: before a deploy in the same block, the parent's. */
function contractsDuring(reader: BlockReader, block: BlockId, transactions: readonly SignedTransaction[]) {
  const after = State.open(reader.source, reader.block(block).state);
  const [parent] = reader.block(block).commit.parents;
  const before = parent === undefined ? after : State.open(reader.source, reader.block(parent).state);
  const lastDeploy = new Map<string, number>();
  for (const [index, { transaction }] of transactions.entries())
    if (transaction.kind === 'deploy') lastDeploy.set(transaction.contract, index);
  const known = new Map<string, ContractInForce | undefined>();
  const inForce = (state: State, name: string): ContractInForce | undefined => {
    const key = `${state.oid} ${name}`;
    if (!known.has(key)) known.set(key, contractInForce(state, name));
    return known.get(key);
  };
  return (name: string, index: number): ContractInForce | undefined => {
    const deployedLater = (lastDeploy.get(name) ?? -1) > index;
    return inForce(deployedLater ? before : after, name);
  };
}
