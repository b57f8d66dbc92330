/**
 * The one rule by which an Ed25519 signature is valid here, the same on every machine and every Node: 64 bytes, S < L, A and
 * R canonical and not of small order, then RFC 8032's equation without the cofactor. What libraries disagree on is decided by
 * bytes before one is asked. Frozen with format 1 (vectors: fixtures/crypto/).
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { type KeyId, keyIdOf, publicKeyOf } from './key.ts';

// Numbers are little-endian, as in signatures. L = 2^252 + 27742317777372353535851937790883648493; p = 2^255 - 19.
const order = Buffer.from('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010', 'hex');
const prime = Buffer.from('edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', 'hex');

// The y coordinates of the eight points of small order; with the bit of x left out five remain: those of the points of order
// 1 and 2, the one of order 4 (twice), and two of order 8 (twice each).
const smallOrder = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
].map((hex) => Buffer.from(hex, 'hex'));

const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');

/** Keys kept ready at most; making one costs about as much as verifying with it. */
const maxCachedKeys = 4096;

// Null: a key that the rule refuses whatever it signed.
const cache = new Map<KeyId, KeyObject | null>();

/** Whether the 32 bytes at `at` are, as a little-endian number with the top bit left out where `mask` says so, below a bound. */
function isBelow(bytes: Uint8Array, at: number, bound: Uint8Array, mask: number): boolean {
  for (let index = 31; index >= 0; index -= 1) {
    const byte = (bytes[at + index] ?? 0) & (index === 31 ? mask : 0xff);
    const limit = bound[index] ?? 0;
    if (byte !== limit) return byte < limit;
  }
  return false;
}

function isSmallOrder(bytes: Uint8Array, at: number): boolean {
  return smallOrder.some((y) => {
    for (let index = 0; index < 32; index += 1) {
      const byte = (bytes[at + index] ?? 0) & (index === 31 ? 0x7f : 0xff);
      if (byte !== y[index]) return false;
    }
    return true;
  });
}

/** Canonical (y < p; the two points with x = 0, which have a second encoding, are of small order) and not of small order. */
function isFitPoint(bytes: Uint8Array, at: number): boolean {
  return isBelow(bytes, at, prime, 0x7f) && !isSmallOrder(bytes, at);
}

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
  if (!isBelow(signature, 32, order, 0xff) || !isFitPoint(signature, 0)) return false;
  const publicKey = keyObject(id);
  return publicKey !== null && verify(null, message, publicKey, signature);
}
