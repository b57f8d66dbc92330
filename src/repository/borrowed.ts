/** Opens a repository that a server on this machine may hold open, or be just opening. */
import type { Store } from '../store/store.ts';
import type { RepositoryContext, RepositoryOptions } from './context.ts';
import { openContext } from './init.ts';
import { borrow, type Loan } from './lending.ts';

/** An open repository, and what is ended when it is closed again. */
export interface Borrowed {
  readonly context: RepositoryContext;
  /** Undefined where nobody held it open. */
  readonly loan: Loan | undefined;
}

/**
 * @param open the store's way: as it is, or with its index made anew
 * @throws AergoError AERGO_NOT_A_REPOSITORY, AERGO_LOCKED, AERGO_FORMAT_NEWER, AERGO_STORE_DAMAGED
 */
export async function openBorrowed(
  directory: string,
  options: RepositoryOptions,
  open: typeof Store.open,
): Promise<Borrowed> {
  const loans: Loan[] = [];
  const ask = async (): Promise<void> => {
    const loan = loans.length > 0 ? undefined : await borrow(directory, options.lockTimeout_ms);
    if (loan !== undefined) loans.push(loan);
  };
  try {
    await ask();
    // Whoever is just opening it has the lock first, and lends it when it is open.
    const context = await openContext(directory, options, (at, store) => open(at, { ...store, onLocked: ask }));
    return { context, loan: loans[0] };
  } catch (error) {
    loans[0]?.end();
    throw error;
  }
}
