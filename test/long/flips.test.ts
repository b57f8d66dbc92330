import { describe, expect, it } from 'vitest';
import { flipBytes } from '../support/flips.ts';

describe('every byte of the volumes, flipped', () => {
  it('is noticed with its place, or changes no answer', async () => {
    expect(await flipBytes(1)).toBeGreaterThan(20_000);
  });
});
