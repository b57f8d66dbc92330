/**
 * The body of a request, received whole before anything is done about it: neither a repository nor the room for a pack waits
 * for a slow sender. What is short is held in memory, the rest in a nameless file, which ends with this process.
 */
import { close, createReadStream, openSync, unlinkSync, writeFile } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { AergoError } from '../errors.ts';
import { storeFault } from '../store/damage.ts';
import { requestTooLarge } from './request-body.ts';

/** Held of one request: a thousand of them are 64 MiB. */
const memory_bytes = 64 * 1024;

const closeFile = promisify(close);
/** Given a descriptor it goes on where the last write ended. */
const append = promisify(writeFile);

export class ReceivedBody {
  readonly #held: readonly Uint8Array[];
  readonly #file: number | undefined;

  private constructor(held: readonly Uint8Array[], file: number | undefined) {
    this.#held = held;
    this.#file = file;
  }

  /**
   * @param directory where a file can be, on the disk of the repository
   * @param limit_bytes of the body as it is sent
   * @throws AergoError AERGO_REQUEST_TOO_LARGE; AERGO_REQUEST_INVALID where it ends early; AERGO_STORE_FULL, AERGO_STORE_IO
   */
  static async receive(sent: Readable, directory: string, limit_bytes: number): Promise<ReceivedBody> {
    let held: Uint8Array[] = [];
    let held_bytes = 0;
    let total_bytes = 0;
    let file: number | undefined;
    try {
      for await (const bytes of readAll(sent)) {
        total_bytes += bytes.length;
        if (total_bytes > limit_bytes) throw requestTooLarge(limit_bytes);
        held.push(bytes);
        held_bytes += bytes.length;
        if (held_bytes <= memory_bytes) continue;
        file ??= openNameless(directory);
        await append(file, Buffer.concat(held, held_bytes)).catch((error: unknown) => {
          throw storeFault(error, 'receiving a request');
        });
        held = [];
        held_bytes = 0;
      }
      return new ReceivedBody(held, file);
    } catch (error) {
      if (file !== undefined) await closeFile(file);
      throw error;
    }
  }

  /** The bytes as they came. To be read once. */
  stream(): Readable {
    const file = this.#file;
    const held = this.#held;
    if (file === undefined) return Readable.from(held, { objectMode: false });
    return Readable.from(
      (async function* () {
        for await (const bytes of createReadStream('', { fd: file, start: 0, autoClose: false })) yield bytes;
        yield* held;
      })(),
      { objectMode: false },
    );
  }

  async close(): Promise<void> {
    if (this.#file !== undefined) await closeFile(this.#file);
  }
}

async function* readAll(sent: Readable): AsyncGenerator<Uint8Array, void> {
  try {
    for await (const bytes of sent) yield bytes;
  } catch (cause) {
    throw new AergoError('AERGO_REQUEST_INVALID', 'the body of the request ends early', { cause });
  }
}

function openNameless(directory: string): number {
  const path = join(directory, 'received');
  try {
    const file = openSync(path, 'w+');
    // Without a name from here on: the system takes it away when this process ends, however it ends.
    unlinkSync(path);
    return file;
  } catch (error) {
    throw storeFault(error, 'receiving a request');
  }
}
