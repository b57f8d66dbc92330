/**
 * Signatures made so that the equation without the cofactor holds: the rule refuses them by bytes. Some versions of OpenSSL
 * do too (3.5.8), some accept all of them (3.0), so the byte checks are asked for themselves as well.
 */
import { hash } from 'node:crypto';
import { hashes, Point, utils } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { verifySignature } from '../../src/crypto/ed25519.ts';
import { isFitPoint, isFitScalar } from '../../src/crypto/ed25519-bytes.ts';

const order = 2n ** 252n + 27742317777372353535851937790883648493n;
const order8 = 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a';

beforeAll(() => {
  hashes.sha512 = sha512;
});

function littleEndian(value: bigint): Buffer {
  return Buffer.from(Buffer.from(value.toString(16).padStart(64, '0'), 'hex').toReversed());
}

function challenge(r: Point, a: Point, message: Uint8Array): bigint {
  const digest = hash('sha512', Buffer.concat([r.toBytes(), a.toBytes(), message]), 'buffer');
  return BigInt(`0x${Buffer.from(digest.toReversed()).toString('hex')}`) % order;
}

/** A small multiple of a point, also where noble wants a scalar from 1. */
function times(point: Point, factor: bigint): Point {
  return factor === 0n ? Point.ZERO : point.multiply(factor, false);
}

function holds(a: Point, r: Point, s: bigint, message: Uint8Array): boolean {
  const k = challenge(r, a, message);
  return times(Point.BASE, s).equals(r.add(times(a, k)));
}

function signature(r: Point, s: bigint): Uint8Array {
  return Buffer.concat([r.toBytes(), littleEndian(s)]);
}

/** Tries messages until one makes the equation hold. */
function found(a: Point, r: Point, s: (k: bigint) => bigint): { message: Uint8Array; s: bigint } {
  for (let attempt = 0; attempt < 1000; attempt += 1) {
    const message = Buffer.from(`message ${attempt}`);
    const value = s(challenge(r, a, message));
    if (holds(a, r, value, message)) return { message, s: value };
  }
  throw new Error('no message makes the equation hold');
}

describe('the rule refuses, although the equation holds,', () => {
  const torsion = Point.fromHex(order8);
  const smallPoints = Array.from({ length: 8 }, (_, at) => times(torsion, BigInt(at)));

  it('what anybody can make for a key of small order', () => {
    for (const a of smallPoints) {
      const r = Point.BASE.multiply(12345n);
      const { message, s } = found(a, r, () => 12345n);
      expect(isFitPoint(a.toBytes(), 0)).toBe(false);
      expect(verifySignature(a.toBytes(), message, signature(r, s))).toBe(false);
    }
  });

  it('what the owner of a key can make with an R of small order', () => {
    const { scalar, point } = utils.getExtendedPublicKey(new Uint8Array(32).fill(9));
    for (const r of smallPoints) {
      const a = point.add(r);
      const { message, s } = found(a, r, (k) => (k * scalar) % order);
      expect([isFitPoint(a.toBytes(), 0), isFitPoint(signature(r, s), 0)]).toEqual([true, false]);
      expect(verifySignature(a.toBytes(), message, signature(r, s))).toBe(false);
    }
  });

  it('S + L, although it is the same number in the group', () => {
    const { scalar, point } = utils.getExtendedPublicKey(new Uint8Array(32).fill(9));
    const message = Buffer.from('a message');
    const r = Point.BASE.multiply(777n);
    const s = (777n + challenge(r, point, message) * scalar) % order;
    expect(holds(point, r, s, message)).toBe(true);
    expect(verifySignature(point.toBytes(), message, signature(r, s))).toBe(true);
    expect(verifySignature(point.toBytes(), message, signature(r, s + order))).toBe(false);
    expect([0n, s, order - 1n].map((fit) => isFitScalar(signature(r, fit), 32))).toEqual([true, true, true]);
    expect([order, s + order, 2n ** 256n - 1n].map((unfit) => isFitScalar(signature(r, unfit), 32))).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('but accepts a key and an R with a part of small order when the equation holds without the cofactor', () => {
    const { scalar, point } = utils.getExtendedPublicKey(new Uint8Array(32).fill(9));
    const a = point.add(torsion);
    let accepted = 0;
    for (let attempt = 0; attempt < 8; attempt += 1) {
      const r = Point.BASE.multiply(777n).add(times(torsion, BigInt(attempt)));
      const { message, s } = found(a, r, (k) => (777n + k * scalar) % order);
      if (verifySignature(a.toBytes(), message, signature(r, s))) accepted += 1;
    }
    expect(accepted).toBe(8);
  });
});
