/**
 * A zlib stream of known size out of the bytes that come, where only zlib knows at which byte it ends: at once from what is
 * held, or piece by piece in zlib's own threads. Either gives exactly the size, and never inflates further.
 */
import { createInflate, inflateSync } from 'node:zlib';
import { AergoError } from '../errors.ts';
import type { ByteReader } from './byte-reader.ts';
import { packInvalid } from './pack-fault.ts';

const piece_bytes = 64 * 1024;
const wrongSize = (cause?: unknown): AergoError =>
  packInvalid('the data of an entry do not inflate to the size in its header', cause);

// With `info`, Node gives the engine beside the output; its types leave that out.
interface Inflated {
  readonly buffer: Uint8Array;
  readonly engine: { readonly bytesWritten: number };
}

function isInflated(result: unknown): result is Inflated {
  return typeof result === 'object' && result !== null && 'engine' in result && 'buffer' in result;
}

/**
 * The data of the zlib stream at the beginning and how long it is; undefined when it does not end within these bytes.
 * @throws AergoError AERGO_PACK_INVALID for data that are damaged or of another size
 */
export function inflateHeld(bytes: Buffer, size: number): { body: Uint8Array; length: number } | undefined {
  let result: unknown;
  try {
    // One byte more than the size, so that a longer stream is seen and not cut, and never inflated further.
    const options = { info: true, maxOutputLength: size + 1, chunkSize: Math.max(64, Math.min(size + 1, 65_536)) };
    result = inflateSync(bytes, options);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'Z_BUF_ERROR') return undefined;
    throw wrongSize(error);
  }
  if (!isInflated(result)) throw new AergoError('AERGO_INTERNAL', 'this Node does not say where a zlib stream ends');
  if (result.buffer.length !== size) throw wrongSize();
  return { body: result.buffer, length: result.engine.bytesWritten };
}

/**
 * The data of the zlib stream that comes now, of any size.
 * @param most bytes that the stream itself may take
 * @param take is called with the lengths of what has been read, in their order, and consumes them
 * @throws AergoError AERGO_PACK_INVALID for data that are damaged, of another size, cut off, or take over `most` bytes
 */
export async function inflateStream(
  reader: ByteReader,
  size: number,
  most: number,
  take: (length: number) => void,
): Promise<Uint8Array> {
  const stream = createInflate({ chunkSize: piece_bytes });
  // Only what is written to becomes memory: a size that is only claimed costs nothing.
  const body = Buffer.allocUnsafeSlow(size);
  let filled = 0;
  let ended = false;
  const end = new Promise<void>((resolve, reject) => {
    stream.on('end', resolve).on('error', (error) => reject(wrongSize(error)));
  });
  // Met below by whichever piece is under way; until then it must not count as unhandled.
  end.then(
    () => (ended = true),
    () => undefined,
  );
  stream.on('data', (piece: Buffer) => {
    if (filled + piece.length > size) stream.destroy(new RangeError(`over ${size} bytes`));
    else filled += piece.copy(body, filled);
  });
  try {
    for (let taken = 0; !ended; ) {
      if (taken > most) throw packInvalid('the data of an entry take far more bytes than they give');
      if (!(await reader.ensure(1))) throw packInvalid('the pack ends inside an entry');
      const piece = reader.held.subarray(0, piece_bytes);
      // Behind the stream's end zlib takes nothing any more, and never says that it has taken the piece.
      const written = new Promise<void>((resolve, reject) => {
        stream.write(piece, (error) => (error instanceof Error ? reject(wrongSize(error)) : resolve()));
      });
      await Promise.race([written, end]);
      take(stream.bytesWritten - taken);
      taken = stream.bytesWritten;
    }
  } finally {
    stream.destroy();
  }
  if (filled !== size) throw wrongSize();
  return body;
}
