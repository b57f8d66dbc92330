import { describe, expect, it } from 'vitest';
import { AergoError } from '../../src/errors.ts';
import { isOid, oidFromBytes, oidToBytes, parseOid } from '../../src/object/oid.ts';

const text = 'ab'.repeat(32);

describe('an id', () => {
  it('is 64 lower-case hexadecimal digits, and 32 bytes', () => {
    const oid = parseOid(text);
    expect(oidToBytes(oid)).toHaveLength(32);
    expect(oidFromBytes(oidToBytes(oid))).toBe(text);
  });

  it.each(['', 'ab', text.toUpperCase(), `${text}0`, `${text}\n`, `${text.slice(1)}g`, ` ${text.slice(1)}`])(
    'is not %j',
    (bad) => {
      expect(isOid(bad)).toBe(false);
      expect(() => parseOid(bad)).toThrow(expect.objectContaining({ code: 'AERGO_OID_INVALID' }));
    },
  );

  it('is not made of 31 or 33 bytes', () => {
    for (const length of [0, 31, 33]) expect(() => oidFromBytes(new Uint8Array(length))).toThrow(AergoError);
  });
});
