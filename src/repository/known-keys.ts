/** The keys that stand in a repository, for Git's allowed-signers file and for `key export`. */
import type { KeyId } from '../crypto/key.ts';
import { membersOf } from '../directory/rights.ts';
import { listSnapshots } from './branches.ts';
import type { RepositoryContext } from './context.ts';

/** Members first, by name; then sealers, authors and taggers in the order in which they first appear, newest block first. */
export function knownKeys(context: RepositoryContext): { id: KeyId; name?: string }[] {
  const keys = new Map<KeyId, string | undefined>(
    membersOf(context.directoryVersion).map((member) => [member.key, member.name]),
  );
  const add = (id: KeyId): void => {
    if (!keys.has(id)) keys.set(id, undefined);
  };
  const heads = context.branchNames().map((name) => context.branch(name).block);
  for (const block of context.history.reachable(heads)) {
    add(context.reader.block(block).sealer);
    for (const { transaction } of context.reader.transactions(block)) add(transaction.author);
  }
  for (const snapshot of listSnapshots(context)) add(snapshot.tagger);
  return [...keys].map(([id, name]) => (name === undefined ? { id } : { id, name }));
}
