/**
 * Running a deploy: the contract is installed in the engine and laid over the working state; a migration's rows are written
 * as new trees, and counted by what they differ in from those before.
 */
import type { CallDeadline, DeployOutcome, Engine } from '../contract/engine.ts';
import { encodeManifest, manifestOf } from '../contract/manifest.ts';
import { AergoError, exitCodes } from '../errors.ts';
import { objectId } from '../object/object.ts';
import type { ObjectBuffer } from '../object/source.ts';
import type { RowChange } from '../state/difference.ts';
import { buildTable, diffTables, type NodeCache, type Table, type TableRoot } from '../state/table.ts';
import { engineFailed, type Refusal } from './refusal.ts';
import type { DeployTransaction, TransactionId } from './transaction.ts';
import type { WorkingState } from './working-state.ts';

/** The rows that it changed: those of a migration. */
interface Done {
  readonly rows: number;
}

/** What of a deploy transaction its run depends on. */
export type Deployment = Pick<DeployTransaction, 'author' | 'contract' | 'migrate' | 'replaces' | 'source'>;

/** Where a deployment runs. */
export interface DeployPlace {
  readonly engine: Engine;
  readonly buffer: ObjectBuffer;
  readonly cache: NodeCache;
  readonly state: WorkingState;
}

/** Installs the contract in the engine and lays it over the working state. A deadline is no verdict on it. */
export async function deployContract(
  { engine, buffer, cache, state }: DeployPlace,
  id: TransactionId,
  deploy: Deployment,
  refusedBySnapshot: (rows: Iterable<{ table: string; name: string; line: string | null }>) => Refusal | undefined,
): Promise<Done | Refusal | CallDeadline> {
  const { contract, source: text, migrate } = deploy;
  const inForce = state.contract(contract);
  let outcome: DeployOutcome;
  try {
    const migration = migrate === undefined ? undefined : { source: migrate, id, author: deploy.author };
    outcome = await engine.deploy(contract, text, migration);
  } catch (error) {
    // What cannot be read, or what would need another migration.
    if (error instanceof AergoError && error.exitCode === exitCodes.rejected)
      return { code: 'contract-error', facts: {}, error };
    throw error;
  }
  if (outcome.status === 'deadline') return outcome;
  if (outcome.status === 'failed') {
    const place = `${contract} (${outcome.inMigration ? 'migration, ' : ''}line ${outcome.line})`;
    return engineFailed(place, outcome);
  }
  const tables = new Map(outcome.contract.tables.map(({ name, schema }) => [name, schema]));
  const before = (inForce?.manifest.tables ?? []).map((table): [string, Table | undefined] => [
    table,
    state.table(`${contract}.${table}`),
  ]);
  const migrated = outcome.rows && rootsOf(buffer, outcome.rows);
  const changed = { tables: new Map(before), migrated, schemas: tables };
  const conflict = refusedBySnapshot(changesOf(buffer, cache, contract, changed));
  if (conflict !== undefined) {
    await engine.undo();
    return conflict;
  }
  let rows = 0;
  for (const _ of changesOf(buffer, cache, contract, changed)) rows += 1;
  const manifest = manifestOf(outcome.contract, {
    author: inForce?.manifest.author ?? deploy.author,
    deploy: inForce?.manifest.deploy ?? id,
    replaces: deploy.replaces,
  });
  const update = { source: text, manifest: encodeManifest(manifest), tables };
  state.deploy(
    contract,
    migrate === undefined ? update : { ...update, migrate },
    { manifest, source: objectId('blob', Buffer.from(text)) },
    migrated,
  );
  return { rows };
}

function rootsOf(
  buffer: ObjectBuffer,
  rows: NonNullable<Extract<DeployOutcome, { status: 'ok' }>['rows']>,
): Map<string, TableRoot> {
  return new Map([...rows].map(([table, all]) => [table, buildTable(buffer, all)]));
}

interface Changed {
  readonly tables: ReadonlyMap<string, Table | undefined>;
  readonly schemas: ReadonlyMap<string, Table['schema']>;
  readonly migrated: ReadonlyMap<string, TableRoot> | undefined;
}

/** Every row that the migration changed, of all tables before and after. */
function* changesOf(
  buffer: ObjectBuffer,
  cache: NodeCache,
  contract: string,
  { tables, schemas, migrated }: Changed,
): Iterable<{ table: string; name: string; line: string | null }> {
  if (migrated === undefined) return;
  for (const name of new Set([...tables.keys(), ...schemas.keys()])) {
    const schema = schemas.get(name);
    const root = migrated.get(name);
    const after = schema === undefined || root === undefined ? undefined : { schema, root };
    for (const change of diffTables(buffer, tables.get(name), after, cache))
      yield asWritten(`${contract}.${name}`, change);
  }
}

const asWritten = (
  table: string,
  { name, before }: RowChange,
): { table: string; name: string; line: string | null } => ({
  table,
  name,
  line: before ?? null,
});
