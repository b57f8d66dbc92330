/**
 * A worker as the engine's, but for everything that stands before PostgreSQL: neither gate nor trampoline nor grants. Whatever
 * it is asked runs as the superuser.
 */
import { parentPort } from 'node:worker_threads';
import { Session, SqlFailure } from '../../src/contract/session.ts';
import type { WorkerAnswer, WorkerRequest } from '../../src/contract/worker-messages.ts';

let session: Session | undefined;

async function answer(request: WorkerRequest): Promise<WorkerAnswer> {
  const { id } = request;
  try {
    if (request.operation === 'open') session = await Session.open(request);
    if (request.operation === 'close') await session?.close();
    return { id, value: request.operation === 'query' ? session?.execute(request.sql).rows : null };
  } catch (error) {
    if (!(error instanceof SqlFailure))
      return { id, fault: { kind: 'broken', message: String(error), exhausted: undefined } };
    const { sqlstate, message, position } = error.server;
    return { id, fault: { kind: 'sql', sqlstate, message, position } };
  }
}

parentPort?.on('message', (request: WorkerRequest) => {
  void answer(request).then((said) => parentPort?.postMessage(said));
});
