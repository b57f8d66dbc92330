/**
 * OpenSSH's signatures of files, as Git keeps them in commits and tags: Ed25519 over a SHA-512, armored. What is written is
 * byte for byte ssh-keygen's; what is read must have exactly that form, so a signature has one text.
 * Frozen with format 1.
 * @see https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.sshsig
 */
import { hash } from 'node:crypto';
import { AergoError } from '../errors.ts';
import { verifySignature } from './ed25519.ts';
import { type KeyId, keyIdOf, type SigningKey } from './key.ts';
import { armor, dearmor, SshReader, sshString, uint32 } from './ssh-wire.ts';

/** The namespace of everything that Git signs. */
export const gitNamespace = 'git';

const label = 'SSH SIGNATURE';
const magic = 'SSHSIG';
const version = 1;
const hashName = 'sha512';
const keyType = 'ssh-ed25519';

/** Characters in an armored signature at most; a real one has about 300. */
const maxLength = 1024;

function invalid(what: string): AergoError {
  return new AergoError('AERGO_SIGNATURE_INVALID', `an SSH signature is invalid: ${what}`);
}

function signedBytes(payload: Uint8Array, namespace: string): Uint8Array {
  const digest = hash('sha512', payload, 'buffer');
  return Buffer.concat([
    Buffer.from(magic),
    sshString(namespace),
    sshString(''),
    sshString(hashName),
    sshString(digest),
  ]);
}

/**
 * Signs a payload.
 * @param namespace what the signature is for, so that it cannot be used elsewhere; not empty
 * @returns the armored signature, with an LF after its last line
 */
export function signSsh(key: SigningKey, payload: Uint8Array, namespace: string): string {
  const signature = key.sign(signedBytes(payload, namespace));
  const blob = Buffer.concat([
    Buffer.from(magic),
    uint32(version),
    sshString(Buffer.concat([sshString(keyType), sshString(key.publicKey)])),
    sshString(namespace),
    sshString(''),
    sshString(hashName),
    sshString(Buffer.concat([sshString(keyType), sshString(signature)])),
  ]);
  return armor(label, blob);
}

/**
 * Checks a signature and tells who made it. Whether that key may sign is for the caller.
 * @param armored the text as `signSsh` writes it
 * @throws AergoError AERGO_SIGNATURE_INVALID for another form, namespace, hash or type of key, and when the signature is
 * not the key's over this payload by the rule of ed25519.ts
 */
export function verifySsh(armored: string, payload: Uint8Array, namespace: string): KeyId {
  const blob = armored.length > maxLength ? null : dearmor(label, armored);
  if (blob === null) throw invalid('it is not armored as ssh-keygen does');
  const reader = new SshReader(blob, invalid);
  if (reader.take(magic.length).toString('latin1') !== magic) throw invalid(`it does not start with ${magic}`);
  if (reader.uint32() !== version) throw invalid('its version is not 1');
  const publicKey = readTyped(reader.string(), 32);
  reader.expect(namespace, 'namespace');
  reader.expect('', 'reserved field');
  reader.expect(hashName, 'hash');
  const signature = readTyped(reader.string(), 64);
  reader.end();
  if (!verifySignature(publicKey, signedBytes(payload, namespace), signature)) {
    throw invalid('it is not of its key over these bytes');
  }
  return keyIdOf(publicKey);
}

function readTyped(blob: Buffer, length: number): Buffer {
  const reader = new SshReader(blob, invalid);
  reader.expect(keyType, 'type of key');
  const content = reader.string();
  reader.end();
  if (content.length !== length) throw invalid(`a part has ${content.length} bytes instead of ${length}`);
  return content;
}
