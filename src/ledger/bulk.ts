/**
 * Deploys and imports: the two kinds that change a contract or a table as a whole. Each runs by itself between batches of
 * calls.
 */
import type { DeployOutcome, Engine } from '../contract/engine.ts';
import { encodeManifest, manifestOf } from '../contract/manifest.ts';
import { AergoError, exitCodes } from '../errors.ts';
import { objectId } from '../object/object.ts';
import type { Oid } from '../object/oid.ts';
import type { ObjectBuffer } from '../object/source.ts';
import { scanRows, type TableRoot } from '../state/table.ts';
import { engineFailed, type Refusal, refusal } from './refusal.ts';
import type { DeployTransaction, ImportTransaction, TransactionId } from './transaction.ts';
import type { WorkingState } from './working-state.ts';

/** The rows that it changed. */
interface Done {
  readonly rows: number;
}

/** Installs the contract in the engine and lays it over the working state; its tables keep the rows they have. */
export async function deployContract(
  engine: Engine,
  state: WorkingState,
  id: TransactionId,
  deploy: DeployTransaction,
): Promise<Done | Refusal> {
  const inForce = state.contract(deploy.contract);
  let outcome: DeployOutcome;
  try {
    outcome = await engine.deploy(deploy.contract, deploy.source);
  } catch (error) {
    // What the gate refuses, or what would need a migration.
    if (error instanceof AergoError && error.exitCode === exitCodes.rejected)
      return { code: 'contract-error', facts: {}, error };
    throw error;
  }
  if (outcome.status === 'failed') return engineFailed(deploy.contract, outcome);
  const manifest = manifestOf(outcome.contract, {
    author: inForce?.manifest.author ?? deploy.author,
    deploy: inForce?.manifest.deploy ?? id,
    replaces: deploy.replaces,
  });
  const tables = new Map(outcome.contract.tables.map(({ name, schema }) => [name, schema]));
  const source = objectId('blob', Buffer.from(deploy.source));
  state.deploy(
    deploy.contract,
    { source: deploy.source, manifest: encodeManifest(manifest), tables },
    { manifest, source },
  );
  return { rows: 0 };
}

/** The `data` of an import as the root of a table. */
export function dataRoot(buffer: ObjectBuffer, data: Oid): TableRoot {
  return { oid: data, mode: buffer.read(data).type === 'tree' ? '40000' : '100644' };
}

/** Inserts the rows of the import's data: all of them with every constraint, or none. */
export async function importRows(
  engine: Engine,
  buffer: ObjectBuffer,
  state: WorkingState,
  load: ImportTransaction,
  refusedBySnapshot: (rows: Iterable<{ table: string; name: string; line: null }>) => Refusal | undefined,
): Promise<Done | Refusal> {
  const { table } = load;
  const schema = state.schema(table);
  if (schema === undefined) throw new Error(`an import into ${table}, which was not there, was admitted`);
  const root = dataRoot(buffer, load.data);
  const data = { schema, root };
  const names = function* () {
    for (const { name } of scanRows(buffer, data)) yield { table, name, line: null };
  };
  const conflict = refusedBySnapshot(names());
  if (conflict !== undefined) return conflict;
  const rows = [...scanRows(buffer, data)];
  if (rows.length !== load.rows) {
    return refusal('contract-error', {
      code: 'AERGO_TRANSACTION_INVALID',
      message: `the import says ${load.rows} rows, its data has ${rows.length}`,
    });
  }
  const outcome = await engine.importRows(
    table,
    rows.map((row) => row.line),
  );
  if (outcome.status === 'failed') return engineFailed(table, outcome);
  if (state.isEmpty(table)) state.replaceRows(table, root);
  else for (const row of rows) state.write(table, row.name, row.line);
  return { rows: rows.length };
}
