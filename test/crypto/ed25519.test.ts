import { readFileSync } from 'node:fs';
import * as noble from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { verifySignature } from '../../src/crypto/ed25519.ts';
import { isFitPoint } from '../../src/crypto/ed25519-bytes.ts';
import { isKeyId, keyIdOf, parseKeyId, publicKeyOf, signingKeyFromSeed } from '../../src/crypto/key.ts';

interface EdgeCase {
  message: string;
  key: string;
  signature: string;
  valid: boolean;
  why: string;
}

interface WycheproofGroup {
  key: { pk: string };
  tests: { tcId: number; comment: string; msg: string; sig: string; result: 'valid' | 'invalid' }[];
}

function vectors(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../fixtures/crypto/${name}`, import.meta.url), 'utf8'));
}

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const order = 2n ** 252n + 27742317777372353535851937790883648493n;
const prime = 2n ** 255n - 19n;

function littleEndian(value: bigint): Buffer {
  return Buffer.from(hex(value.toString(16).padStart(64, '0')).toReversed());
}

beforeAll(() => {
  noble.hashes.sha512 = sha512;
});

describe('RFC 8032, section 7.1', () => {
  const cases = vectors('rfc8032.json') as {
    name: string;
    seed: string;
    key: string;
    message: string;
    signature: string;
  }[];
  it.each(cases)('$name', ({ seed, key, message, signature }) => {
    const signing = signingKeyFromSeed(hex(seed));
    expect(Buffer.from(signing.publicKey).toString('hex')).toBe(key);
    expect(Buffer.from(signing.sign(hex(message))).toString('hex')).toBe(signature);
    expect(verifySignature(signing.id, hex(message), hex(signature))).toBe(true);
  });
});

describe('the twelve cases of "Taming the many EdDSAs"', () => {
  const cases = vectors('taming-the-many-eddsas.json') as EdgeCase[];
  it('are twelve, of which the rule accepts one', () => {
    expect(cases.map(({ valid }) => valid)).toEqual(Array.from({ length: 12 }, (_, at) => at === 3));
  });

  it.each(cases.map((each, at) => ({ at, ...each })))('$at: $why: valid is $valid', (each) => {
    expect(verifySignature(hex(each.key), hex(each.message), hex(each.signature))).toBe(each.valid);
  });
});

describe("Wycheproof's vectors", () => {
  const { testGroups } = vectors('wycheproof/eddsa_test.json') as { testGroups: WycheproofGroup[] };
  it('are 145, and each has the result that Wycheproof gives', () => {
    const wrong: number[] = [];
    let count = 0;
    for (const { key, tests } of testGroups) {
      for (const { tcId, msg, sig, result } of tests) {
        count += 1;
        if (verifySignature(hex(key.pk), hex(msg), hex(sig)) !== (result === 'valid')) wrong.push(tcId);
      }
    }
    expect([count, wrong]).toEqual([145, []]);
  });
});

describe('the rule of validity', () => {
  const key = signingKeyFromSeed(new Uint8Array(32).fill(7));
  const message = Buffer.from('a message');
  const signature = key.sign(message);

  it('agrees with noble on honest signatures, both ways', () => {
    fc.assert(
      fc.property(bytes32, fc.uint8Array({ maxLength: 100 }), (seed, text) => {
        const signing = signingKeyFromSeed(seed);
        const made = signing.sign(text);
        expect(Buffer.from(noble.sign(text, seed))).toEqual(made);
        expect(Buffer.from(noble.getPublicKey(seed))).toEqual(Buffer.from(signing.publicKey));
        expect(verifySignature(signing.id, text, made)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it('refuses a signature with any bit flipped', () => {
    for (let bit = 0; bit < 512; bit += 1) {
      const flipped = Uint8Array.from(signature);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(verifySignature(key.id, message, flipped)).toBe(false);
    }
  });

  it('refuses 0, 63, 65 and 128 bytes', () => {
    for (const length of [0, 63, 65, 128]) {
      expect(verifySignature(key.id, message, Buffer.concat([signature, signature]).subarray(0, length))).toBe(false);
    }
  });

  it('refuses S + L, which satisfies the equation as well', () => {
    const s = BigInt(`0x${Buffer.from(signature.subarray(32).toReversed()).toString('hex')}`);
    const shifted = Buffer.concat([signature.subarray(0, 32), littleEndian(s + order)]);
    expect(verifySignature(key.id, message, shifted)).toBe(false);
    expect(verifySignature(key.id, message, Buffer.concat([signature.subarray(0, 32), littleEndian(order)]))).toBe(
      false,
    );
  });

  it('refuses every point of small order, canonical or not, as key and as R, whatever the rest is', () => {
    const ys = [0n, 1n, prime - 1n, prime, prime + 1n];
    const order8 = ['c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'];
    order8.push('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05');
    for (const point of [...ys.map(littleEndian), ...order8.map(hex)]) {
      for (const sign of [0, 0x80]) {
        const encoded = Uint8Array.from(point);
        encoded[31] = (encoded[31] ?? 0) | sign;
        for (const s of [0n, 1n, order - 1n]) {
          expect(isFitPoint(encoded, 0)).toBe(false);
          expect(verifySignature(encoded, message, Buffer.concat([encoded, littleEndian(s)]))).toBe(false);
          expect(verifySignature(encoded, message, signature)).toBe(false);
          expect(verifySignature(key.id, message, Buffer.concat([encoded, littleEndian(s)]))).toBe(false);
        }
      }
    }
  });

  it('refuses every y from p up, as key and as R', () => {
    for (let y = prime; y < 2n ** 255n; y += 1n) {
      expect(isFitPoint(littleEndian(y), 0)).toBe(false);
      expect(verifySignature(littleEndian(y), message, signature)).toBe(false);
      expect(verifySignature(key.id, message, Buffer.concat([littleEndian(y), signature.subarray(32)]))).toBe(false);
    }
  });

  it('answers no, and never throws, for any bytes as key and signature', () => {
    fc.assert(
      fc.property(bytes32, fc.uint8Array({ minLength: 64, maxLength: 64 }), (anyKey, anySignature) => {
        expect(verifySignature(anyKey, message, anySignature)).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it('answers the same for more keys than are kept ready', () => {
    for (let at = 0; at < 5000; at += 1) {
      const other = Buffer.alloc(32);
      other.writeUInt32LE(at + 2);
      verifySignature(other, message, signature);
    }
    expect(verifySignature(key.id, message, signature)).toBe(true);
  });
});

describe('a key id', () => {
  const key = signingKeyFromSeed(new Uint8Array(32));
  it('is one text for one key', () => {
    fc.assert(
      fc.property(bytes32, (bytes) => {
        const id = keyIdOf(bytes);
        expect(parseKeyId(id)).toBe(id);
        expect(Buffer.from(publicKeyOf(id))).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it.each([
    '',
    'ed25519:',
    key.id.slice(0, -1),
    `${key.id}A`,
    key.id.toUpperCase(),
    ` ${key.id}`,
    `${key.id.slice(0, -1)}l`,
    `${key.id.slice(0, -2)}+A`,
    `${key.id}\n`,
  ])('is not %j', (bad) => {
    expect(isKeyId(bad)).toBe(false);
    expect(() => parseKeyId(bad)).toThrow(expect.objectContaining({ code: 'AERGO_KEY_INVALID' }));
  });

  it('and a signing key are of 32 bytes', () => {
    for (const length of [0, 31, 33, 64]) {
      const bad = expect.objectContaining({ code: 'AERGO_KEY_INVALID' });
      expect(() => keyIdOf(new Uint8Array(length))).toThrow(bad);
      expect(() => signingKeyFromSeed(new Uint8Array(length))).toThrow(bad);
      expect(() => verifySignature(new Uint8Array(length), new Uint8Array(), new Uint8Array(64))).toThrow(bad);
    }
  });
});
