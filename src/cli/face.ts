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
}
