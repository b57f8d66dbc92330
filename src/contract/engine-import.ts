/**
 * Imports: rows written as PostgreSQL writes them, before a block; and inserted whole, inside one. Both in pieces, so that
 * memory stays bounded.
 */
import type { Row } from '../state/row.ts';
import type { CallFailure } from './call-outcome.ts';
import type { Block, EngineHost } from './engine-host.ts';
import { addPiece, inNameOrder } from './row-pieces.ts';
import { rowsPerPiece } from './settings.ts';

export type ImportOutcome = { readonly status: 'ok' } | CallFailure;

type GivenRow = readonly (string | null)[];

export interface GivenRows {
  readonly table: string;
  /** The columns that each row gives, in order. */
  readonly columns: readonly string[];
  readonly rows: Iterable<GivenRow> | AsyncIterable<GivenRow>;
  /** What the clock says meanwhile, for defaults. */
  readonly time_ms: number;
}

/**
 * Fills defaults and generated columns and gives the rows in name order; nothing of them is kept.
 * @throws AergoError AERGO_IMPORT_INVALID naming row and column; AERGO_TABLE_UNKNOWN
 */
export async function normaliseRows(host: EngineHost, { table, columns, rows, time_ms }: GivenRows): Promise<Row[]> {
  await host.ready();
  const normalised: Row[] = [];
  let piece: GivenRow[] = [];
  let offset = 0;
  const send = async (): Promise<void> => {
    addPiece(normalised, await host.request('normalisePiece', { columns, rows: piece, offset }));
    offset += piece.length;
    piece = [];
  };
  await host.request('normaliseBegin', { table, time_ms });
  try {
    for await (const row of rows) {
      piece.push(row);
      if (piece.length >= rowsPerPiece) await send();
    }
    if (piece.length > 0) await send();
  } finally {
    if (host.usable) await host.request('normaliseEnd', {});
  }
  return inNameOrder(normalised);
}

/**
 * Inserts rows, all or none, with all constraints; notes them in the block when they are in.
 * @param lines as `normaliseRows` gives them
 * @throws AergoError AERGO_IMPORT_NOT_NORMAL for a line that PostgreSQL would write otherwise
 */
export async function insertRows(
  host: EngineHost,
  block: Block,
  table: string,
  lines: readonly string[],
): Promise<ImportOutcome> {
  await host.ready();
  block.last = { steps: 0, savepoint: false };
  await host.request('importBegin', { table });
  try {
    for (let at = 0; at < lines.length; at += rowsPerPiece) {
      await host.request('importPiece', { lines: lines.slice(at, at + rowsPerPiece) });
    }
  } catch (error) {
    if (host.usable) await host.request('importFailed', {});
    throw error;
  }
  const failure = await host.request('importEnd', {});
  if (failure !== null) return failure;
  block.steps.push({ kind: 'import', table, lines });
  return { status: 'ok' };
}
