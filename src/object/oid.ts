/**
 * The name of an object: the SHA-256 of its Git form, as 64 lower-case hexadecimal digits.
 * Parsed once at the boundary, trusted inside. Frozen with format 1 (vectors: fixtures/format/objects.json).
 */
import { AergoError } from '../errors.ts';

/** An object's id: 64 lower-case hexadecimal digits. */
export type Oid = string & { readonly __oid: true };

/** Bytes in an id. */
const oidBytes = 32;

const pattern = /^[0-9a-f]{64}$/;

/** Whether a text has the form of an id: 64 lower-case hexadecimal digits and nothing else. */
export function isOid(text: string): text is Oid {
  return text.length === 64 && pattern.test(text);
}

/**
 * Takes a text from outside as an id.
 * @throws AergoError AERGO_OID_INVALID when it is not 64 lower-case hexadecimal digits
 */
export function parseOid(text: string): Oid {
  if (isOid(text)) return text;
  throw new AergoError('AERGO_OID_INVALID', `"${text.slice(0, 80)}" is not an id: expected 64 lower-case hex digits`);
}

/** The 32 bytes of an id. */
export function oidToBytes(oid: Oid): Uint8Array {
  return Buffer.from(oid, 'hex');
}

/**
 * The id with these 32 bytes.
 * @throws AergoError AERGO_OID_INVALID when there are not exactly 32
 */
export function oidFromBytes(bytes: Uint8Array): Oid {
  if (bytes.length !== oidBytes) {
    throw new AergoError('AERGO_OID_INVALID', `an id has ${oidBytes} bytes, not ${bytes.length}`);
  }
  // 32 bytes in hexadecimal are an id by construction.
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex') as Oid;
}
