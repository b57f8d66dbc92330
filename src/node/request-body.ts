/** The body of a request as a stream of bytes: inflated where it is gzipped, and never more than it may be. */
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { AergoError } from '../errors.ts';

/**
 * @param encoding the Content-Encoding header
 * @param limit_bytes of the body as it is used: a bomb ends there
 * @throws AergoError while iterating: AERGO_REQUEST_INVALID for another encoding or damaged data, AERGO_REQUEST_TOO_LARGE
 */
export async function* requestBody(
  stream: Readable,
  encoding: string | undefined,
  limit_bytes: number,
): AsyncGenerator<Uint8Array, void> {
  if (encoding !== undefined && encoding !== 'gzip' && encoding !== 'x-gzip' && encoding !== 'identity')
    throw new AergoError('AERGO_REQUEST_INVALID', 'the body is encoded in another way than gzip');
  const gzipped = encoding === 'gzip' || encoding === 'x-gzip';
  let taken = 0;
  try {
    for await (const chunk of gzipped ? inflated(stream) : stream) {
      const bytes: Uint8Array = chunk;
      taken += bytes.length;
      if (taken > limit_bytes) throw requestTooLarge(limit_bytes);
      yield bytes;
    }
  } catch (error) {
    if (error instanceof AergoError) throw error;
    throw new AergoError('AERGO_REQUEST_INVALID', 'the body of the request is damaged or ends early', { cause: error });
  }
}

/** What fails on either side is met by whoever reads. */
const inflated = (stream: Readable): Readable => pipeline(stream, createGunzip(), () => undefined);

/** The body is over what a request of its kind may have. */
export const requestTooLarge = (limit_bytes: number): AergoError =>
  new AergoError('AERGO_REQUEST_TOO_LARGE', `the body of the request is over ${limit_bytes} bytes`, {
    details: { limit_bytes },
  });
