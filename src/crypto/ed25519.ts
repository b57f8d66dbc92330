/**
 * The one rule by which an Ed25519 signature is valid here, the same on every machine and every Node: 64 bytes, S < L, A and
 * R canonical and not of small order, then RFC 8032's equation without the cofactor. What libraries disagree on is decided by
 * bytes before one is asked. Frozen with format 1 (vectors: fixtures/crypto/).
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { isFitPoint, isFitScalar } from './ed25519-bytes.ts';
import { type KeyId, keyIdOf, publicKeyOf } from './key.ts';

const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');

/** Keys kept ready at most; making one costs a third of a verification. */
const maxCachedKeys = 4096;

// Null: a key that the rule refuses whatever it signed.
const cache = new Map<KeyId, KeyObject | null>();

function makeKey(id: KeyId): KeyObject | null {
  const bytes = publicKeyOf(id);
  if (!isFitPoint(bytes, 0)) return null;
  return createPublicKey({ key: Buffer.concat([spkiPrefix, bytes]), format: 'der', type: 'spki' });
}

function keyObject(id: KeyId): KeyObject | null {
  let key = cache.get(id);
  if (key === undefined) {
    key = makeKey(id);
    if (cache.size >= maxCachedKeys) {
      const [oldest] = cache.keys();
      if (oldest !== undefined) cache.delete(oldest);
    }
    cache.set(id, key);
  }
  return key;
}

/**
 * Whether a signature over a message is valid for a key, by the rule above.
 * @param key a key id, or the 32 bytes of a public key
 * @param signature any bytes; other than 64 are not a signature
 * @throws AergoError AERGO_KEY_INVALID when `key` is not of 32 bytes
 * @see https://www.rfc-editor.org/rfc/rfc8032#section-5.1.7
 */
export function verifySignature(key: KeyId | Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const id = typeof key === 'string' ? key : keyIdOf(key);
  if (signature.length !== 64) return false;
  if (!isFitScalar(signature, 32) || !isFitPoint(signature, 0)) return false;
  const publicKey = keyObject(id);
  return publicKey !== null && verify(null, message, publicKey, signature);
}
