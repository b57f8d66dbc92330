import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { boundaryHash, endsNode, endsPage, entryLength } from '../../src/state/boundary.ts';

/** The hash as the format says it, in whole numbers of any size. */
function plainHash(level: number, name: string): bigint {
  const mask = 0xffffffffn;
  let h = (0x811c9dc5n ^ ((BigInt(level + 1) * 0x9e3779b9n) & mask)) & mask;
  for (const byte of Buffer.from(name)) h = ((h ^ BigInt(byte)) * 0x01000193n) & mask;
  h ^= h >> 16n;
  h = (h * 0x85ebca6bn) & mask;
  h ^= h >> 13n;
  h = (h * 0xc2b2ae35n) & mask;
  return h ^ (h >> 16n);
}

const name = fc.string({ unit: fc.constantFrom(...'abcXYZ0189.@_~-'), minLength: 1, maxLength: 60 });

describe('the hash of a name', () => {
  test('is FNV-1a and murmur3’s final mix, with a seed for each level', () => {
    fc.assert(
      fc.property(name, fc.nat(8), (text, level) => {
        expect(BigInt(boundaryHash(level, text))).toBe(plainHash(level, text));
      }),
    );
  });
});

describe('an end', () => {
  test('of a page is where the rule of the format says, computed exactly', () => {
    fc.assert(
      fc.property(
        name,
        fc.integer({ min: 1, max: 9000 }),
        fc.integer({ min: 0, max: 8500 }),
        (text, length, before) => {
          const sum = length + before;
          const bound = (BigInt(length) * BigInt(sum) ** 3n) / 1516n;
          expect(endsPage(text, length, sum)).toBe(sum >= 8192 || (sum >= 512 && plainHash(0, text) < bound));
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('of a node is where the rule of the format says, computed exactly', () => {
    fc.assert(
      fc.property(
        name,
        fc.nat(4100),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 5 }),
        (text, before, count, level) => {
          const length = BigInt(entryLength(text));
          const sum = before + entryLength(text);
          const bound = (length * BigInt(sum) ** 3n * 16n) / 1516n;
          const expected = count >= 2 && (sum >= 4096 || (sum >= 256 && plainHash(level, text) < bound));
          expect(endsNode(level, text, sum, count)).toBe(expected);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('is decided exactly where hash and bound meet', () => {
    // For every name there is a smallest sum at which it ends; one byte less does not end, whatever the rounding.
    fc.assert(
      fc.property(name, fc.integer({ min: 1, max: 512 }), (text, length) => {
        let low = 512;
        let high = 8192;
        while (low < high) {
          const middle = (low + high) >> 1;
          if (endsPage(text, length, middle)) high = middle;
          else low = middle + 1;
        }
        const bound = (sum: number) => (BigInt(length) * BigInt(sum) ** 3n) / 1516n;
        if (low < 8192) expect(plainHash(0, text) < bound(low)).toBe(true);
        if (low > 512) expect(plainHash(0, text) < bound(low - 1)).toBe(false);
      }),
    );
  });

  test('never comes before 512 bytes of rows or 256 of entries, nor after the first entry, and always at 8192 and 4096', () => {
    fc.assert(
      fc.property(name, fc.integer({ min: 1, max: 511 }), (text, length) => {
        expect(endsPage(text, length, 511)).toBe(false);
        expect(endsPage(text, length, 8192)).toBe(true);
        expect(endsNode(1, text, 255, 5)).toBe(false);
        expect(endsNode(1, text, 4096, 2)).toBe(true);
        expect(endsNode(1, text, 1_000_000, 1)).toBe(false);
      }),
    );
  });
});
