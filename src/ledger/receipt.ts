/**
 * Receipts: what became of each transaction in a block. Frozen: docs/format.md, vectors in fixtures/format/.
 * Only what every machine derives equally stands here: PostgreSQL's own message texts never do.
 */
import { z } from 'zod';
import { qualifiedTableSchema, rowVersionSchema, transactionIdSchema } from './transaction.ts';

/** Why a transaction was dropped from a merge (merge.md). */
export const dropCodes = [
  'author-not-allowed',
  'constraint',
  'contract-changed',
  'contract-error',
  'expectation-failed',
  'expired',
  'key-too-long',
  'limit',
  'not-for-merge',
  'not-in-effect',
  'result-changed',
  'snapshot-conflict',
] as const;
export type DropCode = (typeof dropCodes)[number];

/** A row by its table (`contract.table`) and its name (format.md, *Rows*). */
const rowReferenceSchema = z.tuple([qualifiedTableSchema, z.string()]);
export type RowReference = z.infer<typeof rowReferenceSchema>;

export const receiptSchema = z.strictObject({
  code: z.enum(dropCodes).exactOptional(),
  expected: rowVersionSchema.nullable().exactOptional(),
  found: rowVersionSchema.nullable().exactOptional(),
  message: z.string().exactOptional(),
  result: z.string().exactOptional(),
  row: rowReferenceSchema.exactOptional(),
  rows: z.int().min(0).exactOptional(),
  sqlstate: z
    .string()
    .regex(/^[0-9A-Z]{5}$/)
    .exactOptional(),
  status: z.enum(['applied', 'dropped', 'left-out']),
  tx: transactionIdSchema,
  writes: z.array(rowReferenceSchema).exactOptional(),
});
export type Receipt = z.infer<typeof receiptSchema>;
