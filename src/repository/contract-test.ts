/** Tests of a contract on the rows of a revision. Nothing of them stays, and no key is needed. */
import type { ContractUnderTest, TestOutcome } from '../contract/contract-test.ts';
import type { RepositoryContext } from './context.ts';

export async function testAt(
  context: RepositoryContext,
  contract: ContractUnderTest,
  revision: string,
): Promise<TestOutcome[]> {
  const { id, header, state } = await context.blockAt(revision);
  const { testContract } = await import('../contract/contract-test.ts');
  const place = { source: context.store, state, height: header.height + 1, time: context.nextTime([id]) };
  return testContract(contract, place, context.options.clock);
}
