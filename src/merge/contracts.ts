/**
 * Contracts in a merge row by row: each is one value. Changed on one side only, it is taken as it is there, with its tables;
 * changed differently on both, nothing can be merged (docs/merging.md).
 */
import { AergoError } from '../errors.ts';
import type { ObjectSource } from '../object/source.ts';
import { folders, stateParts } from '../state/state.ts';
import type { ThreeStates, ThreeTables } from '../state/three-way.ts';

/**
 * The contracts that the merge takes from theirs, in name order.
 * @throws AergoError AERGO_MERGE_CONTRACT_DIFFERS
 */
export function contractsOfTheirs(source: ObjectSource, { base, ours, theirs }: ThreeStates): string[] {
  const [before, here, there] = [base, ours, theirs].map((state) =>
    folders(source, stateParts(source, state).contracts),
  );
  const taken: string[] = [];
  for (const name of new Set([...(here?.keys() ?? []), ...(there?.keys() ?? [])])) {
    const [was, is, other] = [before, here, there].map((contracts) => contracts?.get(name)?.oid);
    if (is === other || other === was) continue;
    if (is !== was) throw contractDiffers(name);
    taken.push(name);
  }
  return taken.sort();
}

function contractDiffers(name: string): AergoError {
  return new AergoError('AERGO_MERGE_CONTRACT_DIFFERS', `contract ${name} was deployed on both sides, differently`, {
    hint: `deploy the same version of ${name} on both branches first`,
    details: { contract: name },
  });
}

/**
 * Whether the rows of a table that differs are merged one by one. They are not where its schema changed on one side: then
 * the other may not have changed any row, and the table is taken as it is.
 * @throws AergoError AERGO_MERGE_SCHEMA_DIFFERS
 */
export function mergesRows(tables: ThreeTables): boolean {
  const { table, base, ours, theirs } = tables;
  if (ours !== undefined && ours.schemaId === theirs?.schemaId) return true;
  const changedHere = ours?.schemaId !== base?.schemaId;
  const other = changedHere ? theirs : ours;
  if (other?.root.oid === base?.root.oid) return false;
  throw new AergoError('AERGO_MERGE_SCHEMA_DIFFERS', `one side changed the schema of ${table}, the other its rows`, {
    hint: `deploy the same version of ${table.slice(0, table.indexOf('.'))} on both branches first`,
    details: { table },
  });
}
