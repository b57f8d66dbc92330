/**
 * Adler-32 (RFC 1950 §8.2), for zlib streams of one stored block. Made for the short bodies there: the sums are reduced once,
 * at the end, which is exact up to 5,552 bytes.
 */
export function adler32(bytes: Uint8Array): number {
  let low = 1;
  let high = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    low += bytes[at] ?? 0;
    high += low;
  }
  return (((high % 65_521) << 16) | (low % 65_521)) >>> 0;
}
