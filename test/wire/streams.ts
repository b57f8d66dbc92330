/** Byte streams for tests: cut into pieces at will, gathered again. */
import fc from 'fast-check';
import { ByteReader } from '../../src/wire/byte-reader.ts';

/** The bytes as a stream of pieces of `length`. */
export async function* pieces(bytes: Uint8Array, length = 65_536): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

export const readerOf = (bytes: Uint8Array | string, length?: number): ByteReader =>
  new ByteReader(pieces(Buffer.from(bytes), length));

export async function gathered(stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of stream) all.push(Uint8Array.from(piece));
  return Buffer.concat(all);
}

export const anyPieceLength = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 10, max: 100_000 }));
