/**
 * Rows as each transaction of a block left them: a block holds its result alone, so what stands between is had by running its
 * transactions again on the parent's state.
 */
import type { Engine } from '../contract/engine.ts';
import { AergoError, type ErrorCode } from '../errors.ts';
import { ObjectBuffer } from '../object/source.ts';
import type { Rights } from './authority.ts';
import type { BlockId } from './block.ts';
import { boundBranch } from './header.ts';
import type { RowReference } from './receipt.ts';
import type { RowWalkContext } from './row-walk.ts';
import { probe, type StageContext } from './stage.ts';
import type { SignedTransaction, TransactionId } from './transaction.ts';
import { type RowKey, rowKey, type WrittenRow } from './writers.ts';

export interface RerunContext extends RowWalkContext {
  /** Of the version that the block names. */
  readonly rights: Rights;
  readonly engine: Engine;
  readonly reverted: StageContext['reverted'];
}

/** A row as a transaction left it. */
export interface RowAfter {
  readonly signed: SignedTransaction;
  /** Null: there was no such row any more. */
  readonly line: string | null;
}

/** What only says that this machine does not come to an end with the run now. */
const undecided: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'AERGO_CONTRACT_DEADLINE',
  'AERGO_ENGINE_FAILED',
  'AERGO_MACHINE_BUSY',
]);

/**
 * The rows as each of their writers left them, in the block's order. The engine is moved to the block's parent, and keeps
 * nothing of the run.
 * @param writers the rows to look at, each with the transactions that may have written it (`writersInBlock`)
 * @returns undefined where the run does not come to an end on this machine
 */
export async function rowsDuringBlock(
  context: RerunContext,
  block: BlockId,
  writers: ReadonlyMap<RowKey, WrittenRow>,
): Promise<Map<RowKey, RowAfter[]> | undefined> {
  const { reader, history, cache, rights, engine, reverted } = context;
  const { header, commit } = reader.block(block);
  const [parent] = commit.parents;
  if (parent === undefined || header.kind === 'genesis') return new Map();
  const rowsOf = new Map<TransactionId, RowReference[]>();
  for (const { row, by } of writers.values()) {
    for (const { id } of by) {
      const rows = rowsOf.get(id);
      if (rows === undefined) rowsOf.set(id, [row]);
      else rows.push(row);
    }
  }
  const all = reader.transactions(block);
  const last = all.findLastIndex(({ id }) => rowsOf.has(id));
  const found = new Map<RowKey, RowAfter[]>([...writers.keys()].map((key) => [key, []]));
  const { height, time } = header;
  const staging = {
    engine,
    reader,
    history,
    cache,
    rights,
    reverted,
    buffer: new ObjectBuffer(reader.source),
    parentState: reader.block(parent).state,
    place: { kind: header.kind, bound: boundBranch(header), height, time, parents: commit.parents },
    observe: (signed: SignedTransaction, line: (table: string, name: string) => string | null) => {
      for (const [table, name] of rowsOf.get(signed.id) ?? [])
        found.get(rowKey(table, name))?.push({ signed, line: line(table, name) });
    },
  };
  // They took effect here: when and on which branch they may is not asked again.
  const candidates = all.slice(0, last + 1).map((signed) => ({ signed, past: true, leftBehind: true }));
  try {
    const outcomes = await probe(staging, candidates);
    return outcomes.every(({ receipt }) => receipt.status === 'applied') ? found : undefined;
  } catch (error) {
    if (error instanceof AergoError && undecided.has(error.code)) return undefined;
    throw error;
  }
}
