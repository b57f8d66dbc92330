/**
 * bcrypt_pbkdf, by which OpenSSH turns a passphrase into the key of an encrypted key file. OpenSSL has it not, and no
 * maintained typed package does; it is small, and tested against ssh-keygen both ways. Not a format of ours.
 * @see https://github.com/openbsd/src/blob/master/lib/libutil/bcrypt_pbkdf.c (the definition), Schneier 1993 (Blowfish)
 */
import { hash } from 'node:crypto';

const subkeyWords = 18;
const boxWords = 4 * 256;
const bytesPerHash = 32;

/** Blowfish starts from the first bits of pi's fraction. They are computed (Machin's formula), not copied. */
function fractionOfPi(words: number): Uint32Array {
  const guard = 64n;
  const bits = BigInt(words * 32);
  const one = 1n << (bits + guard);
  const arctanOfInverse = (x: bigint): bigint => {
    let power = one / x;
    let sum = power;
    for (let n = 3n, sign = -1n; power > 0n; n += 2n, sign = -sign) {
      power /= x * x;
      sum += (sign * power) / n;
    }
    return sum;
  };
  const pi = 4n * (4n * arctanOfInverse(5n) - arctanOfInverse(239n));
  const hex = ((pi - 3n * one) >> guard).toString(16).padStart(words * 8, '0');
  return Uint32Array.from({ length: words }, (_, at) => Number.parseInt(hex.slice(at * 8, at * 8 + 8), 16));
}

let initialState: Uint32Array | undefined;

/** Blowfish with bcrypt's expensive key schedule. The state is the subkeys, then the four boxes. */
class Blowfish {
  readonly #state: Uint32Array;

  constructor() {
    initialState ??= fractionOfPi(subkeyWords + boxWords);
    this.#state = initialState.slice();
  }

  /** Encrypts the two words at `at` in place. */
  encrypt(words: Uint32Array, at: number): void {
    const state = this.#state;
    const word = (index: number): number => state[index] ?? 0;
    let left = words[at] ?? 0;
    let right = words[at + 1] ?? 0;
    for (let round = 0; round < 16; round += 1) {
      left ^= word(round);
      const sum = word(18 + (left >>> 24)) + word(274 + ((left >>> 16) & 255));
      const mixed = (sum ^ word(530 + ((left >>> 8) & 255))) + word(786 + (left & 255));
      const next = right ^ mixed;
      right = left;
      left = next;
    }
    words[at] = right ^ word(17);
    words[at + 1] = left ^ word(16);
  }

  /** Mixes a key of whole words, and a salt of whole words where there is one, into the state. */
  expand(key: Uint32Array, salt: Uint32Array | null): void {
    const state = this.#state;
    for (let at = 0; at < subkeyWords; at += 1) state[at] = (state[at] ?? 0) ^ (key[at % key.length] ?? 0);
    const block = new Uint32Array(2);
    for (let at = 0; at < state.length; at += 2) {
      if (salt !== null) {
        block[0] = (block[0] ?? 0) ^ (salt[at % salt.length] ?? 0);
        block[1] = (block[1] ?? 0) ^ (salt[(at + 1) % salt.length] ?? 0);
      }
      this.encrypt(block, 0);
      state.set(block, at);
    }
  }
}

function wordsOf(bytes: Buffer): Uint32Array {
  return Uint32Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readUInt32BE(at * 4));
}

const startText = wordsOf(Buffer.from('OxychromaticBlowfishSwatDynamite'));

function bcryptHash(passphrase: Uint32Array, saltHash: Buffer): Buffer {
  const salt = wordsOf(saltHash);
  const cipher = new Blowfish();
  cipher.expand(passphrase, salt);
  for (let round = 0; round < 64; round += 1) {
    cipher.expand(salt, null);
    cipher.expand(passphrase, null);
  }
  const words = startText.slice();
  for (let round = 0; round < 64; round += 1) {
    for (let at = 0; at < words.length; at += 2) cipher.encrypt(words, at);
  }
  const out = Buffer.alloc(bytesPerHash);
  for (const [at, word] of words.entries()) out.writeUInt32LE(word, at * 4);
  return out;
}

/**
 * A key made from a passphrase. Costs about 8 ms a round and 32 bytes: OpenSSH's 16 rounds and 48 bytes, 0.2 s.
 * @param salt any bytes; OpenSSH uses 16
 * @param rounds from 1; the caller bounds it
 * @param length of the key in bytes
 */
export function bcryptPbkdf(passphrase: Uint8Array, salt: Uint8Array, rounds: number, length: number): Uint8Array {
  const passphraseHash = wordsOf(hash('sha512', passphrase, 'buffer'));
  const blocks = Math.ceil(length / bytesPerHash);
  const key = new Uint8Array(length);
  for (let block = 0; block < blocks; block += 1) {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(block + 1);
    let part = bcryptHash(passphraseHash, hash('sha512', Buffer.concat([salt, counter]), 'buffer'));
    const sum = Buffer.from(part);
    for (let round = 1; round < rounds; round += 1) {
      part = bcryptHash(passphraseHash, hash('sha512', part, 'buffer'));
      for (let at = 0; at < sum.length; at += 1) sum[at] = (sum[at] ?? 0) ^ (part[at] ?? 0);
    }
    // The blocks are interleaved: byte i of block b is byte i · blocks + b of the key.
    for (let at = 0; at * blocks + block < length; at += 1) key[at * blocks + block] = sum[at] ?? 0;
  }
  return key;
}
