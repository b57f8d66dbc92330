// TEMPORARY: the face's types until src/repository.ts is there.
import type { KeyId, SigningKey } from '../crypto/key.ts';
import type { Receipt } from '../ledger/receipt.ts';
import type { Transaction, TransactionId } from '../ledger/transaction.ts';
import type { Oid } from '../object/oid.ts';
export type BlockId = Oid;
export interface BlockSummary {
  id: BlockId;
  height: number;
  branch: string;
  start: string;
  kind: 'genesis' | 'block' | 'merge';
  time: number;
  sealer: KeyId;
  counts: { applied: number; dropped: number; leftOut: number };
  parents: BlockId[];
  subject: string;
  source?: string;
  mode?: 'automatic';
  transactions: TransactionId[];
}
export type { Receipt, Transaction, TransactionId };
export interface Sealed {
  block: BlockSummary;
  transaction: TransactionId;
  receipt: Receipt;
}
export interface DryRun {
  block?: undefined;
  transaction: TransactionId;
  receipt: Receipt;
  rows: { table: string; key: string[]; before?: RowValues; after?: RowValues }[];
}
export interface Progress {
  phase: string;
  done: number;
  total?: number;
  unit: string;
}
export type RowValues = Record<string, string | null>;
export interface RepositoryOptions {
  clock: () => number;
  random: (bytes: number) => Uint8Array;
  holder: { pid: number; command: string; since: number };
  lockTimeout_ms: number;
  onProgress?: (p: Progress) => void;
}
export interface ContractInfo {
  name: string;
  author: KeyId;
  deploy: TransactionId;
  source: Oid;
  tables: string[];
  functions: { name: string; arguments: { name: string; type: string }[]; returns: string }[];
  types: string[];
  domains: string[];
  views: string[];
}
export interface TableSchema {
  columns: { name: string; type: string }[];
  key: string[];
}
export interface MergeResult {
  block?: BlockSummary;
  upToDate: boolean;
  mode: 'automatic';
  source: string;
  target: string;
  applied: Receipt[];
  changedResults: { tx: TransactionId; there: string | null; here: string | null }[];
  dropped: { receipt: Receipt; transaction: Transaction; cause?: DropCause }[];
  sealed: boolean;
}
export interface DropCause {
  kind: 'target' | 'pool';
  transaction: TransactionId;
  block?: BlockId;
  height?: number;
  branch?: string;
  rows?: [string, string][];
}
export declare class Repository {
  static init(
    directory: string,
    o: RepositoryOptions & { name?: string; key: SigningKey; visibility: 'public' | 'private'; description?: string },
  ): Promise<Repository>;
  static open(directory: string, o: RepositoryOptions): Promise<Repository>;
  static rebuild(directory: string, o: RepositoryOptions): Promise<unknown>;
  close(): Promise<void>;
  readonly id: BlockId;
  readonly head: { branch: string; block: BlockSummary };
  resolve(rev: string): BlockId;
  block(rev: string): BlockSummary;
  get(table: string, key: string[], at?: string): { row: RowValues; version: string } | undefined;
  tables(at?: string): string[];
  schema(table: string, at?: string): TableSchema;
  deploy(o: {
    name: string;
    source: string;
    key: SigningKey;
    sealer?: SigningKey;
    on?: string;
    dryRun?: boolean;
  }): Promise<(Sealed | DryRun) & { contract: ContractInfo }>;
  call(o: CallOptions): Promise<Sealed | DryRun>;
  submit(
    lines: AsyncIterable<string> | Iterable<string>,
    o: { key?: SigningKey; sealer: SigningKey; on?: string; blockSize?: number; dryRun?: boolean },
  ): Promise<SubmitResult>;
  importRows(o: {
    table: string;
    columns: string[];
    rows: AsyncIterable<(string | null)[]>;
    key: SigningKey;
    sealer?: SigningKey;
    on?: string;
  }): Promise<Sealed & { rows: number }>;
  merge(o: {
    source: string;
    into?: string;
    sealer: SigningKey;
    dryRun?: boolean;
    failOnDrop?: boolean;
    dropChangedResults?: boolean;
  }): Promise<MergeResult>;
  scan(table: string, at?: string): Iterable<{ name: string; row: RowValues; version: string }>;
  query(sql: string, at?: string): Promise<{ columns: { name: string; type: string }[]; rows: (string | null)[][] }>;
  log(o: { range?: string; limit?: number; all?: boolean; table?: string; key?: string[] }): Iterable<BlockSummary>;
  show(id: string): Shown;
  transaction(id: string): TransactionShown;
  receipt(
    id: string,
  ): Promise<{
    id: TransactionId;
    transaction: Transaction;
    receipts: { block: BlockSummary; receipt: Receipt; cause?: DropCause }[];
  }>;
  contracts(at?: string): ContractInfo[];
  contract(name: string, at?: string): ContractInfo & { text: string };
  branches(): { name: string; block: BlockSummary; start: string; current: boolean }[];
  createBranch(name: string, start?: string): Promise<{ name: string; block: BlockSummary }>;
  deleteBranch(name: string, o?: { force?: boolean }): Promise<unknown>;
  renameBranch(from: string, to: string): Promise<unknown>;
  switchTo(name: string): Promise<unknown>;
  snapshots(): { name: string; block: BlockSummary; tagger: KeyId; time: number }[];
  createSnapshot(name: string, rev: string, key: SigningKey): Promise<unknown>;
  deleteSnapshot(name: string): Promise<unknown>;
  diff(from: string, to: string, table?: string): Iterable<TableDifference>;
  verify(o: { rev?: string; fast?: boolean; onProgress?: (p: Progress) => void }): Promise<VerifyReport>;
  fsck(): Promise<FsckReport>;
  exportGit(
    directory: string,
    o: { bare?: boolean },
  ): Promise<{ branches: number; snapshots: number; objects: number; bytes: number }>;
  keys(): { id: KeyId; name?: string }[];
}
export interface CallOptions {
  contract: string;
  function: string;
  args: (string | null)[];
  key: SigningKey;
  sealer?: SigningKey;
  on?: string;
  base?: string;
  expect?: { table: string; key: string[]; version: string | null }[];
  expires?: number;
  merge?: false;
  dryRun?: boolean;
}
export interface SubmitResult {
  blocks: BlockSummary[];
  applied: { index: number; transaction: TransactionId; receipt: Receipt }[];
  rejected: { line: number; transaction?: TransactionId; error: { code: string; message: string; hint?: string } }[];
}
export interface TransactionShown {
  id: TransactionId;
  transaction: Transaction;
  receipts: { block: BlockSummary; receipt: Receipt }[];
}
export type Shown =
  | {
      kind: 'block';
      block: BlockSummary;
      transactions: { id: TransactionId; transaction: Transaction; receipt: Receipt }[];
      dropped: { receipt: Receipt; transaction?: Transaction }[];
    }
  | ({ kind: 'transaction' } & TransactionShown)
  | { kind: 'snapshot'; snapshot: { name: string; tagger: KeyId; time: number }; block: BlockSummary };
export interface RowDifference {
  key: string[];
  before?: RowValues;
  after?: RowValues;
}
export interface TableDifference {
  table: string;
  schemaChanged: boolean;
  rows: Iterable<RowDifference>;
}
export interface VerifyReport {
  branches: { name: string; blocks: number; merged: { branch: string; blocks: number }[] }[];
  blocks: number;
  transactions: number;
  fast: boolean;
}
export interface FsckReport {
  volumes: number;
  objects: number;
  bytes: number;
}
