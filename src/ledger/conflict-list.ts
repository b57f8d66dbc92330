/**
 * What an agreed or a rows merge met: the list `conflicts` of its block, one line for each conflict in table and name order.
 * Frozen: docs/format.md, vectors in fixtures/format/.
 */
import { z } from 'zod';
import { canonicalJson, parseCanonicalJson } from '../crypto/canonical-json.ts';
import { AergoError } from '../errors.ts';
import { choiceSchema } from './transaction.ts';

const { key, row, table } = choiceSchema.shape;

export const settledConflictSchema = z.strictObject({
  base: row,
  by: z.enum(['contract', 'person']),
  key,
  ours: row,
  result: row,
  table,
  theirs: row,
});
/** A conflict and how it was settled: the row on either side and at the base, the row to have, and who decided. */
export type SettledConflict = z.infer<typeof settledConflictSchema>;

/** The same with rows as lines, LF included, as tables have them. */
export interface ConflictLines extends Pick<SettledConflict, 'by' | 'key' | 'table'> {
  readonly base: string | null;
  readonly ours: string | null;
  readonly theirs: string | null;
  readonly result: string | null;
}

/** The line of a conflict, without LF. A row's line is canonical JSON and stands in it as it is. */
export function encodeConflict({ base, by, key: texts, ours, result, table: name, theirs }: ConflictLines): string {
  const of = (line: string | null): string => (line === null ? 'null' : line.slice(0, -1));
  return `{"base":${of(base)},"by":"${by}","key":${canonicalJson(texts)},"ours":${of(ours)},"result":${of(result)},"table":"${name}","theirs":${of(theirs)}}`;
}

/** Throws `AERGO_BLOCK_INVALID`, `AERGO_JSON_NOT_CANONICAL`. */
export function decodeConflict(line: string): SettledConflict {
  const parsed = settledConflictSchema.safeParse(parseCanonicalJson(line));
  if (parsed.success) return parsed.data;
  throw new AergoError('AERGO_BLOCK_INVALID', 'a conflict of a merge block is not one', {
    details: { conflict: line.slice(0, 200) },
  });
}
