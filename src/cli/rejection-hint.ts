/** The next step for who was rejected by a contract: the row that the call was about, where one can be told. */
import { AergoError } from '../errors.ts';
import type { Repository } from './face.ts';

interface Call {
  readonly contract: string;
  readonly args: readonly (string | null)[];
  readonly at: string | undefined;
}

/** Runs the call; a rejection without a hint gets one: `aergo get bank.accounts alice`. */
export async function withRejectionHint<T>(repository: Repository, call: Call, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof AergoError && error.code === 'AERGO_CONTRACT_REJECTED')) throw error;
    const place = error.hint ?? rowOfCall(repository, call);
    const hint = place === undefined ? '(nothing was written)' : `${place}   (nothing was written)`;
    throw new AergoError(error.code, error.message, { hint, details: error.details, cause: error.cause });
  }
}

/** The contract's first table with a row under the first arguments. */
function rowOfCall(repository: Repository, { contract, args, at }: Call): string | undefined {
  for (const table of repository.tables(at)) {
    if (!table.startsWith(`${contract}.`)) continue;
    const key = args.slice(0, repository.schema(table, at).key.length).filter((argument) => argument !== null);
    if (key.length === 0 || repository.get(table, key, at) === undefined) continue;
    return ['aergo get', table, ...key.map(shellWord)].join(' ');
  }
  return undefined;
}

/** Quoted for a shell where it must be. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
