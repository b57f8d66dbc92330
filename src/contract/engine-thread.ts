/**
 * The engine's worker thread as the engine sees it: requests with a deadline, one answer each. A thread that missed its
 * deadline, or whose server is broken, is terminated and says so for good.
 */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { AergoError, type ErrorCode, errorCodes } from '../errors.ts';
import type { CallDeadline, Exhausted } from './call-outcome.ts';
import { packageRoot } from './engine-description.ts';
import { engineLimits } from './settings.ts';
import type { WorkerAnswer, WorkerCalls, WorkerFault, WorkerOperation } from './worker-messages.ts';

/** The thread, or the server in it, cannot be used any more. */
export class ThreadLost extends Error {
  /** What the request used up, where that is why. */
  readonly exhausted: Exhausted | undefined;
  constructor(message: string, options: ErrorOptions & { readonly exhausted?: Exhausted | undefined } = {}) {
    super(message, options);
    this.exhausted = options.exhausted;
  }
}

/** What to tell of work that lost its thread: a machine's limit, never a verdict. */
export function deadlineOf(lost: ThreadLost): CallDeadline {
  return { status: 'deadline', exhausted: lost.exhausted ?? 'engine' };
}

/** The request did not end in time, or took too much memory; the thread is gone. */
export class DeadlineMissed extends ThreadLost {}

/** A statement failed as SQL, outside a call. */
export class StatementRefused extends Error {
  readonly sqlstate: string;
  readonly position: number | undefined;
  constructor(sqlstate: string, message: string, position: number | undefined) {
    super(message);
    this.sqlstate = sqlstate;
    this.position = position;
  }
}

/** Time between two looks at a request that has a deadline. */
const look_ms = 50;
/** By how much the process may grow during such a request; the server itself gets no more than `memory_bytes` (worker.ts). */
const growth_bytes = 1_536 * 1_048_576;

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** From source under Node 24 or vitest the worker is TypeScript too; a bundle has its own entry for it. */
function workerFile(): string {
  const own = import.meta.url.endsWith('.ts');
  return join(packageRoot(), ...(own ? ['src', 'contract', 'worker.ts'] : ['dist', 'src', 'contract', 'worker.js']));
}

export class EngineThread {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #next = 1;
  #lost: Error | undefined;

  /** @param file the worker's entry, for tests of what the thread itself holds back */
  constructor(file: string = workerFile()) {
    this.#worker = new Worker(file, {
      resourceLimits: { stackSizeMb: engineLimits.stack_megabytes },
      execArgv: [],
      stdout: false,
    });
    this.#worker.on('message', (answer: WorkerAnswer) => this.#settle(answer));
    this.#worker.on('error', (error) =>
      this.#fail(new ThreadLost(`the engine's thread failed: ${error.message}`, { cause: error })),
    );
    this.#worker.on('exit', () => this.#fail(new ThreadLost("the engine's thread has ended")));
    // An idle engine does not keep a program running; a request under way does.
    this.#worker.unref();
  }

  /** Whether requests can still be made. */
  get usable(): boolean {
    return this.#lost === undefined;
  }

  /**
   * @param deadline_ms time that it may take the processor; after it the thread is terminated; absent: none
   * @throws DeadlineMissed, ThreadLost, StatementRefused, and AergoErrors of the worker
   */
  async request<Name extends WorkerOperation>(
    operation: Name,
    request: WorkerCalls[Name]['request'],
    deadline_ms?: number,
  ): Promise<WorkerCalls[Name]['answer']> {
    if (this.#lost !== undefined) throw this.#lost;
    const id = this.#next++;
    this.#worker.ref();
    const watch = deadline_ms === undefined ? undefined : this.#watch(operation, deadline_ms);
    try {
      const value = await new Promise<unknown>((resolve, reject) => {
        this.#pending.set(id, { resolve, reject });
        this.#worker.postMessage({ ...request, id, operation });
      });
      return value as WorkerCalls[Name]['answer'];
    } finally {
      watch?.();
      if (this.#pending.size === 0) this.#worker.unref();
    }
  }

  /**
   * Terminates the thread when the deadline is over, or the process has grown too much. Time in which a crowded machine let
   * the process do nothing does not count, up to ten times the deadline: a slow machine is not a slow contract.
   * @returns ends the watch
   */
  #watch(operation: string, deadline_ms: number): () => void {
    const began = process.cpuUsage();
    const rss = process.memoryUsage.rss();
    let waited_ms = 0;
    const timer = setInterval(() => {
      waited_ms += look_ms;
      const { user, system } = process.cpuUsage(began);
      const late = (user + system) / 1000 >= deadline_ms || waited_ms >= 10 * deadline_ms;
      const large = process.memoryUsage.rss() - rss > growth_bytes;
      if (large) void this.terminate(new DeadlineMissed(`${operation} took too much memory`, { exhausted: 'memory' }));
      else if (late)
        void this.terminate(new DeadlineMissed(`${operation} took more than ${deadline_ms} ms`, { exhausted: 'time' }));
    }, look_ms);
    return () => clearInterval(timer);
  }

  /** Ends the thread, wherever it is; what is under way fails with `why`. */
  async terminate(why: Error = new ThreadLost('the engine is closed')): Promise<void> {
    this.#fail(why);
    await this.#worker.terminate();
  }

  #settle(answer: WorkerAnswer): void {
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if (!('fault' in answer)) {
      pending?.resolve(answer.value);
      return;
    }
    const error = errorOf(answer.fault);
    if (error instanceof ThreadLost) void this.terminate(error);
    pending?.reject(error);
  }

  #fail(error: Error): void {
    this.#lost ??= error;
    for (const pending of this.#pending.values()) pending.reject(this.#lost);
    this.#pending.clear();
  }
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}

function errorOf(fault: WorkerFault): Error {
  if (fault.kind === 'broken') return new ThreadLost(fault.message, { exhausted: fault.exhausted });
  if (fault.kind === 'sql') return new StatementRefused(fault.sqlstate, fault.message, fault.position);
  const code = isErrorCode(fault.code) ? fault.code : 'AERGO_INTERNAL';
  return new AergoError(code, fault.message, {
    details: fault.details,
    ...(fault.hint === undefined ? {} : { hint: fault.hint }),
  });
}
