/**
 * `block.json`, a block's header. Frozen: docs/format.md, vectors in fixtures/format/.
 */
import { z } from 'zod';
import { isRefName } from './names.ts';
import { boundBranchSchema, oidSchema, startSchema, timeSchema } from './transaction.ts';

const count = z.int().min(0);
const countsSchema = z.strictObject({ applied: count, dropped: count, leftOut: count });
/** Of a merge row by row: also how many conflicts it lists. */
const rowMergeCountsSchema = z.strictObject({
  ...countsSchema.shape,
  conflicts: count,
  dropped: z.literal(0),
  leftOut: z.literal(0),
});
export type Counts = z.infer<typeof countsSchema> & { readonly conflicts?: number };

const common = {
  branch: z.string().refine(isRefName),
  counts: countsSchema,
  format: z.literal(1),
  height: z.int().min(0),
  start: startSchema,
  time: timeSchema,
};
const later = { ...common, directory: oidSchema, height: z.int().min(1), repository: oidSchema };

const genesisSchema = z.strictObject({
  ...common,
  height: z.literal(0),
  kind: z.literal('genesis'),
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
});
const ordinarySchema = z.strictObject({ ...later, kind: z.literal('block') });
const merge = {
  ...later,
  base: z.array(oidSchema).min(1),
  kind: z.literal('merge'),
  source: boundBranchSchema,
};
const rowMerge = { ...merge, counts: rowMergeCountsSchema };
const mergeSchema = z.discriminatedUnion('mode', [
  z.strictObject({
    ...merge,
    mode: z.literal('automatic'),
    options: z.strictObject({ dropChangedResults: z.literal(true).exactOptional() }),
  }),
  z.strictObject({
    ...rowMerge,
    mode: z.literal('agreed'),
    options: z.strictObject({ pinned: z.literal(true).exactOptional() }),
  }),
  z.strictObject({ ...rowMerge, mode: z.literal('rows'), options: z.strictObject({}) }),
]);

export const headerSchema = z.discriminatedUnion('kind', [genesisSchema, ordinarySchema, mergeSchema]);
export type BlockHeader = z.infer<typeof headerSchema>;
export type MergeHeader = z.infer<typeof mergeSchema>;
export type MergeMode = MergeHeader['mode'];
/** The header of a merge row by row: agreed, or with people deciding alone. */
export type RowMergeHeader = Exclude<MergeHeader, { mode: 'automatic' }>;

/** Whether a block is an agreed or a rows merge: one that took over rows, not transactions. */
export const isRowMerge = (header: BlockHeader): header is RowMergeHeader =>
  header.kind === 'merge' && header.mode !== 'automatic';

/** `branch:start`, what a transaction is bound to. */
export const boundBranch = (header: Pick<BlockHeader, 'branch' | 'start'>): string =>
  `${header.branch}:${header.start}`;
