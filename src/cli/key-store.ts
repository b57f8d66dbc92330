/**
 * The user's keys: OpenSSH files in `$XDG_DATA_HOME/aergo/keys`, mode 0600, the public half beside each as `.pub`. A file
 * that others can read is refused. AERGO_KEY_DATA holds a key itself, for CI.
 */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import type { KeyId, SigningKey } from '../crypto/key.ts';
import { decodePrivateKey, decodePublicKey, encodePrivateKey, encodePublicKey } from '../crypto/openssh.ts';
import { AergoError } from '../errors.ts';
import { nearest } from './nearest.ts';

export interface StoredKey {
  readonly name: string;
  readonly id: KeyId;
  readonly path: string;
}

/** Gives the passphrase of a key when it is asked for; the text names the key. */
export type AskPassphrase = (key: string) => Promise<string>;

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const largestKeyFile_bytes = 65_536;

export class KeyStore {
  readonly directory: string;

  /** @param dataDirectory `$XDG_DATA_HOME/aergo` */
  constructor(dataDirectory: string) {
    this.directory = join(dataDirectory, 'keys');
  }

  /** All keys, by name. */
  list(): StoredKey[] {
    if (!existsSync(this.directory)) return [];
    const names = readdirSync(this.directory).filter((file) => namePattern.test(file) && !file.endsWith('.pub'));
    return names.sort().flatMap((name) => {
      const id = this.#publicHalf(name);
      return id === undefined ? [] : [{ name, id, path: join(this.directory, name) }];
    });
  }

  /** The key of that name. @throws AergoError AERGO_KEY_MISSING with the names there are */
  find(name: string): StoredKey {
    const keys = this.list();
    const key = keys.find((candidate) => candidate.name === name);
    if (key !== undefined) return key;
    const names = keys.map((candidate) => candidate.name);
    const meant = nearest(name, names);
    throw new AergoError(
      'AERGO_KEY_MISSING',
      `there is no key ${JSON.stringify(name)}${meant ? `: did you mean ${meant}?` : ''}`,
      {
        hint: names.length === 0 ? 'aergo key generate NAME' : `aergo key list      (${names.join(', ')})`,
        details: { candidates: meant === undefined ? [] : [meant] },
      },
    );
  }

  /** Loads a key by its name, or by a path (whatever contains a slash). */
  async load(nameOrPath: string, ask: AskPassphrase): Promise<SigningKey> {
    const path = nameOrPath.includes('/') ? resolve(nameOrPath) : this.find(nameOrPath).path;
    return unlock(readKeyFile(path), nameOrPath, ask);
  }

  /**
   * Keeps a key under a name.
   * @param privateFile The OpenSSH private key file to keep; passphrase and all.
   * @throws AergoError AERGO_KEY_NAME, AERGO_KEY_EXISTS
   */
  keep(name: string, id: KeyId, privateFile: string): StoredKey {
    checkKeyName(name);
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    const path = join(this.directory, name);
    try {
      writeFileSync(path, privateFile, { mode: 0o600, flag: 'wx' });
    } catch (cause) {
      if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause;
      throw new AergoError('AERGO_KEY_EXISTS', `there is a key ${name} already`, {
        hint: 'choose another --name',
        cause,
      });
    }
    writeFileSync(`${path}.pub`, `${encodePublicKey(id, name).trimEnd()}\n`, { mode: 0o644 });
    return { name, id, path };
  }

  /** Keeps a new key. @param passphrase Empty: the file is not encrypted. */
  keepNew(name: string, key: SigningKey, passphrase: string): StoredKey {
    const encryption = passphrase === '' ? undefined : { passphrase, salt: randomBytes(16) };
    return this.keep(name, key.id, encodePrivateKey(key, name, encryption));
  }

  #publicHalf(name: string): KeyId | undefined {
    const path = join(this.directory, `${name}.pub`);
    return existsSync(path) ? decodePublicKey(readFileSync(path, 'utf8')).id : undefined;
  }
}

/** @throws AergoError AERGO_KEY_NAME */
export function checkKeyName(name: string): void {
  if (namePattern.test(name) && !name.endsWith('.pub')) return;
  throw new AergoError(
    'AERGO_KEY_NAME',
    `${JSON.stringify(name)} cannot name a key: letters, digits, dot, dash and underscore, at most 64`,
  );
}

/** Reads a private key file. @throws AergoError AERGO_KEY_MISSING, AERGO_KEY_READABLE (by others), AERGO_KEY_INVALID */
export function readKeyFile(path: string): string {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (cause) {
    throw new AergoError('AERGO_KEY_MISSING', `the key file ${path} cannot be read`, {
      hint: 'aergo key list',
      cause,
    });
  }
  try {
    const { mode, size } = fstatSync(file);
    if ((mode & 0o077) !== 0) {
      const octal = (mode & 0o777).toString(8).padStart(4, '0');
      throw new AergoError(
        'AERGO_KEY_READABLE',
        `the key file ${path} is open to others (mode ${octal}), so it may not be secret any more`,
        {
          hint: `chmod 600 ${path}`,
        },
      );
    }
    if (size > largestKeyFile_bytes) throw new AergoError('AERGO_KEY_INVALID', `${path} is too long for a key file`);
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/** Decodes a private key file, and asks for its passphrase when it has one. */
export async function unlock(file: string, name: string, ask: AskPassphrase): Promise<SigningKey> {
  try {
    return decodePrivateKey(file).key;
  } catch (error) {
    if (!(error instanceof AergoError && error.code === 'AERGO_KEY_ENCRYPTED')) throw error;
    return decodePrivateKey(file, await ask(name)).key;
  }
}
