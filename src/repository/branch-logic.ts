/** The merge logic of a branch: its last block says it, and its ref while it has no block of its own. */
import { logicOf, type MergeLogic } from '../ledger/header.ts';
import { branchRef } from '../ledger/names.ts';
import type { BranchHead, RepositoryContext } from './context.ts';

export function branchLogic(context: RepositoryContext, { name, start, block }: BranchHead): MergeLogic | undefined {
  const header = context.reader.header(block);
  if (header.branch === name && header.start === start) return logicOf(header);
  return context.store.ref(branchRef(name))?.logic ?? logicOf(header);
}
