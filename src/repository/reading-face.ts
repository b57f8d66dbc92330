/** The face of a repository, first part: what it is, and what can be read of it at any of its blocks. */
import type { ContractUnderTest, TestOutcome } from '../contract/contract-test.ts';
import type { KeyId } from '../crypto/key.ts';
import type { Visibility } from '../directory/files.ts';
import type { BlockId } from '../ledger/block.ts';
import type { Oid } from '../object/oid.ts';
import type { TableSchema } from '../state/schema.ts';
import type { Store } from '../store/store.ts';
import { type BlamedRow, blame } from './blame.ts';
import type { RepositoryContext } from './context.ts';
import { type ContractDifference, type ContractDifferenceOptions, contractDifference } from './contract-diff.ts';
import { testAt } from './contract-test.ts';
import { type BlockPoint, beginsOf } from './cutting.ts';
import { knownKeys } from './known-keys.ts';
import * as read from './read.ts';
import { type RowHistory, type RowHistoryOptions, rowHistory, type TableHistory, tableHistory } from './row-history.ts';
import { receiptView, type TransactionView, transactionView } from './transaction-view.ts';
import { type BlockSummary, summaryOf } from './views.ts';

export class ReadingFace {
  protected readonly context: RepositoryContext;

  protected constructor(context: RepositoryContext) {
    this.context = context;
  }

  /** The genesis block's id. */
  get id(): BlockId {
    return this.context.repositoryId;
  }

  get head(): { branch: string; block: BlockSummary } {
    const { name, block } = this.context.branch();
    return { branch: name, block: summaryOf(this.context, block) };
  }

  /** The id of the directory version in force. */
  get directoryVersion(): Oid {
    return this.context.directoryVersion.id;
  }

  get visibility(): Visibility {
    return this.context.directoryVersion.policy.visibility;
  }

  /** What opening repaired: the torn end of a write that was never acknowledged. */
  get opened(): Store['opened'] {
    return this.context.store.opened;
  }

  /** The blocks that this copy begins with, the highest first; none where its history is whole. */
  get begins(): readonly BlockPoint[] {
    return beginsOf(this.context).begins ?? [];
  }

  resolve(revision: string): Promise<BlockId> {
    return this.context.resolve(revision);
  }

  async block(revision: string): Promise<BlockSummary> {
    return summaryOf(this.context, await this.resolve(revision));
  }

  // Reading: `at` is a revision, the current head when left out.

  get(table: string, key: readonly string[], at?: string): Promise<read.RowView | undefined> {
    return read.getRow(this.context, table, key, at);
  }

  scan(table: string, at?: string): AsyncIterable<read.RowView> {
    return read.scanTable(this.context, table, at);
  }

  query(sql: string, at?: string): ReturnType<typeof read.querySql> {
    return read.querySql(this.context, sql, at);
  }

  log(options: read.LogOptions = {}): Promise<BlockSummary[]> {
    return read.logBlocks(this.context, options);
  }

  /** The blocks that changed a table, along the lines of descent that its rows came by. */
  tableLog(table: string, options: RowHistoryOptions = {}): Promise<TableHistory> {
    return tableHistory(this.context, table, options);
  }

  /** What became of a row, each change with who made it. */
  rowLog(table: string, key: readonly string[], options: RowHistoryOptions = {}): Promise<RowHistory> {
    return rowHistory(this.context, table, key, options);
  }

  show(id: string): Promise<read.Shown> {
    return read.showId(this.context, id);
  }

  transaction(prefix: string): Promise<TransactionView> {
    return transactionView(this.context, prefix);
  }

  /** A transaction with its receipts and the causes of its drops. */
  receipt(prefix: string): Promise<TransactionView> {
    return receiptView(this.context, prefix);
  }

  contracts(at?: string): Promise<read.ContractInfo[]> {
    return read.contractsAt(this.context, at);
  }

  contract(name: string, at?: string): Promise<read.ContractText> {
    return read.contractAt(this.context, name, at);
  }

  /** What a deployment would change: definitions, tables, rows. Throws why it could not be deployed. */
  contractDiff(options: ContractDifferenceOptions): Promise<ContractDifference> {
    return contractDifference(this.context, options);
  }

  /** Runs the tests of a contract, each on the rows of a revision that are given back as they were. */
  testContract(contract: ContractUnderTest, at = '@'): Promise<TestOutcome[]> {
    return testAt(this.context, contract, at);
  }

  async tables(at = '@'): Promise<string[]> {
    return (await this.context.stateAt(at)).tables();
  }

  /** A table's columns, key and definition. Throws `AERGO_TABLE_UNKNOWN`. */
  schema(table: string, at?: string): Promise<TableSchema> {
    return read.tableSchema(this.context, table, at);
  }

  diff(from: string, to: string, table?: string): Promise<read.Difference> {
    return read.differenceOf(this.context, from, to, table);
  }

  /** Who stands behind the values of a row, or with an empty key of all rows of a table, one by one. */
  blame(table: string, key: readonly string[], at?: string): AsyncGenerator<BlamedRow> {
    return blame(this.context, table, key, at);
  }

  /** Every key that stands in the repository: members, authors, sealers. */
  keys(): { id: KeyId; name?: string }[] {
    return knownKeys(this.context);
  }
}
