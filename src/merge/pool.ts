/**
 * The pool of an automatic merge: the transactions that the source has and the target has not (docs/merging.md). A pure
 * function of the two heads, so whoever verifies the merge gets the same pool.
 */
import { contractOf } from '../contract/gate.ts';
import { manifestOf } from '../contract/manifest.ts';
import { AergoError } from '../errors.ts';
import type { Candidate } from '../ledger/admission.ts';
import type { BlockId, BlockReader } from '../ledger/block.ts';
import { isRowMerge } from '../ledger/header.ts';
import type { History } from '../ledger/history.ts';
import type { SignedTransaction } from '../ledger/transaction.ts';
import { type ContractInForce, contractInForce } from '../ledger/working-state.ts';
import { objectId } from '../object/object.ts';
import type { TableSchema } from '../state/schema.ts';
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

/**
 * The pool of merging `source` into `target`, both heads.
 * @throws AergoError AERGO_AGREED_MERGE_IN_SOURCE where the source took over rows of blocks that the target has not
 */
export async function poolOf(reader: BlockReader, history: History, target: BlockId, source: BlockId): Promise<Pool> {
  const { blocks, bases } = ownBlocks(history, source, target);
  const candidates: Pool['candidates'][number][] = [];
  for (const block of blocks) {
    checkRowMerge(reader, history, block, target);
    for (const candidate of await appliedIn(reader, block)) {
      if ((await history.tookEffect(candidate.signed, target)) === undefined) candidates.push(candidate);
    }
  }
  return { bases, candidates };
}

/** Rows that a merge took over belong to no transaction of the source: they cannot be run again. */
function checkRowMerge(reader: BlockReader, history: History, block: BlockId, target: BlockId): void {
  const { header, commit } = reader.block(block);
  const [, merged] = commit.parents;
  if (!isRowMerge(header) || merged === undefined || history.isAncestor(merged, target)) return;
  const name = header.source.slice(0, header.source.lastIndexOf(':'));
  throw new AergoError(
    'AERGO_AGREED_MERGE_IN_SOURCE',
    `the source holds the ${header.mode} merge of ${name}, block ${block.slice(0, 7)}, whose rows no transaction can bring over`,
    { hint: `merge ${name} first, or this branch with --rows`, details: { block, merged, source: header.source } },
  );
}

/** What a block applied, each with its result and with its contract as it was where it ran. */
async function appliedIn(reader: BlockReader, from: BlockId): Promise<(Candidate & { from: BlockId })[]> {
  const transactions = reader.transactions(from);
  const receipts = reader.receipts(from);
  const contracts = new ContractsDuringBlock(reader, from, transactions);
  const candidates: (Candidate & { from: BlockId })[] = [];
  for (const [index, signed] of transactions.entries()) {
    const there = { ...(await contracts.at(signed, index)), result: receipts[index]?.result ?? null };
    candidates.push({ signed, from, there });
  }
  return candidates;
}

/** The contract that a transaction names, and of an import the table, as they were when it ran in its block. */
class ContractsDuringBlock {
  readonly #before: State;
  readonly #after: State;
  readonly #known = new Map<string, ContractInForce | undefined>();
  /** Where the block's deploys of a contract stand, in order. */
  readonly #deploys = new Map<string, number[]>();
  readonly #transactions: readonly SignedTransaction[];

  constructor(reader: BlockReader, block: BlockId, transactions: readonly SignedTransaction[]) {
    this.#transactions = transactions;
    this.#after = State.open(reader.source, reader.block(block).state);
    const [parent] = reader.block(block).commit.parents;
    this.#before = parent === undefined ? this.#after : State.open(reader.source, reader.block(parent).state);
    for (const [index, { transaction }] of transactions.entries()) {
      if (transaction.kind !== 'deploy') continue;
      const found = this.#deploys.get(transaction.contract) ?? [];
      this.#deploys.set(transaction.contract, [...found, index]);
    }
  }

  async at(
    signed: SignedTransaction,
    index: number,
  ): Promise<{ contract: ContractInForce | undefined; schema?: TableSchema | undefined }> {
    const { transaction } = signed;
    if (transaction.kind === 'resolve' || transaction.kind === 'revert') return { contract: undefined };
    if (transaction.kind !== 'import') return { contract: await this.#contract(transaction.contract, index) };
    const [name = ''] = transaction.table.split('.');
    const state = this.#lastDeployBefore(name, index) === undefined ? this.#before : this.#after;
    return { contract: await this.#contract(name, index), schema: state.table(transaction.table)?.schema };
  }

  #lastDeployBefore(name: string, index: number): number | undefined {
    return this.#deploys.get(name)?.findLast((at) => at < index);
  }

  async #contract(name: string, index: number): Promise<ContractInForce | undefined> {
    const deploy = this.#lastDeployBefore(name, index);
    if (deploy === undefined) return this.#ofState(this.#before, name);
    const after = this.#ofState(this.#after, name);
    const transaction = this.#transactions[deploy]?.transaction;
    if (deploy === this.#deploys.get(name)?.at(-1) || after === undefined || transaction?.kind !== 'deploy')
      return after;
    // Between two deploys of one block: the state has neither version; its functions follow from its source.
    const { author, deploy: first, replaces } = after.manifest;
    const manifest = manifestOf(await contractOf(transaction.source), { author, deploy: first, replaces });
    return { manifest, source: objectId('blob', Buffer.from(transaction.source)) };
  }

  #ofState(state: State, name: string): ContractInForce | undefined {
    const key = `${state.oid} ${name}`;
    if (!this.#known.has(key)) this.#known.set(key, contractInForce(state, name));
    return this.#known.get(key);
  }
}
