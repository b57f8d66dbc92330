/**
 * The entry of the engine's worker thread: holds PGlite, answers one request after the other, and keeps the thread's clock
 * at the block's time. It can be terminated at any moment; what it keeps on disk is a cache.
 */
import { parentPort } from 'node:worker_threads';
import { AergoError } from '../errors.ts';
import { Materialiser } from './materialiser.ts';
import { Disturbance, shiftMachine } from './perturbation.ts';
import { readQuery } from './read-query.ts';
import type { RowPiece } from './row-pieces.ts';
import { EngineBroken, Session, SqlFailure } from './session.ts';
import { normalisePiece, openStage } from './staging.ts';
import { testingSql } from './testing-sql.ts';
import { BlockTransaction } from './transaction.ts';
import type { WorkerAnswer, WorkerCalls, WorkerFault, WorkerOperation, WorkerRequest } from './worker-messages.ts';

/** The thread's time in milliseconds: PostgreSQL asks `Date.now`, so `now()` and all its kin are this value. */
let time_ms = 0;
Date.now = () => time_ms;

let opened: Materialiser | undefined;
let block: BlockTransaction | undefined;
let disturbance: Disturbance | undefined;
let normalising = '';

function materialiser(): Materialiser {
  if (opened === undefined) throw new AergoError('AERGO_INTERNAL', 'the engine is not open');
  return opened;
}

function current(): BlockTransaction {
  if (block === undefined) throw new AergoError('AERGO_INTERNAL', 'no block has begun');
  return block;
}

function sql(text: string): null {
  materialiser().session.execute(text);
  return null;
}

type Handlers = {
  [Name in WorkerOperation]: (
    request: WorkerCalls[Name]['request'],
  ) => WorkerCalls[Name]['answer'] | Promise<WorkerCalls[Name]['answer']>;
};

const handlers: Handlers = {
  async open({ perturbation, testing, ...place }) {
    if (perturbation !== undefined) shiftMachine(perturbation);
    const { sessionSql } = await import('./engine-sql.ts');
    const session = await Session.open(place);
    session.execute(sessionSql);
    if (testing === true) session.execute(testingSql);
    opened = new Materialiser(session, testing);
    if (perturbation !== undefined) disturbance = new Disturbance(opened, perturbation);
    return { position: opened.position(), contracts: [...opened.contracts()] };
  },
  moveBegin: () => sql('BEGIN'),
  install({ name, contract, kept, migration }) {
    materialiser().install(name, contract, kept, migration);
    return null;
  },
  drop({ name }) {
    materialiser().drop(name);
    return null;
  },
  load({ table, lines }) {
    materialiser().load(table, lines);
    return null;
  },
  empty({ table }) {
    materialiser().empty(table);
    return null;
  },
  count: ({ table }) => materialiser().count(table),
  change({ table, moves }) {
    materialiser().change(table, moves);
    return null;
  },
  moveEnd({ position }) {
    materialiser().setPosition(position);
    return sql('COMMIT');
  },
  begin(request) {
    time_ms = request.time_ms;
    disturbance?.disturb();
    block = new BlockTransaction(materialiser(), request.height);
    return null;
  },
  run: ({ calls }) => current().run(calls),
  undo() {
    current().undo();
    return null;
  },
  deploy: (request) => current().deploy(request),
  migratedRows: ({ table, from, count }) => current().migratedRows(table, from, count),
  changeRows: ({ changes }) => current().changeRows(changes),
  fitRows: ({ rows }) => current().fitRows(rows),
  answer: ({ questions }) => current().answer(questions),
  importBegin({ table }) {
    current().importBegin(table);
    return null;
  },
  importPiece({ lines }) {
    current().importPiece(lines);
    return null;
  },
  importEnd: () => current().importEnd(),
  importFailed() {
    current().importFailed();
    return null;
  },
  finish({ position }) {
    current().finish(position);
    block = undefined;
    return null;
  },
  abandon() {
    const whole = current().abandon();
    block = undefined;
    return whole;
  },
  normaliseBegin(request) {
    time_ms = request.time_ms;
    materialiser().schema(request.table);
    sql('BEGIN');
    openStage(materialiser(), request.table);
    normalising = request.table;
    return null;
  },
  normalisePiece: ({ columns, rows, offset }): RowPiece =>
    normalisePiece(materialiser(), normalising, columns, rows, offset),
  normaliseEnd: () => sql('ROLLBACK'),
  query({ sql: statement, maxRows, time_ms: now_ms, moved }) {
    time_ms = now_ms;
    if (!moved) sql('BEGIN');
    try {
      return readQuery(materialiser().session, statement, maxRows);
    } finally {
      sql('ROLLBACK');
      if (moved) materialiser().reload();
    }
  },
  maintain() {
    // Nobody else vacuums; and in single-user mode nobody else makes checkpoints, so the log would only grow.
    sql('VACUUM');
    return sql('CHECKPOINT');
  },
  async close() {
    await opened?.session.close();
    opened = undefined;
    return null;
  },
};

function faultOf(error: unknown): WorkerFault {
  if (error instanceof AergoError) {
    return { kind: 'aergo', code: error.code, message: error.message, hint: error.hint, details: error.details };
  }
  if (error instanceof SqlFailure) {
    return {
      kind: 'sql',
      sqlstate: error.server.sqlstate,
      message: error.server.message,
      position: error.server.position,
    };
  }
  return error instanceof EngineBroken
    ? { kind: 'broken', message: error.message, exhausted: error.exhausted }
    : { kind: 'broken', message: String(error), exhausted: undefined };
}

async function answer<Name extends WorkerOperation>(
  operation: Name,
  request: WorkerCalls[Name]['request'],
): Promise<unknown> {
  const handler: Handlers[Name] = handlers[operation];
  return await handler(request);
}

parentPort?.on('message', (request: WorkerRequest) => {
  answer(request.operation, request).then(
    (value) => parentPort?.postMessage({ id: request.id, value } satisfies WorkerAnswer),
    (error: unknown) => parentPort?.postMessage({ id: request.id, fault: faultOf(error) } satisfies WorkerAnswer),
  );
});
