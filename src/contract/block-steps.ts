/**
 * What has been done in a block so far, so that it can be done again in a new engine when the old one is lost, and be taken
 * back when part of it is committed already.
 */
import type { EngineThread } from './engine-thread.ts';
import type { RowMove } from './materialiser.ts';
import type { RowWrite } from './net-changes.ts';
import type { InstallRequest } from './worker-messages.ts';

export type BlockStep =
  | { readonly kind: 'rows'; readonly writes: readonly RowWrite[] }
  | { readonly kind: 'import'; readonly table: string; readonly lines: readonly string[] }
  | ({ readonly kind: 'deploy' } & InstallRequest);

/** Does the steps again, in an engine that stands where the block began. */
export async function repeatSteps(request: EngineThread['request'], steps: readonly BlockStep[]): Promise<void> {
  for (const step of steps) {
    if (step.kind === 'deploy') await request('install', step);
    else if (step.kind === 'import') await request('load', step);
    else await move(request, step.writes, 'forward');
  }
}

/** Takes the steps back, the last first. A deployment cannot be taken back so: `canTakeBack` says it before. */
export async function takeBack(request: EngineThread['request'], steps: readonly BlockStep[]): Promise<void> {
  for (const step of [...steps].reverse()) {
    if (step.kind === 'import')
      await request('change', {
        table: step.table,
        moves: step.lines.map((line) => ({ before: line, after: null })),
      });
    else if (step.kind === 'rows') await move(request, step.writes, 'backward');
  }
}

/** Whether the steps can be taken back by changing rows. */
export function canTakeBack(steps: readonly BlockStep[]): boolean {
  return steps.every((step) => step.kind !== 'deploy');
}

type Direction = 'forward' | 'backward';

/** Writes of one step are of several calls, in order: of one row only where it began and where it ended count. */
async function move(
  request: EngineThread['request'],
  writes: readonly RowWrite[],
  direction: Direction,
): Promise<void> {
  const tables = new Map<string, Map<string, RowMove>>();
  for (const { table, name, before, after } of writes) {
    const rows = tables.get(table) ?? new Map<string, RowMove>();
    tables.set(table, rows);
    const earlier = rows.get(name);
    rows.set(name, { before: earlier === undefined ? before : earlier.before, after });
  }
  for (const [table, rows] of tables) {
    const net = [...rows.values()].filter(({ before, after }) => before !== after);
    const moves = direction === 'forward' ? net : net.map(({ before, after }) => ({ before: after, after: before }));
    if (moves.length > 0) await request('change', { table, moves });
  }
}
