/**
 * Ed25519 keys in OpenSSH's files, so that `ssh-keygen` reads what is written here and the other way round: private keys
 * (`openssh-key-v1`, plain or with a passphrase), public keys, lines of an allowed-signers file. Nothing here is random: what
 * OpenSSH draws at random is given in, or follows from the key where nothing depends on it.
 * @see https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key
 */
import { isUtf8 } from 'node:buffer';
import { createCipheriv, createDecipheriv, hash } from 'node:crypto';
import { AergoError } from '../errors.ts';
import { bcryptPbkdf } from './bcrypt-pbkdf.ts';
import { type KeyId, keyIdOf, publicKeyOf, type SigningKey, signingKeyFromSeed } from './key.ts';
import { armor, dearmor, SshReader, sshString, uint32 } from './ssh-wire.ts';
import { gitNamespace } from './sshsig.ts';

const label = 'OPENSSH PRIVATE KEY';
const magic = 'openssh-key-v1\0';
const keyType = 'ssh-ed25519';
const cipherName = 'aes256-ctr';
const opensslCipher = 'aes-256-ctr';

/** OpenSSH's own number of rounds for a passphrase. */
const defaultRounds = 16;
/** Rounds at most that a file may ask for: half a minute. */
const maxRounds = 2048;
/** Characters in a key file at most; a real one has about 450. */
const maxLength = 65_536;

/** What encrypts a private key. `salt` is 16 random bytes, never used twice. */
export interface PassphraseOptions {
  readonly passphrase: string;
  readonly salt: Uint8Array;
  /** Default 16, as OpenSSH; each costs about 16 ms when the file is read. */
  readonly rounds?: number;
}

export interface PrivateKeyFile {
  readonly key: SigningKey;
  readonly comment: string;
}

export interface PublicKeyLine {
  readonly id: KeyId;
  readonly comment: string;
}

function invalid(what: string): AergoError {
  return new AergoError('AERGO_KEY_INVALID', `a key file is invalid: ${what}`);
}

function publicBlob(publicKey: Uint8Array): Uint8Array {
  return Buffer.concat([sshString(keyType), sshString(publicKey)]);
}

function checkComment(comment: string): string {
  if (/\p{Cc}/u.test(comment) || !comment.isWellFormed() || comment.length > 1024) {
    throw invalid('its comment is not one line of text');
  }
  return comment;
}

function keyAndIv(passphrase: string, salt: Uint8Array, rounds: number): { key: Uint8Array; iv: Uint8Array } {
  const bytes = bcryptPbkdf(Buffer.from(passphrase), salt, rounds, 48);
  return { key: bytes.subarray(0, 32), iv: bytes.subarray(32) };
}

/**
 * A private key file as `ssh-keygen -t ed25519` writes it.
 * @param comment one line of text, at most 1,024 characters
 * @param encryption absent: the file is not encrypted
 * @throws AergoError AERGO_KEY_INVALID for a comment, salt or number of rounds that cannot be written; AERGO_KEY_PASSPHRASE
 * for an empty passphrase
 */
export function encodePrivateKey(key: SigningKey, comment: string, encryption?: PassphraseOptions): string {
  // OpenSSH compares this number, which is there twice, after decrypting; nothing depends on its being random.
  const check = hash('sha256', key.publicKey, 'buffer').subarray(0, 4);
  const secret = Buffer.concat([
    check,
    check,
    publicBlob(key.publicKey),
    sshString(Buffer.concat([key.seed, key.publicKey])),
    sshString(checkComment(comment)),
  ]);
  const blockSize = encryption === undefined ? 8 : 16;
  const padding = Uint8Array.from({ length: -secret.length & (blockSize - 1) }, (_, at) => at + 1);
  const plain = Buffer.concat([secret, padding]);
  const head = Buffer.from(magic, 'latin1');
  const body = [uint32(1), sshString(publicBlob(key.publicKey))];
  if (encryption === undefined) {
    return armor(
      label,
      Buffer.concat([head, sshString('none'), sshString('none'), sshString(''), ...body, sshString(plain)]),
    );
  }
  const { passphrase, salt, rounds = defaultRounds } = encryption;
  if (passphrase === '') throw new AergoError('AERGO_KEY_PASSPHRASE', 'the passphrase is empty');
  if (salt.length !== 16) throw invalid('its salt is not 16 bytes');
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > maxRounds) throw invalid(`${rounds} rounds are not possible`);
  const secretKey = keyAndIv(passphrase, salt, rounds);
  const cipher = createCipheriv(opensslCipher, secretKey.key, secretKey.iv);
  const options = sshString(Buffer.concat([sshString(salt), uint32(rounds)]));
  const sealed = sshString(Buffer.concat([cipher.update(plain), cipher.final()]));
  return armor(label, Buffer.concat([head, sshString(cipherName), sshString('bcrypt'), options, ...body, sealed]));
}

/** Decrypts the secret part when the file says that it is encrypted. */
function opened(cipher: string, kdf: string, options: Buffer, sealed: Buffer, passphrase: string | undefined): Buffer {
  if (cipher === 'none' && kdf === 'none' && options.length === 0) return sealed;
  if (cipher !== cipherName || kdf !== 'bcrypt') {
    throw new AergoError('AERGO_KEY_INVALID', `a key file is encrypted with ${cipher}/${kdf}, which is not supported`, {
      hint: 'ssh-keygen -p -Z aes256-ctr -f FILE',
    });
  }
  if (passphrase === undefined) {
    throw new AergoError('AERGO_KEY_ENCRYPTED', 'the key file is encrypted, and no passphrase was given', {
      hint: 'give its passphrase, or remove it from a copy of the file: ssh-keygen -p -f COPY',
    });
  }
  const reader = new SshReader(options, invalid);
  const salt = reader.string();
  const rounds = reader.uint32();
  reader.end();
  if (salt.length === 0 || salt.length > 64 || rounds < 1 || rounds > maxRounds) {
    throw invalid(`its passphrase needs ${rounds} rounds, more than ${maxRounds}`);
  }
  const secretKey = keyAndIv(passphrase, salt, rounds);
  const decipher = createDecipheriv(opensslCipher, secretKey.key, secretKey.iv);
  return Buffer.concat([decipher.update(sealed), decipher.final()]);
}

