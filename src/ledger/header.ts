/**
 * `block.json`, a block's header. Frozen: docs/format.md, vectors in fixtures/format/.
 */
import { z } from 'zod';
import { isRefName } from './names.ts';
import { boundBranchSchema, oidSchema, startSchema, timeSchema } from './transaction.ts';

const countsSchema = z.strictObject({ applied: z.int().min(0), dropped: z.int().min(0), leftOut: z.int().min(0) });
export type Counts = z.infer<typeof countsSchema>;

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
const mergeSchema = z.strictObject({
  ...later,
  base: z.array(oidSchema).min(1),
  kind: z.literal('merge'),
  mode: z.literal('automatic'),
  options: z.strictObject({ dropChangedResults: z.literal(true).exactOptional() }),
  source: boundBranchSchema,
});

export const headerSchema = z.discriminatedUnion('kind', [genesisSchema, ordinarySchema, mergeSchema]);
export type BlockHeader = z.infer<typeof headerSchema>;
export type MergeHeader = z.infer<typeof mergeSchema>;

/** `branch:start`, what a transaction is bound to. */
export const boundBranch = (header: Pick<BlockHeader, 'branch' | 'start'>): string =>
  `${header.branch}:${header.start}`;
