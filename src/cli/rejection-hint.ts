/** The next step for who was rejected by a contract: the row that the call was about, where one can be told. */
import { AergoError, shellWord } from '../errors.ts';
import type { Repository } from './face.ts';

interface Call {
  readonly contract: string;
  readonly args: readonly (string | null)[];
  readonly at: string | undefined;
}

const rejections: ReadonlySet<string> = new Set([
  'AERGO_CONTRACT_REJECTED',
  'AERGO_CONTRACT_FAILED',
  'AERGO_CONSTRAINT',
]);

/** Runs the call; a rejection gets a better hint where a row can be told: `aergo get bank.accounts alice`. */
export async function withRejectionHint<T>(repository: Repository, call: Call, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof AergoError)) throw error;
    if (error.code === 'AERGO_CONTRACT_UNKNOWN') throw await withContracts(repository, call, error);
    if (!rejections.has(error.code)) throw error;
    const place = await rowOfCall(repository, call);
    if (place === undefined) throw error;
    const { code, message, details, cause } = error;
    throw new AergoError(code, message, { hint: `${place}   (nothing was written)`, details, cause });
  }
}

/** The contracts that there are, for "did you mean". */
async function withContracts(repository: Repository, { at }: Call, error: AergoError): Promise<AergoError> {
  const candidates = (await repository.contracts(at)).map((contract) => contract.name);
  const { code, message, hint = 'aergo contract list', details, cause } = error;
  return new AergoError(code, message, { hint, details: { ...details, candidates }, cause });
}

/** The contract's first table with a row under the first arguments. */
async function rowOfCall(repository: Repository, { contract, args, at }: Call): Promise<string | undefined> {
  for (const table of await repository.tables(at)) {
    if (!table.startsWith(`${contract}.`)) continue;
    const { key: keyColumns } = await repository.schema(table, at);
    const key = args.slice(0, keyColumns.length).filter((argument) => argument !== null);
    if (key.length < keyColumns.length || (await rowOrNone(repository, table, key, at)) === undefined) continue;
    return ['aergo get', table, ...key.map(shellWord)].join(' ');
  }
  return undefined;
}

/** An argument that cannot be a key of that table is no row of it. */
async function rowOrNone(repository: Repository, table: string, key: readonly string[], at: string | undefined) {
  try {
    return await repository.get(table, key, at);
  } catch (error) {
    if (error instanceof AergoError && error.code !== 'AERGO_STORE_DAMAGED') return undefined;
    throw error;
  }
}