function readPublicBlob(blob: Buffer): Buffer {
  const reader = new SshReader(blob, invalid);
  reader.expect(keyType, 'type');
  const publicKey = reader.string();
  reader.end();
  if (publicKey.length !== 32) throw invalid(`its public key has ${publicKey.length} bytes instead of 32`);
  return publicKey;
}

function text(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw invalid('its comment is not one line of text');
  return checkComment(bytes.toString('utf8'));
}

function readSecret(plain: Buffer, publicKey: Buffer, encrypted: boolean): PrivateKeyFile {
  const reader = new SshReader(plain, invalid);
  const check = reader.uint32();
  if (reader.uint32() !== check) {
    if (encrypted) throw new AergoError('AERGO_KEY_PASSPHRASE', 'the passphrase does not open the key file');
    throw invalid('its two check numbers differ');
  }
  reader.expect(keyType, 'type');
  const innerPublic = reader.string();
  const secret = reader.string();
  const comment = text(reader.string());
  if (reader.rest().some((byte, at) => byte !== ((at + 1) & 0xff))) throw invalid('its padding is wrong');
  if (secret.length !== 64) throw invalid(`its secret has ${secret.length} bytes instead of 64`);
  const key = signingKeyFromSeed(secret.subarray(0, 32));
  const sameKey = [innerPublic, secret.subarray(32), publicKey].every((other) => other.equals(key.publicKey));
  if (!sameKey) throw invalid('its public and private parts do not belong together');
  return { key, comment };
}

/**
 * Reads a private key file.
 * @param contents the whole file
 * @param passphrase needed when the file is encrypted, ignored when not
 * @throws AergoError AERGO_KEY_ENCRYPTED when it is encrypted and no passphrase was given; AERGO_KEY_PASSPHRASE when it is
 * the wrong one; AERGO_KEY_INVALID for everything that is no Ed25519 key in OpenSSH's form
 */
export function decodePrivateKey(contents: string, passphrase?: string): PrivateKeyFile {
  const blob = contents.length > maxLength ? null : dearmor(label, contents.replaceAll('\r\n', '\n'));
  if (blob === null) throw invalid('it is not a private key in OpenSSH form');
  const reader = new SshReader(blob, invalid);
  if (reader.take(magic.length).toString('latin1') !== magic) throw invalid('it is not a private key in OpenSSH form');
  const cipher = reader.string().toString('latin1');
  const kdf = reader.string().toString('latin1');
  const options = reader.string();
  if (reader.uint32() !== 1) throw invalid('it does not hold exactly one key');
  const publicKey = readPublicBlob(reader.string());
  const sealed = reader.string();
  reader.end();
  const encrypted = cipher !== 'none';
  const blockSize = encrypted ? 16 : 8;
  if (sealed.length % blockSize !== 0) throw invalid('its secret part is cut short');
  return readSecret(opened(cipher, kdf, options, sealed, passphrase), publicKey, encrypted);
}

/** A public key as in a `.pub` file, without a line end. Throws AERGO_KEY_INVALID for a comment of several lines. */
export function encodePublicKey(id: KeyId, comment: string): string {
  const key = `${keyType} ${Buffer.from(publicBlob(publicKeyOf(id))).toString('base64')}`;
  return checkComment(comment) === '' ? key : `${key} ${comment}`;
}

/**
 * Reads the line of a `.pub` file, with or without a line end.
 * @throws AergoError AERGO_KEY_INVALID for anything but one Ed25519 key
 */
export function decodePublicKey(line: string): PublicKeyLine {
  const parts = /^(\S+) +([A-Za-z0-9+/]+={0,2})(?: +(.*?))?\r?\n?$/.exec(line.length > maxLength ? '' : line);
  if (parts === null) throw invalid('it is not a public key in OpenSSH form');
  const [, type, base64 = '', comment = ''] = parts;
  if (type !== keyType) throw invalid(`its type is not "${keyType}"`);
  const blob = Buffer.from(base64, 'base64');
  if (blob.toString('base64') !== base64) throw invalid('its base64 is not in the canonical form');
  return { id: keyIdOf(readPublicBlob(blob)), comment: checkComment(comment) };
}

/**
 * A line of the file that `gpg.ssh.allowedSignersFile` names: what this key signs for Git is this principal's.
 * @param principal the name; Git's and OpenSSH's patterns have no place in it
 * @throws AergoError AERGO_USAGE for a principal with white space, quotes, commas, `*`, `?`, `!` or `#`
 */
export function allowedSignersLine(principal: string, id: KeyId): string {
  if (!/^[^\s\p{Cc}",*?!#]+$/u.test(principal)) {
    throw new AergoError(
      'AERGO_USAGE',
      `${JSON.stringify(principal)} cannot be a principal in an allowed-signers file`,
    );
  }
  return `${principal} namespaces="${gitNamespace}" ${encodePublicKey(id, '')}`;
}
