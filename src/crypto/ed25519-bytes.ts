/**
 * What the rule of ed25519.ts decides by bytes, before a library is asked: libraries, and versions of one library, disagree
 * on exactly these. Frozen with format 1 (vectors: fixtures/crypto/).
 */

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

/**
 * Whether the 32 bytes at `at` may be A or R: canonical (y < p; the two points with x = 0, which have a second encoding, are
 * of small order) and not of small order. Whether they are a point at all is not asked here.
 */
export function isFitPoint(bytes: Uint8Array, at: number): boolean {
  return isBelow(bytes, at, prime, 0x7f) && !isSmallOrder(bytes, at);
}

/** Whether the 32 bytes at `at` may be S: a number below the order L. */
export function isFitScalar(bytes: Uint8Array, at: number): boolean {
  return isBelow(bytes, at, order, 0xff);
}
