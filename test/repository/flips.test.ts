import { describe, expect, it } from 'vitest';
import { flipBytes } from '../support/flips.ts';

describe('a flipped byte', () => {
  it('is noticed with its place, or changes no answer', { timeout: 300_000 }, async () => {
    expect(await flipBytes(17)).toBeGreaterThan(1_000);
  });
});
