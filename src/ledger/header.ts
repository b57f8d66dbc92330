/**
 * `block.json`, a block's header. Frozen: docs/format.md, vectors in fixtures/format/.
 */
import { z } from 'zod';
import { isContractName } from '../contract/names.ts';
import type { MergeLogic } from '../store/refs.ts';
import { isRefName } from './names.ts';
import { boundBranchSchema, oidSchema, startSchema, timeSchema } from './transaction.ts';

export type { MergeLogic } from '../store/refs.ts';

const count = z.int().min(0);
const countsSchema = z.strictObject({
  applied: count,
  /** In a merge row by row only: how many conflicts the block lists. */
  conflicts: count.exactOptional(),
  dropped: count,
  leftOut: count,
});
export type Counts = z.infer<typeof countsSchema>;

export const logicSchema = z.strictObject({
  contract: z.string().refine(isContractName),
  /** Public or private. */
  function: z.string().regex(/^_?[a-z][a-z0-9_]{0,47}$/),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
});
export const sameLogic = (a: MergeLogic | undefined, b: MergeLogic | undefined): boolean =>
  a?.contract === b?.contract && a?.function === b?.function && a?.hash === b?.hash;

const common = {
  branch: z.string().refine(isRefName),
  counts: countsSchema,
  format: z.literal(1),
  height: z.int().min(0),
  start: startSchema,
  time: timeSchema,
};
const later = {
  ...common,
  directory: oidSchema,
  height: z.int().min(1),
  logic: logicSchema.exactOptional(),
  repository: oidSchema,
};

const genesisSchema = z.strictObject({
  ...common,
  height: z.literal(0),
  kind: z.literal('genesis'),
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
});
const ordinarySchema = z.strictObject({ ...later, kind: z.literal('block') });
const mergeSchema = z
  .strictObject({
    ...later,
    base: z.array(oidSchema).min(1),
    kind: z.literal('merge'),
    mode: z.enum(['automatic', 'agreed', 'rows']),
    options: z.strictObject({
      dropChangedResults: z.literal(true).exactOptional(),
      pinned: z.literal(true).exactOptional(),
    }),
    source: boundBranchSchema,
  })
  .refine(({ mode, options }) => options.dropChangedResults === undefined || mode === 'automatic', {
    message: 'dropChangedResults is an option of automatic merges',
  })
  .refine(({ mode, options }) => options.pinned === undefined || mode === 'agreed', {
    message: 'pinned is an option of agreed merges',
  })
  .refine(({ mode, counts }) => (counts.conflicts === undefined) === (mode === 'automatic'), {
    message: 'conflicts are counted in agreed and rows merges',
  });

export const headerSchema = z.discriminatedUnion('kind', [genesisSchema, ordinarySchema, mergeSchema]);
export type BlockHeader = z.infer<typeof headerSchema>;
export type MergeHeader = z.infer<typeof mergeSchema>;
export type MergeMode = MergeHeader['mode'];

/** Whether a block is an agreed or a rows merge: one that took over rows, not transactions. */
export const isRowMerge = (header: BlockHeader): header is MergeHeader =>
  header.kind === 'merge' && header.mode !== 'automatic';

/** `branch:start`, what a transaction is bound to. */
export const boundBranch = (header: Pick<BlockHeader, 'branch' | 'start'>): string =>
  `${header.branch}:${header.start}`;

/** The logic that a merge follows: the source's, else that of the branch it is sealed on. */
export const logicOfMerge = (source: BlockHeader, own: MergeLogic | undefined): MergeLogic | undefined =>
  logicOf(source) ?? own;

/** The logic of the branch that a block was sealed on. */
export const logicOf = (header: BlockHeader): MergeLogic | undefined =>
  header.kind === 'genesis' ? undefined : header.logic;
