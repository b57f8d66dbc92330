/**
 * Deploys a contract in the block under way, over an existing one with a migration where its tables change.
 */
import type { Row } from '../state/row.ts';
import type { CallDeadline, CallFailure } from './call-outcome.ts';
import type { Block, EngineHost } from './engine-host.ts';
import { deadlineOf, ThreadLost } from './engine-thread.ts';
import { contractOf, limitIn, migrationOf } from './gate.ts';
import { keptTables } from './kept-tables.ts';
import type { ParsedContract } from './parsed-contract.ts';
import { addPiece, inNameOrder } from './row-pieces.ts';
import { rowsPerPiece } from './settings.ts';
import type { InstallOutcome, InstallRequest } from './worker-messages.ts';

/** What came of a deployment. */
export type DeployOutcome =
  | {
      readonly status: 'ok';
      readonly contract: ParsedContract;
      /** After a migration: the rows of every table of the contract by its bare name, in name order. */
      readonly rows?: ReadonlyMap<string, readonly Row[]>;
    }
  | (CallFailure & {
      /** The line of the statement that failed. */
      readonly line: number;
      /** It stands in the migration, not in the contract. */
      readonly inMigration: boolean;
    })
  | CallDeadline;

/** A migration to run as a contract is deployed: its text, and the transaction that brings it. */
export interface DeployMigration {
  readonly source: string;
  /** The transaction's id, in hexadecimal digits. */
  readonly id: string;
  /** The author's key id. */
  readonly author: string;
}

export interface Deployment {
  readonly name: string;
  readonly source: string;
  /** Needed where tables that are there change. */
  readonly migrate: DeployMigration | undefined;
}

/**
 * Notes the deployment in the block when it took effect.
 * @param deadline_ms processor time, the migration included
 * @throws AergoError AERGO_CONTRACT_REFUSED for a source that cannot be read, AERGO_CONTRACT_MIGRATION
 */
export async function deployContract(
  host: EngineHost,
  block: Block,
  { name, source, migrate }: Deployment,
  deadline_ms: number,
): Promise<DeployOutcome> {
  const before = host.contracts.get(name);
  const contract = await withinLimits(contractOf(source));
  if ('failure' in contract) return { ...contract.failure, inMigration: false };
  const migration =
    migrate === undefined || before === undefined ? undefined : await withinLimits(migrationOf(migrate.source, before));
  if (migration !== undefined && 'failure' in migration) return { ...migration.failure, inMigration: true };
  const request =
    migrate === undefined || migration === undefined
      ? { name, contract, kept: keptTables(name, before, contract) }
      : { name, contract, kept: [], migration: { ...migrate, ...migration } };
  const outcome = await install(host, request, deadline_ms);
  if (outcome.status === 'deadline') return outcome;
  if (outcome.status === 'failed') return { ...outcome.failure, line: outcome.line, inMigration: outcome.inMigration };
  block.steps.push({ kind: 'deploy', ...request });
  block.last = { steps: 1, savepoint: true };
  host.contracts.set(name, contract);
  if (request.migration === undefined) return { status: 'ok', contract };
  const rows = new Map<string, readonly Row[]>();
  for (const table of contract.tables) rows.set(table.name, await migratedRows(host, table.name));
  return { status: 'ok', contract, rows };
}

/** A source that was read, or the limit that it goes over: a verdict, as one that is met while it runs. */
async function withinLimits<Parsed extends object>(
  read: Promise<Parsed>,
): Promise<Parsed | { readonly failure: CallFailure & { readonly line: number } }> {
  try {
    return await read;
  } catch (error) {
    const limit = limitIn(error);
    if (limit === undefined) throw error;
    const { line, message } = limit;
    return { failure: { status: 'failed', cause: 'limit', sqlstate: '54000', message, raised: false, line } };
  }
}

async function install(
  host: EngineHost,
  request: InstallRequest,
  deadline_ms: number,
): Promise<InstallOutcome | CallDeadline> {
  const thread = await host.ready();
  try {
    return await thread.request('deploy', request, deadline_ms);
  } catch (error) {
    if (error instanceof ThreadLost) return deadlineOf(error);
    throw error;
  }
}

async function migratedRows(host: EngineHost, table: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (let more = true; more; ) {
    const piece = await host.request('migratedRows', { table, from: rows.length, count: rowsPerPiece });
    addPiece(rows, piece);
    more = piece.names.length === rowsPerPiece;
  }
  return inNameOrder(rows);
}

/** A contract is again what it was in the block before it was deployed last. */
export function forgetDeployment(host: EngineHost, block: Block, name: string): void {
  const earlier = block.steps.findLast((step) => step.kind === 'deploy' && step.name === name);
  const before = earlier?.kind === 'deploy' ? earlier.contract : block.contracts.get(name);
  if (before === undefined) host.contracts.delete(name);
  else host.contracts.set(name, before);
}
