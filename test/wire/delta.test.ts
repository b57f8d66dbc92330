import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AergoError } from '../../src/errors.ts';
import { applyDelta } from '../../src/wire/delta.ts';
import { Turns } from '../../src/wire/turns.ts';
import { mutated } from '../object/arbitraries.ts';
import { delta } from './packs.ts';

const applied = (from: Uint8Array, made: Uint8Array, most: number) => applyDelta(from, made, most, new Turns());
const base = Buffer.from('0123456789');
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

describe('a delta', () => {
  it('copies and inserts in its order', async () => {
    // Copies: offset in the bits 1 to 8, size in the bits 16 to 64.
    const made = delta(10, 8, 0x80 | 1 | 16, 7, 3, 2, '--', 0x80 | 16, 3);
    expect(text(await applied(base, made, 100))).toBe('789--012');
  });

  it('copies 65,536 bytes when a copy has no size, from offsets of four bytes', async () => {
    const large = Buffer.alloc(2 ** 24 + 70_000, 'x').fill('y', 2 ** 24);
    const made = delta(large.length, 65_536, 0x80 | 8, 1);
    expect(text(await applied(large, made, 70_000))).toBe('y'.repeat(65_536));
  });

  it('may make nothing, of nothing', async () => {
    expect(await applied(new Uint8Array(), delta(0, 0), 0)).toHaveLength(0);
  });

  it.each([
    ['a base of another size', delta(9, 1, 1, 'a')],
    ['a copy from beyond the base', delta(10, 4, 0x80 | 1 | 16, 8, 4)],
    ['a copy from far beyond it', delta(10, 4, 0x80 | 15 | 16, 255, 255, 255, 255, 4)],
    ['the reserved instruction', delta(10, 1, 0, 'a')],
    ['an insertion cut short', delta(10, 3, 3, 'a')],
    ['a copy cut short', delta(10, 3, 0x80 | 1 | 16, 1)],
    ['more bytes than it says', delta(10, 1, 2, 'ab')],
    ['fewer bytes than it says', delta(10, 3, 2, 'ab')],
    ['no sizes', Buffer.from([])],
    ['a size that does not end', Buffer.alloc(20, 0xff)],
  ])('is refused with %s', async (_what, made) => {
    await expect(applied(base, made, 100)).rejects.toThrow(expect.objectContaining({ code: 'AERGO_PACK_INVALID' }));
  });

  it('is refused before anything is allocated when it would make too much', async () => {
    const limit = expect.objectContaining({ code: 'AERGO_PACK_LIMIT' });
    await expect(applied(base, delta(10, 2 ** 40, 1, 'a'), 1000)).rejects.toThrow(limit);
  });

  it('is applied, whatever its bytes, with a typed error and within its limit', async () => {
    const anyDelta = fc.oneof(
      fc.uint8Array({ maxLength: 50 }),
      mutated(fc.constant(delta(10, 8, 0x80 | 1 | 16, 7, 3, 2, '--', 0x80 | 16, 3))),
    );
    await fc.assert(
      fc.asyncProperty(anyDelta, async (made) => {
        try {
          expect((await applied(base, made, 1000)).length).toBeLessThanOrEqual(1000);
        } catch (error) {
          expect(error).toBeInstanceOf(AergoError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
