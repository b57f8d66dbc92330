/** A query that names a table which is not there gets the tables that are, for "did you mean". */
import { AergoError } from '../errors.ts';
import type { Repository } from './face.ts';

export async function withTableHint<T>(
  repository: Repository,
  at: string | undefined,
  run: () => Promise<T>,
): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const missing =
      error instanceof AergoError ? /relation "([^"]+)" does not exist/.exec(error.message)?.[1] : undefined;
    if (!(error instanceof AergoError) || missing === undefined) throw error;
    const candidates = await repository.tables(at);
    const { code, message, details, cause } = error;
    const hint =
      candidates.length === 0 ? 'aergo contract new bank --template bank' : `the tables are ${candidates.join(', ')}`;
    throw new AergoError(code, message, {
      hint: error.hint ?? hint,
      details: { ...details, table: missing, candidates },
      cause,
    });
  }
}
