import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AergoError } from '../../src/errors.ts';
import { ByteReader } from '../../src/wire/byte-reader.ts';
import {
  delimiterPacket,
  flushPacket,
  lineOf,
  linePacket,
  maxPayload_bytes,
  type Packet,
  packet,
  readLines,
  readPacket,
} from '../../src/wire/pkt-line.ts';
import { mutated } from '../object/arbitraries.ts';
import { anyPieceLength, gathered, pieces, readerOf } from './streams.ts';

const invalid = expect.objectContaining({ code: 'AERGO_PROTOCOL_INVALID' });

/** Every packet up to the end of the stream; payloads copied, for they hold only until the next read. */
async function packetsOf(reader: ByteReader): Promise<(Uint8Array | string)[]> {
  const found: (Uint8Array | string)[] = [];
  for (let next: Packet = await readPacket(reader); next !== 'end'; next = await readPacket(reader)) {
    found.push(typeof next === 'string' ? next : Uint8Array.from(next));
  }
  return found;
}

describe('a pkt-line', () => {
  it('is as Git writes it', () => {
    expect(Buffer.from(linePacket('version 2')).toString()).toBe('000eversion 2\n');
    expect(Buffer.from(packet(Buffer.from('done'))).toString()).toBe('0008done');
    expect(Buffer.from(packet(new Uint8Array(maxPayload_bytes))).toString('latin1', 0, 4)).toBe('fff0');
  });

  it('is read as it was written, however the stream is cut', async () => {
    const payload = fc.uint8Array({ maxLength: 40 });
    const anyPacket = fc.oneof(payload, fc.constantFrom('flush', 'delimiter'));
    await fc.assert(
      fc.asyncProperty(fc.array(anyPacket), anyPieceLength, async (packets, length) => {
        const written = packets.map((one) => {
          if (typeof one !== 'string') return packet(one);
          return one === 'flush' ? flushPacket : delimiterPacket;
        });
        expect(await packetsOf(readerOf(Buffer.concat(written), length))).toEqual(packets);
      }),
    );
  });

  it('reads the end of a response, and lengths in capitals as Git does', async () => {
    expect(await packetsOf(readerOf('0002000Aabcdef'))).toEqual([
      'response-end',
      Uint8Array.from(Buffer.from('abcdef')),
    ]);
  });

  it.each([
    ['0003', 'the length 3'],
    ['fff1', 'a length over 65,520'],
    ['00g0', 'a length that is not hexadecimal'],
    ['-001', 'a length with a sign'],
    ['0x10', 'a length with a prefix'],
    ['00', 'an end inside the length'],
    ['0010short', 'an end inside the payload'],
  ])('is refused: %s, %s', async (bytes) => {
    await expect(packetsOf(readerOf(bytes))).rejects.toThrow(invalid);
  });

  it('is not written with more than 65,516 bytes', () => {
    expect(() => packet(new Uint8Array(maxPayload_bytes + 1))).toThrow(invalid);
  });

  it('is read from any bytes with a typed error, and never more is held than a packet and a piece', async () => {
    const written = fc
      .array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 })
      .map((all) => Buffer.concat([...all.map(packet), flushPacket]));
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.uint8Array(), mutated(written), fc.string().map(Buffer.from)),
        anyPieceLength,
        async (bytes, length) => {
          const reader = readerOf(bytes, length);
          try {
            while ((await readPacket(reader)) !== 'end') {
              expect(reader.held.length).toBeLessThanOrEqual(65_520 + length);
            }
          } catch (error) {
            expect(error).toBeInstanceOf(AergoError);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('asks for no more of the stream than the packet needs', async () => {
    let given = 0;
    async function* endless(): AsyncGenerator<Uint8Array, void> {
      for (;;) {
        given += 1;
        yield Buffer.from('0008done');
      }
    }
    const reader = new ByteReader(endless());
    await readPacket(reader);
    await readPacket(reader);
    expect(given).toBe(2);
    await reader.close();
  });
});

describe('lines', () => {
  it('lose the one LF at their end, which may be missing', () => {
    expect(lineOf(Buffer.from('a\n'))).toBe('a');
    expect(lineOf(Buffer.from('a'))).toBe('a');
    expect(lineOf(Buffer.from('a\n\n'))).toBe('a\n');
    expect(() => lineOf(Buffer.from([0xff]))).toThrow(invalid);
  });

  it('are read up to what ends them, and no further', async () => {
    const reader = readerOf('0006a\n0005b00010006c\n0000rest');
    expect(await readLines(reader, 'delimiter', 2)).toEqual(['a', 'b']);
    expect(await readLines(reader, 'flush', 1)).toEqual(['c']);
    expect((await gathered(reader.rest())).toString()).toBe('rest');
  });

  it.each(['0006a\n0006b\n0006c\n0000', '0006a\n0001', '0006a\n', '0006a\n0002'])(
    'are refused when there are too many or they do not end: %s',
    async (bytes) => {
      await expect(readLines(readerOf(bytes), 'flush', 2)).rejects.toThrow(invalid);
    },
  );
});

describe('a stream of pieces', () => {
  it('is closed when its reader wants no more', async () => {
    let closed = false;
    async function* watched(): AsyncGenerator<Uint8Array, void> {
      try {
        yield* pieces(Buffer.from('0000more'), 1);
      } finally {
        closed = true;
      }
    }
    const reader = new ByteReader(watched());
    expect(await readPacket(reader)).toBe('flush');
    await reader.close();
    expect(closed).toBe(true);
    expect(await reader.atEnd()).toBe(true);
  });
});
