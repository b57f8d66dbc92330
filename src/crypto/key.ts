/**
 * Ed25519 keys as the rest of the program sees them: a public key is its id, `ed25519:` and 43 base64url characters; a
 * signing key is made from 32 secret bytes that the caller gives (nothing here is random, so tests need no mocks).
 */
import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { AergoError } from '../errors.ts';

/** A public key as text: `ed25519:` and the 43 base64url characters of its 32 bytes. */
export type KeyId = string & { readonly __keyId: true };

/** A key that signs. `seed` is the secret: 32 bytes (RFC 8032's private key). */
export interface SigningKey {
  readonly id: KeyId;
  readonly publicKey: Uint8Array;
  readonly seed: Uint8Array;
  /** The 64 bytes of RFC 8032's Ed25519 signature (no prehash, no context): the same for the same message. */
  sign(message: Uint8Array): Uint8Array;
}

const prefix = 'ed25519:';
// The 43rd character carries four bits of the key: the two below them must be zero, or one key would have four ids.
const pattern = /^ed25519:[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

// RFC 8410's PKCS #8 and SubjectPublicKeyInfo around a raw Ed25519 key are constant.
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const spkiPrefixLength = 12;

/** Whether a text has the one form that a key id can have. */
export function isKeyId(text: string): text is KeyId {
  return text.length === 51 && pattern.test(text);
}

/**
 * Takes a text from outside as a key id. Only its form is checked: whether the bytes are a point that may sign is decided
 * where a signature is verified (ed25519.ts).
 * @throws AergoError AERGO_KEY_INVALID
 */
export function parseKeyId(text: string): KeyId {
  if (isKeyId(text)) return text;
  throw new AergoError(
    'AERGO_KEY_INVALID',
    `"${text.slice(0, 80)}" is not a key: expected ed25519: and 43 base64url characters`,
  );
}

/** The 32 bytes of a public key. */
export function publicKeyOf(id: KeyId): Uint8Array {
  return Buffer.from(id.slice(prefix.length), 'base64url');
}

/**
 * The id of a public key's 32 bytes.
 * @throws AergoError AERGO_KEY_INVALID when there are not exactly 32
 */
export function keyIdOf(publicKey: Uint8Array): KeyId {
  if (publicKey.length !== 32) {
    throw new AergoError('AERGO_KEY_INVALID', `an Ed25519 public key has 32 bytes, not ${publicKey.length}`);
  }
  const bytes = Buffer.from(publicKey.buffer, publicKey.byteOffset, 32);
  // 32 bytes in base64url are a key id by construction.
  return `${prefix}${bytes.toString('base64url')}` as KeyId;
}

/**
 * The signing key with this secret.
 * @param seed 32 bytes; copied
 * @throws AergoError AERGO_KEY_INVALID when there are not exactly 32
 */
export function signingKeyFromSeed(seed: Uint8Array): SigningKey {
  if (seed.length !== 32) {
    throw new AergoError('AERGO_KEY_INVALID', `an Ed25519 secret has 32 bytes, not ${seed.length}`);
  }
  const privateKey = createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const publicKey = Uint8Array.from(spki.subarray(spkiPrefixLength));
  return {
    id: keyIdOf(publicKey),
    publicKey,
    seed: Uint8Array.from(seed),
    sign: (message) => sign(null, message, privateKey),
  };
}
