import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flushPacket } from '../../src/wire/pkt-line.ts';
import { dataOfBands, maxBand_bytes, onBand } from '../../src/wire/side-band.ts';
import { anyPieceLength, gathered, readerOf } from './streams.ts';

const ignore = (): void => undefined;

describe('side bands', () => {
  it('carry data and progress side by side, whatever their lengths and however the stream is cut', async () => {
    const part = fc.tuple(
      fc.constantFrom<1 | 2>(1, 2),
      fc.constantFrom(0, 1, 9, maxBand_bytes, maxBand_bytes + 1, 140_000),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 6 }), anyPieceLength, async (parts, length) => {
        const given = parts.map(([number, size], at) => ({ number, bytes: Buffer.alloc(size, 97 + at) }));
        const stream = Buffer.concat([
          ...given.flatMap(({ number, bytes }) => [...onBand(number, bytes)]),
          flushPacket,
        ]);
        let progress = '';
        const data = await gathered(
          dataOfBands(readerOf(stream, Math.max(length, 1000)), (text) => (progress += text)),
        );
        const of = (band: 1 | 2) =>
          Buffer.concat(given.flatMap(({ number, bytes }) => (number === band ? [bytes] : [])));
        expect(data.equals(of(1))).toBe(true);
        expect(progress).toBe(of(2).toString());
      }),
      { numRuns: 50 },
    );
  });

  it('end with the error of band 3, cut to a length that can be shown', async () => {
    const stream = Buffer.concat([...onBand(1, Buffer.from('some')), ...onBand(3, Buffer.alloc(5000, 'x'))]);
    const refused = expect.objectContaining({
      code: 'AERGO_REMOTE_REFUSED',
      details: { reason: 'x'.repeat(1000) },
    });
    await expect(gathered(dataOfBands(readerOf(stream), ignore))).rejects.toThrow(refused);
  });

  it.each([
    ['0006\x04a', 'another band'],
    ['0004', 'a packet without a band'],
    ['0006\x01a', 'an end before the flush'],
    ['0006\x01a0001', 'a delimiter'],
  ])('are refused: %j, %s', async (bytes) => {
    const invalid = expect.objectContaining({ code: 'AERGO_PROTOCOL_INVALID' });
    await expect(gathered(dataOfBands(readerOf(bytes), ignore))).rejects.toThrow(invalid);
  });
});
