/** Keys of people in tests: the same in every run and every process. */
import { createHash } from 'node:crypto';
import { type SigningKey, signingKeyFromSeed } from '../../src/crypto/key.ts';

/** The key of somebody called so. */
export const keyOf = (name: string): SigningKey =>
  signingKeyFromSeed(createHash('sha256').update(`key of ${name}`).digest());
