/**
 * Queries of persons: on the rows that the engine holds, or on those of another state, which it visits inside a SQL
 * transaction that is taken back. A state too far away is loaded into a spare engine in memory instead.
 */
import { AergoError } from '../errors.ts';
import type { Oid } from '../object/oid.ts';
import type { ObjectSource } from '../object/source.ts';
import { engineFiles } from './engine-description.ts';
import { EngineHost } from './engine-host.ts';
import { EnginePlace } from './engine-place.ts';
import { DeadlineMissed, StatementRefused, ThreadLost } from './engine-thread.ts';
import { distance, visitRows } from './move-rows.ts';
import type { QueryAnswer } from './worker-messages.ts';

export interface Query {
  readonly sql: string;
  readonly maxRows: number;
  readonly time_ms: number;
  /** Processor time that it may take. */
  readonly deadline_ms: number;
}

/** Rows that are written to visit a state, however few there are. */
const nearRows = 1_000;
/** Above this share of all rows, a spare engine is loaded. */
const nearShare = 0.05;

/** Runs a query on the rows that the engine holds. */
export async function runQuery(host: EngineHost, query: Query): Promise<QueryAnswer> {
  await host.ready();
  return ask(host, query, false);
}

/** Runs a query on the rows of a state; the engine stays where it stands, unless it stands nowhere. */
export async function runQueryAt(
  host: EngineHost,
  source: ObjectSource,
  state: Oid,
  query: Query,
): Promise<QueryAnswer> {
  await host.ready();
  const from = host.position;
  if (from === state) return ask(host, query, false);
  if (from === null || !source.has(from)) {
    await host.moveTo(source, state);
    return ask(host, query, false);
  }
  host.remember(source);
  const near = { thread: await host.ready(), contracts: new Map(host.contracts) };
  const limit = Math.max(nearRows, (await rowsHeld(host)) * nearShare);
  if ((await distance(near, source, from, state, limit)) > limit) return askSpare(source, state, query);
  try {
    await visitRows(near, source, from, state);
  } catch (error) {
    // Half moved: the SQL transaction dies with the thread.
    await near.thread.terminate();
    if (error instanceof AergoError) throw error;
    throw new AergoError('AERGO_ENGINE_FAILED', 'the SQL engine cannot hold this state', { cause: error });
  }
  return ask(host, query, true);
}

async function rowsHeld(host: EngineHost): Promise<number> {
  let rows = 0;
  for (const [name, { tables }] of host.contracts)
    for (const table of tables) rows += await host.request('count', { table: `${name}.${table.name}` });
  return rows;
}

async function askSpare(source: ObjectSource, state: Oid, query: Query): Promise<QueryAnswer> {
  const spare = new EngineHost(await EnginePlace.take(undefined, engineFiles().archive, 0));
  try {
    await spare.moveTo(source, state);
    return await ask(spare, query, false);
  } finally {
    await spare.close();
  }
}

async function ask(host: EngineHost, query: Query, moved: boolean): Promise<QueryAnswer> {
  const { sql, maxRows, time_ms, deadline_ms } = query;
  const thread = await host.ready();
  try {
    return await thread.request('query', { sql, maxRows, time_ms, moved }, deadline_ms);
  } catch (cause) {
    throw queryError(cause, deadline_ms);
  }
}

function queryError(cause: unknown, deadline_ms: number): unknown {
  if (cause instanceof DeadlineMissed && cause.exhausted !== 'memory')
    return new AergoError('AERGO_QUERY_DEADLINE', `the query took more than ${deadline_ms / 1000} s and was stopped`, {
      hint: 'ask for less, or by the columns of an index',
      cause,
    });
  if (cause instanceof ThreadLost) return new AergoError('AERGO_ENGINE_FAILED', 'the SQL engine failed', { cause });
  if (!(cause instanceof StatementRefused)) return cause;
  const details = { sqlstate: cause.sqlstate, position: cause.position };
  // insufficient_privilege: behind the gate, the reading role has the last word.
  return cause.sqlstate === '42501'
    ? new AergoError('AERGO_QUERY_REFUSED', `the query was refused: ${cause.message}`, {
        hint: 'a query reads the tables and views of contracts, and uses the functions that contracts may use',
        cause,
        details,
      })
    : new AergoError('AERGO_QUERY_FAILED', `the query failed: ${cause.message} (${cause.sqlstate})`, {
        cause,
        details,
      });
}
