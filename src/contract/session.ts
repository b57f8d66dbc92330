/**
 * One PGlite server and the only connection to it, inside the engine's worker. Every exchange is synchronous; an answer in
 * which a statement neither ended nor failed means that the server is broken (endless recursion leaves such answers) and is
 * never taken for an empty one.
 */
import { PGlite, protocol } from '@electric-sql/pglite';
import { type Answer, type AnswerColumn, readAnswer, type ServerError } from './backend-messages.ts';
import type { Exhausted } from './call-outcome.ts';
import type { EngineCode } from './engine-wasm.ts';
import { memory_bytes, startParameters } from './settings.ts';
import { removeTimeZones, zonesSql } from './time-zones.ts';

const { serialize } = protocol;

/** A statement failed as SQL: the session goes on. */
export class SqlFailure extends Error {
  readonly server: ServerError;
  constructor(server: ServerError) {
    super(`${server.message} (${server.sqlstate})`);
    this.server = server;
  }
}

/** The server cannot be trusted any more: throw the worker away. */
export class EngineBroken extends Error {
  /** What was used up, where that is known. */
  readonly exhausted: Exhausted | undefined;
  constructor(message: string, exhausted?: Exhausted) {
    super(message);
    this.exhausted = exhausted;
  }
}

interface MemoryDescriptor {
  readonly initial: number;
  readonly maximum?: number;
}
interface WebAssemblyOfNode {
  Memory: new (descriptor: MemoryDescriptor) => object;
}
const wasm: WebAssemblyOfNode = Reflect.get(globalThis, 'WebAssembly');
const { Memory } = wasm;

/** PGlite asks for memory that grows to 2 GiB; what asks for more than it gets here is told that there is none. */
function capMemory(): void {
  const most = memory_bytes / 65_536;
  wasm.Memory = class extends Memory {
    constructor(descriptor: MemoryDescriptor) {
      super({ ...descriptor, maximum: Math.min(descriptor.maximum ?? most, most) });
    }
  };
}

export interface SessionOptions {
  /** Where the data directory is kept; absent: in memory. */
  readonly directory?: string;
  /** The prepared data directory, a tar; needed where the directory is empty or absent. */
  readonly archive?: Uint8Array<ArrayBuffer>;
  /** PostgreSQL's WebAssembly, compiled already. */
  readonly code?: EngineCode;
}

export class Session {
  readonly #server: PGlite;
  readonly #prepared = new Map<string, string>();

  constructor(server: PGlite) {
    this.#server = server;
  }

  static async open(options: SessionOptions): Promise<Session> {
    capMemory();
    const server = await PGlite.create({
      ...(options.directory === undefined ? {} : { dataDir: options.directory }),
      ...(options.archive === undefined ? {} : { loadDataDir: new Blob([options.archive]) }),
      ...(options.code === undefined ? {} : { pgliteWasmModule: options.code }),
      startParams: startParameters(),
      initialMemory: 128 * 1024 * 1024,
    });
    removeTimeZones(server);
    const session = new Session(server);
    session.execute(zonesSql);
    return session;
  }

  /** Runs statements that take no parameter. @throws SqlFailure, EngineBroken */
  execute(sql: string): Answer {
    return this.#exchange([serialize.query(sql)], 1);
  }

  /** Runs one statement with parameters, given as PostgreSQL's text or null; prepared once for each text. */
  query(sql: string, values: readonly (string | null)[] = []): Answer {
    let name = this.#prepared.get(sql);
    if (name === undefined) {
      name = `s${this.#prepared.size}`;
      this.#exchange([serialize.parse({ name, text: sql }), serialize.sync()], 0);
      this.#prepared.set(sql, name);
    }
    return this.#exchange(
      [serialize.bind({ statement: name, values: [...values] }), serialize.execute({}), serialize.sync()],
      1,
    );
  }

  /** Forgets prepared statements: after names that they use got another meaning. */
  forget(): void {
    if (this.#prepared.size > 0) this.execute('DEALLOCATE ALL');
    this.#prepared.clear();
  }

  /** The columns that one statement would give; it does not run. @throws SqlFailure, EngineBroken */
  describe(sql: string): readonly AnswerColumn[] {
    const messages = [serialize.parse({ text: sql }), serialize.describe({ type: 'S' }), serialize.sync()];
    return this.#exchange(messages, 0).columns;
  }

  /** COPY … FROM STDIN with the data in PostgreSQL's text form. */
  copyIn(sql: string, data: Buffer): void {
    const messages = [serialize.query(sql)];
    // The whole is one exchange; slices keep each message's own copy small.
    for (let at = 0; at < data.length; at += 4_000_000) {
      const slice = data.subarray(at, at + 4_000_000);
      const own = new ArrayBuffer(slice.length);
      new Uint8Array(own).set(slice);
      messages.push(serialize.copyData(own));
    }
    messages.push(serialize.copyDone());
    this.#exchange(messages, 1);
  }

  /** COPY … TO STDOUT: the data in PostgreSQL's text form, one buffer a row. */
  copyOut(sql: string): Buffer[] {
    return this.#exchange([serialize.query(sql)], 1).copied;
  }

  async close(): Promise<void> {
    await this.#server.close();
  }

  #exchange(messages: readonly Uint8Array[], statements: number): Answer {
    const received: Buffer[] = [];
    let failure: unknown;
    // Synchronous until its first await, which comes after everything was received.
    void this.#server
      .execProtocolRawStream(
        messages.length === 1 && messages[0] !== undefined ? messages[0] : Buffer.concat(messages),
        {
          syncToFs: false,
          onRawData: (data) => {
            received.push(Buffer.from(data));
          },
        },
      )
      .catch((error: unknown) => {
        failure = error;
      });
    const answer = readAnswer(Buffer.concat(received));
    if (answer.error !== undefined) {
      if (answer.error.sqlstate.startsWith('XX')) throw new EngineBroken(answer.error.message);
      throw new SqlFailure(answer.error);
    }
    if (failure !== undefined || answer.completed < statements) throw new EngineBroken('the engine gave no answer');
    return answer;
  }
}
