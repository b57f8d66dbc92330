/**
 * What a deployment would change, seen beforehand: definitions by their sources, rows by running it in the engine and taking
 * it back. Needs no key, and writes nothing.
 */
import { type DefinitionDifference, differenceOfDefinitions } from '../contract/definition-difference.ts';
import type { ParsedContract } from '../contract/parsed-contract.ts';
import { parseKeyId } from '../crypto/key.ts';
import { AergoError } from '../errors.ts';
import { type Deployment, deployContract } from '../ledger/deploy-contract.ts';
import { checkContractName } from '../ledger/names.ts';
import type { TransactionId } from '../ledger/transaction.ts';
import { WorkingState } from '../ledger/working-state.ts';
import type { Oid } from '../object/oid.ts';
import { ObjectBuffer } from '../object/source.ts';
import type { TableSchema } from '../state/schema.ts';
import { diffStates } from '../state/state-difference.ts';
import type { RepositoryContext } from './context.ts';
import { type TableView, tableView } from './read.ts';

export interface ContractDifferenceOptions {
  readonly name: string;
  readonly source: string;
  readonly migrate?: string;
  /** A revision; the current block where absent. */
  readonly at?: string;
}

/** A table whose schema or rows would change, with the schema to show its rows by. */
export interface TableToChange extends TableView {
  readonly schema: TableSchema;
}

export interface ContractDifference {
  readonly name: string;
  /** There is no contract of this name. */
  readonly isNew: boolean;
  readonly definitions: readonly DefinitionDifference[];
  readonly tables: Iterable<TableToChange>;
  /** Why it could not be deployed so: a migration that is missing or fails, a constraint. */
  readonly refused?: AergoError;
}

/** @throws AergoError AERGO_CONTRACT_REFUSED by the gate, AERGO_CONTRACT_DEADLINE, AERGO_CONTRACT_UNKNOWN */
export async function contractDifference(
  context: RepositoryContext,
  { name: given, source, migrate, at = '@' }: ContractDifferenceOptions,
): Promise<ContractDifference> {
  const name = checkContractName(given);
  const { acceptContract, acceptMigration, contractOf } = await import('../contract/gate.ts');
  const after = await acceptContract(source);
  const { state, id } = await context.blockAt(at);
  const working = new WorkingState(new ObjectBuffer(context.store), state, context.cache);
  const inForce = working.contract(name);
  const text = (await context.stateAt(at)).contract(name)?.source;
  const before: ParsedContract | undefined = text === undefined ? undefined : await contractOf(text);
  if (migrate !== undefined) {
    if (before === undefined) throw new AergoError('AERGO_CONTRACT_UNKNOWN', `there is no contract ${name} to migrate`);
    await acceptMigration(migrate, before);
  }
  const deployment: Deployment = {
    author: parseKeyId(inForce?.manifest.author ?? `ed25519:${'A'.repeat(43)}`),
    contract: name,
    replaces: inForce?.source ?? null,
    source,
    ...(migrate === undefined ? {} : { migrate }),
  };
  const definitions = { name, isNew: before === undefined, definitions: differenceOfDefinitions(before, after) };
  const tried = await tryDeployment(context, { state, id }, deployment);
  if ('refused' in tried) return { ...definitions, tables: [], refused: tried.refused };
  const { buffer, result } = tried;
  return {
    ...definitions,
    tables: {
      *[Symbol.iterator]() {
        for (const table of diffStates(buffer, state, result, context.cache).tables) {
          const schema = (table.after ?? table.before)?.schema;
          if (schema !== undefined) yield { ...tableView(table), schema };
        }
      },
    },
  };
}

/** The state after the deployment, in a buffer; the engine is back where it was. */
async function tryDeployment(
  context: RepositoryContext,
  block: { readonly state: Oid; readonly id: Oid },
  deployment: Deployment,
): Promise<{ buffer: ObjectBuffer; result: Oid } | { refused: AergoError }> {
  const { cache, history, store } = context;
  const buffer = new ObjectBuffer(store);
  const state = new WorkingState(buffer, block.state, cache);
  const engine = await context.engine();
  await engine.moveTo(store, block.state);
  await engine.begin({ height: history.record(block.id).height + 1, time_ms: context.nextTime([block.id]) });
  try {
    const id = '0'.repeat(64) as TransactionId;
    const outcome = await deployContract({ engine, buffer, cache, state }, id, deployment, () => undefined);
    if ('status' in outcome)
      throw new AergoError('AERGO_CONTRACT_DEADLINE', 'the deployment takes longer than one may');
    if ('error' in outcome) return { refused: outcome.error };
    return { buffer, result: state.settle().state };
  } finally {
    await engine.abandon();
  }
}
