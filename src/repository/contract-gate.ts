/**
 * The gate in front of deployments: what is submitted is judged here, once, before it is staged. Merges and verification run
 * what was sealed without judging it anew, as the gate may be stricter by then.
 */
import type { Transaction } from '../ledger/transaction.ts';

/**
 * Judges the contract that a transaction brings; others pass.
 * @throws AergoError AERGO_CONTRACT_REFUSED with all findings in its details
 */
export async function judgeDeployment(transaction: Transaction): Promise<void> {
  if (transaction.kind !== 'deploy') return;
  const { acceptContract } = await import('../contract/gate.ts');
  await acceptContract(transaction.source);
}
