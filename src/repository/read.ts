/** Reading: rows, contracts, blocks, transactions and differences, as of any block. Only SQL needs the engine. */
import type { ContractManifest } from '../contract/manifest.ts';
import type { QueryAnswer } from '../contract/worker-messages.ts';
import { AergoError } from '../errors.ts';
import type { BlockId } from '../ledger/block.ts';
import type { SettledConflict } from '../ledger/conflict-list.ts';
import { isRowMerge } from '../ledger/header.ts';
import { checkContractName, snapshotRef } from '../ledger/names.ts';
import { readSnapshot } from '../ledger/snapshot.ts';
import { contractInForce } from '../ledger/working-state.ts';
import type { Oid } from '../object/oid.ts';
import { keyOfName, nameOfKey } from '../state/name.ts';
import { decodeRow, type RowValues, rowVersion } from '../state/row.ts';
import type { TableSchema } from '../state/schema.ts';
import type { State } from '../state/state.ts';
import { diffStates, type TableDifference } from '../state/state-difference.ts';
import type { SnapshotView } from './branches.ts';
import type { RepositoryContext } from './context.ts';
import { findTransaction, type TransactionView, withNamings } from './transaction-view.ts';
import { type BlockSummary, summaryOf, type TransactionInBlock } from './views.ts';

/** A row with the version that `expect` takes. */
export interface RowView {
  readonly row: RowValues;
  readonly version: string;
}

export interface ContractInfo extends ContractManifest {
  readonly name: string;
  /** Blob id of the source in force. */
  readonly source: Oid;
}

/** A contract with its source, and the migration that came with it. */
export interface ContractText extends ContractInfo {
  readonly text: string;
  readonly migrate?: string;
}

function unknownTable(state: State, table: string): AergoError {
  const candidates = state.tables();
  return new AergoError('AERGO_TABLE_UNKNOWN', `there is no table ${JSON.stringify(table)}`, {
    hint: candidates.length === 0 ? 'aergo contract deploy makes tables' : `there are ${candidates.join(', ')}`,
    details: { table, candidates },
  });
}

export function schemaOf(state: State, table: string): TableSchema {
  const schema = state.table(table)?.schema;
  if (schema === undefined) throw unknownTable(state, table);
  return schema;
}

export async function tableSchema(context: RepositoryContext, table: string, at = '@'): Promise<TableSchema> {
  return schemaOf(await context.stateAt(at), table);
}

/** The name of the row with this key. Throws `AERGO_USAGE` where the key has more or fewer columns. */
export function nameOfRow(table: string, schema: TableSchema, key: readonly string[]): string {
  if (key.length === schema.key.length) return nameOfKey(schema, key);
  throw new AergoError(
    'AERGO_USAGE',
    `the key of ${table} has ${schema.key.length} columns (${schema.key.join(', ')}), ${key.length} given`,
  );
}

/** The row with this key, the key's columns in order; `undefined`: there is none. */
export async function getRow(
  context: RepositoryContext,
  table: string,
  key: readonly string[],
  at = '@',
): Promise<RowView | undefined> {
  const state = await context.stateAt(at);
  const line = state.readRow(table, nameOfRow(table, schemaOf(state, table), key));
  return line === undefined ? undefined : { row: decodeRow(line), version: rowVersion(line) };
}

/** All rows of a table, in the order of their keys. */
export async function* scanTable(context: RepositoryContext, table: string, at = '@'): AsyncGenerator<RowView> {
  const state = await context.stateAt(at);
  schemaOf(state, table);
  for (const { line } of state.scanRows(table)) yield { row: decodeRow(line), version: rowVersion(line) };
}

/** Runs one reading statement on the tables as of a revision. */
export async function querySql(context: RepositoryContext, sql: string, at = '@'): Promise<QueryAnswer> {
  const { header, state } = await context.blockAt(at);
  const engine = await context.engine();
  return engine.queryAt(context.store, state, sql, { time_ms: header.time });
}

export async function contractsAt(context: RepositoryContext, at = '@'): Promise<ContractInfo[]> {
  const state = await context.stateAt(at);
  return state.contracts().flatMap((name) => infoOf(state, name) ?? []);
}

function infoOf(state: State, name: string): ContractInfo | undefined {
  const contract = contractInForce(state, name);
  return contract === undefined ? undefined : { name, ...contract.manifest, source: contract.source };
}

/** A contract with the text of its source. Throws `AERGO_CONTRACT_UNKNOWN`. */
export async function contractAt(context: RepositoryContext, name: string, at = '@'): Promise<ContractText> {
  const state = await context.stateAt(at);
  const info = infoOf(state, checkContractName(name));
  if (info !== undefined) {
    const { source: text = '', migrate } = state.contract(name) ?? {};
    return { ...info, text, ...(migrate === undefined ? {} : { migrate }) };
  }
  throw new AergoError('AERGO_CONTRACT_UNKNOWN', `there is no contract ${name}`, {
    hint: 'aergo contract list',
    details: { contract: name, candidates: state.contracts() },
  });
}

export interface LogOptions {
  /** `REV`, or `REV1..REV2`: what the second has and the first has not. */
  readonly range?: string;
  /** From the heads of all branches, of remotes too; no range then. */
  readonly all?: boolean;
  readonly limit?: number;
  /** Only the branch's own chain, without the blocks that merges brought. */
  readonly firstParent?: boolean;
}

