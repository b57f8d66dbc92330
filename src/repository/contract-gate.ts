/**
 * The gate in front of deployments: what is submitted is judged here, once, before it is staged. Merges and verification run
 * what was sealed without judging it anew, as the gate may be stricter by then.
 */
import type { DeployTransaction, Transaction } from '../ledger/transaction.ts';
import { objectId } from '../object/object.ts';
import type { Oid } from '../object/oid.ts';
import { type ObjectSource, readBlob } from '../object/source.ts';

export class DeploymentGate {
  readonly #store: ObjectSource;
  /** Sources that were judged: what a later deployment of the same submission may replace. */
  readonly #judged = new Map<Oid, string>();

  /** @param store where the sources are that are in force */
  constructor(store: ObjectSource) {
    this.#store = store;
  }

  /**
   * Judges the contract and the migration that a transaction brings; other transactions pass.
   * @throws AergoError AERGO_CONTRACT_REFUSED with all findings in its details
   */
  async judge(transaction: Transaction): Promise<void> {
    if (transaction.kind !== 'deploy') return;
    const { acceptContract, acceptMigration, contractOf } = await import('../contract/gate.ts');
    await acceptContract(transaction.source);
    this.#judged.set(objectId('blob', Buffer.from(transaction.source)), transaction.source);
    const replaced = this.#replaced(transaction);
    // Where the source to replace is not there, the transaction is refused for that when it is staged.
    if (transaction.migrate === undefined || replaced === undefined) return;
    await acceptMigration(transaction.migrate, await contractOf(replaced));
  }

  #replaced({ replaces }: DeployTransaction): string | undefined {
    if (replaces === null) return undefined;
    const judged = this.#judged.get(replaces);
    if (judged !== undefined || !this.#store.has(replaces)) return judged;
    return this.#store.read(replaces).type === 'blob'
      ? Buffer.from(readBlob(this.#store, replaces)).toString('utf8')
      : undefined;
  }
}
