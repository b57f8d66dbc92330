/** Running a deploy: the contract is installed in the engine and laid over the working state. */
import type { DeployOutcome, Engine } from '../contract/engine.ts';
import { encodeManifest, manifestOf } from '../contract/manifest.ts';
import { AergoError, exitCodes } from '../errors.ts';
import { objectId } from '../object/object.ts';
import { engineFailed, type Refusal } from './refusal.ts';
import type { DeployTransaction, TransactionId } from './transaction.ts';
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
