/** Which blocks changed a table, or one row of it: found by comparing each block with its first parent. */
import type { BlockSummary, Repository } from './face.ts';

export interface RowHistory {
  readonly table: string;
  /** The columns of a key, in order; none: any row of the table. */
  readonly key: readonly string[];
  readonly limit?: number;
}

export async function blocksThatChanged(
  repository: Repository,
  blocks: readonly BlockSummary[],
  { table, key, limit = Number.POSITIVE_INFINITY }: RowHistory,
): Promise<BlockSummary[]> {
  const found: BlockSummary[] = [];
  for (const block of blocks) {
    if (found.length >= limit) break;
    const [parent] = block.parents;
    if (parent !== undefined && (await differs(repository, parent, block.id, table, key))) found.push(block);
  }
  return found;
}

async function differs(
  repository: Repository,
  from: string,
  to: string,
  table: string,
  key: readonly string[],
): Promise<boolean> {
  // Before its contract was deployed there is no table to compare.
  if (!(await repository.tables(to)).includes(table)) return false;
  if (key.length > 0) {
    const before = (await repository.tables(from)).includes(table) ? await repository.get(table, key, from) : undefined;
    return before?.version !== (await repository.get(table, key, to))?.version;
  }
  for (const { schemaChanged, rows } of (await repository.diff(from, to, table)).tables) {
    if (schemaChanged) return true;
    for (const _row of rows) return true;
  }
  return false;
}