/** Blocks, newest first. */
export async function logBlocks(context: RepositoryContext, options: LogOptions): Promise<BlockSummary[]> {
  const blocks: BlockSummary[] = [];
  const ids =
    options.all === true
      ? context.history.reachable(allHeads(context))
      : await blocksInRange(context, options.range ?? '@', options.firstParent === true);
  for (const id of ids) {
    if (blocks.length === options.limit) break;
    blocks.push(summaryOf(context, id));
  }
  return blocks;
}

function allHeads(context: RepositoryContext): BlockId[] {
  const own = context.branchNames().map((name) => context.branch(name).block);
  return [...own, ...context.trackedBranches().map(({ block }) => block)];
}

/** The last block of `REV` or `REV1..REV2`, and which blocks the second has and the first has not. */
export async function blockRange(
  context: RepositoryContext,
  range: string,
): Promise<{ readonly head: BlockId; readonly only?: ReadonlySet<BlockId> }> {
  const [, from, to] = /^(.*?)\.\.(.*)$/s.exec(range) ?? [];
  const head = await context.resolve((to ?? range) || '@');
  if (from === undefined) return { head };
  return { head, only: new Set(context.history.compare(await context.resolve(from || '@'), head).onlyTheirs) };
}

async function blocksInRange(
  context: RepositoryContext,
  range: string,
  firstParent: boolean,
): Promise<Iterable<BlockId>> {
  const { history } = context;
  const { head, only } = await blockRange(context, range);
  if (only === undefined) return firstParent ? history.chainHere(head) : history.reachable([head]);
  return [...only].filter((id) => !firstParent || history.isOnChain(id, head));
}

export interface BlockView {
  readonly kind: 'block';
  readonly block: BlockSummary;
  readonly transactions: readonly TransactionInBlock[];
  /** In a merge block: what it dropped or left out; the transaction stands in a block of the source. */
  readonly dropped: readonly TransactionInBlock[];
  /** Of an agreed or a rows merge: what it met, and how that was settled. */
  readonly conflicts?: readonly SettledConflict[];
}

export type Shown =
  | BlockView
  | ({ readonly kind: 'transaction' } & TransactionView)
  | { readonly kind: 'snapshot'; readonly snapshot: SnapshotView; readonly block: BlockSummary };

/** Whatever an id or a name stands for: a snapshot, a block by any revision, or a transaction. */
export async function showId(context: RepositoryContext, id: string): Promise<Shown> {
  const ref = context.store.ref(snapshotRef(id.replace(/^tags\//, '')));
  if (ref !== undefined) {
    const { id: tag, name, block, tagger, time } = readSnapshot(context.store, ref.oid);
    const summary = summaryOf(context, block);
    return { kind: 'snapshot', snapshot: { id: tag, name, block: summary, tagger, time }, block: summary };
  }
  try {
    return await blockView(context, await context.resolve(id));
  } catch (error) {
    if (!(error instanceof AergoError) || error.code !== 'AERGO_REVISION_UNKNOWN') throw error;
    const transaction = await findTransaction(context, id);
    if (transaction === undefined) throw error;
    return { kind: 'transaction', ...(await withNamings(context, transaction)) };
  }
}

async function blockView(context: RepositoryContext, id: BlockId): Promise<BlockView> {
  const receipts = context.reader.receipts(id);
  const transactions = context.reader
    .transactions(id)
    .map((signed, index) => ({ id: signed.id, transaction: signed.transaction, receipt: receipts[index] }));
  const dropped: TransactionInBlock[] = [];
  for (const receipt of receipts.slice(transactions.length)) {
    const view = await findTransaction(context, receipt.tx);
    if (view !== undefined) dropped.push({ id: receipt.tx, transaction: view.transaction, receipt });
  }
  const whole = transactions.flatMap(({ receipt, ...rest }) => (receipt === undefined ? [] : [{ ...rest, receipt }]));
  const conflicts = isRowMerge(context.reader.header(id)) ? { conflicts: context.reader.conflicts(id) } : {};
  return { kind: 'block', block: summaryOf(context, id), transactions: whole, dropped, ...conflicts };
}

export interface RowDifference {
  readonly key: readonly string[];
  readonly before?: RowValues;
  readonly after?: RowValues;
}

/** A table that differs; its rows are read while they are walked. */
export interface TableView {
  readonly table: string;
  readonly schemaChanged: boolean;
  readonly rows: Iterable<RowDifference>;
}

export interface Difference {
  /** Contracts that are new, gone or deployed anew. */
  readonly contracts: readonly string[];
  readonly tables: Iterable<TableView>;
}

/** What differs between two revisions, in one table or in all. */
export async function differenceOf(
  context: RepositoryContext,
  from: string,
  to: string,
  table?: string,
): Promise<Difference> {
  const before = await context.stateAt(from);
  const after = await context.stateAt(to);
  if (table !== undefined && before.table(table) === undefined) schemaOf(after, table);
  const { contracts, tables } = diffStates(context.store, before.oid, after.oid, context.cache);
  return {
    contracts: table === undefined ? contracts : [],
    tables: {
      *[Symbol.iterator]() {
        for (const one of tables) if (table === undefined || one.table === table) yield tableView(one);
      },
    },
  };
}

/** A table's difference with keys and values read. */
export function tableView({ table, schemaChanged, before, after, changes }: TableDifference): TableView {
  const schema = (after ?? before)?.schema;
  return {
    table,
    schemaChanged,
    rows: {
      *[Symbol.iterator]() {
        for (const { name, ...lines } of changes) {
          yield {
            key: schema === undefined ? [name] : keyOfName(schema, name),
            ...(lines.before === undefined ? {} : { before: decodeRow(lines.before) }),
            ...(lines.after === undefined ? {} : { after: decodeRow(lines.after) }),
          };
        }
      },
    },
  };
}
