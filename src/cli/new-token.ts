/** A token as the command line makes them: for where a URL points, of fresh randomness. */
import { randomBytes } from 'node:crypto';
import type { SigningKey } from '../crypto/key.ts';
import { placeOfUrl, signToken } from '../directory/token.ts';

/** @param expires ms. @throws AergoError AERGO_URL_INVALID */
export function newToken(url: string, expires: number, key: SigningKey): { token: string; expires: number } {
  return { token: signToken({ ...placeOfUrl(url), expires }, randomBytes(12), key), expires };
}
