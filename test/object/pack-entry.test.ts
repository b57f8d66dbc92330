import { hash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AergoError } from '../../src/errors.ts';
import { type ObjectType, objectId } from '../../src/object/object.ts';
import { decodePackEntry, encodePackEntry, encodePackHeader, PackTrailer } from '../../src/object/pack-entry.ts';
import { mutated } from './arbitraries.ts';
import { StockGit } from './stock-git.ts';

const invalid = expect.objectContaining({ code: 'AERGO_OBJECT_INVALID' });
const anyType = fc.constantFrom<ObjectType>('commit', 'tree', 'blob', 'tag');
const anyBody = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.constantFrom(0, 15, 16, 127, 128, 2047, 2048, 70_000).map((length) => new Uint8Array(length).fill(0x61)),
);
const anyEntry = fc.tuple(anyType, anyBody).map(([type, body]) => encodePackEntry(type, body));

/** An entry with a header and a stream that need not belong together. */
function entry(typeNumber: number, size: number, stream: Uint8Array): Uint8Array {
  const header = [(typeNumber << 4) | (size & 15)];
  for (let left = Math.floor(size / 16); left > 0; left = Math.floor(left / 128)) {
    header.push((header.pop() ?? 0) | 0x80, left & 0x7f);
  }
  return Buffer.concat([Uint8Array.from(header), stream]);
}

describe('a pack entry', () => {
  it('decodes to what was encoded', () => {
    fc.assert(
      fc.property(anyType, anyBody, (type, body) => {
        const found = decodePackEntry(encodePackEntry(type, body));
        expect(found.type).toBe(type);
        expect(Buffer.compare(found.body, body)).toBe(0);
      }),
    );
  });

  it('is stored below 128 bytes as zlib does at level 0, and deflated at level 1 from there', () => {
    for (const length of [0, 1, 15, 16, 127]) {
      const body = new Uint8Array(length).fill(255);
      expect(Buffer.from(encodePackEntry('blob', body))).toEqual(entry(3, length, deflateSync(body, { level: 0 })));
    }
    const body = new Uint8Array(128);
    expect(encodePackEntry('tree', body)).toEqual(entry(2, 128, deflateSync(body, { level: 1 })));
  });

  it('is read whatever level and window it was deflated with', () => {
    const body = Buffer.from('abc'.repeat(1000));
    for (const level of [0, 6, 9]) {
      expect(decodePackEntry(entry(3, body.length, deflateSync(body, { level })))).toEqual({ type: 'blob', body });
    }
    const small = Buffer.from('abc');
    expect(decodePackEntry(entry(3, 3, deflateSync(small, { windowBits: 9 })))).toEqual({ type: 'blob', body: small });
  });

  const abc = deflateSync('abc');
  const huge = deflateSync(new Uint8Array(4_000_000));
  const bad: Record<string, Uint8Array> = {
    'nothing at all': new Uint8Array(),
    'the type 0': entry(0, 3, abc),
    'the type 5': entry(5, 3, abc),
    'an offset delta': entry(6, 3, abc),
    'a delta of a named object': entry(7, 3, abc),
    'a size below the data': entry(3, 2, abc),
    'a size above the data': entry(3, 4, abc),
    'data that inflates far beyond its size': entry(3, 100, huge),
    'a size of gigabytes': entry(3, 2 ** 32, abc),
    'a size that never ends': new Uint8Array(1000).fill(0xb0),
    'a size of zeros that never ends': new Uint8Array(1000).fill(0x80 | 0x30, 0, 1).fill(0x80, 1),
    'a size with a byte too many': Buffer.concat([Uint8Array.of(0xb3, 0), abc]),
    'bytes after the end': Buffer.concat([entry(3, 3, abc), Uint8Array.of(0)]),
    'bytes after the end of a stored one': Buffer.concat([
      encodePackEntry('blob', Buffer.from('abc')),
      Uint8Array.of(0),
    ]),
    'a stream cut short': entry(3, 3, abc.subarray(0, -1)),
    'a stored one cut short': encodePackEntry('blob', Buffer.from('abc')).subarray(0, -1),
    'a header cut short': Uint8Array.of(0xb0),
    'no stream': Uint8Array.of(0x30),
    'a false checksum': entry(3, 3, Buffer.concat([abc.subarray(0, -1), Uint8Array.of((abc.at(-1) ?? 0) ^ 1)])),
  };
  it.each(Object.entries(bad))('is refused with %s', (_what, bytes) => {
    expect(() => decodePackEntry(bytes)).toThrow(invalid);
  });

  it('is decoded from any bytes with a typed error and within the size of its header', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 100 }), mutated(anyEntry)), (bytes) => {
        try {
          decodePackEntry(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(AergoError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('a pack', () => {
  it('of header, entries and trailer is taken by stock Git with --strict', () => {
    const bodies = ['', 'hello\n', 'x'.repeat(127), 'y'.repeat(128), 'z'.repeat(100_000)].map((text) =>
      Buffer.from(text),
    );
    const trailer = new PackTrailer();
    const parts = [encodePackHeader(bodies.length), ...bodies.map((body) => encodePackEntry('blob', body))];
    for (const part of parts) trailer.update(part);
    using git = new StockGit();
    const pack = Buffer.concat([...parts, trailer.digest()]);
    git.run(['index-pack', '--strict', '--stdin'], pack);
    for (const body of bodies) expect(git.run(['cat-file', 'blob', objectId('blob', body)])).toBe(body.toString());
    expect(pack.subarray(-32).toString('hex')).toBe(hash('sha256', pack.subarray(0, -32)));
  });

  it('cannot have a negative, broken or too large number of entries', () => {
    for (const count of [-1, 0.5, 2 ** 32, Number.NaN]) expect(() => encodePackHeader(count)).toThrow(invalid);
  });
});
