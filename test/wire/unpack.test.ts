import { randomBytes } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AergoError } from '../../src/errors.ts';
import { objectId } from '../../src/object/object.ts';
import { type Oid, parseOid } from '../../src/object/oid.ts';
import type { PackLimits } from '../../src/wire/pack-fault.ts';
import { packBytes, packOf } from '../../src/wire/pack-writer.ts';
import { unpack } from '../../src/wire/unpack.ts';
import { mutated } from '../object/arbitraries.ts';
import { blob, delta, entry, MemorySink, onNamed, onOffset, packOfEntries, whole } from './packs.ts';
import { anyPieceLength, gathered, readerOf } from './streams.ts';

const invalid = expect.objectContaining({ code: 'AERGO_PACK_INVALID' });
const overLimit = expect.objectContaining({ code: 'AERGO_PACK_LIMIT' });
const idOf = (text: string): Oid => objectId('blob', Buffer.from(text));
/** Appends a character to a text. */
const append = (length: number, character: string): Buffer =>
  delta(length, length + 1, ...(length === 0 ? [] : [0x80 | 16, length]), 1, character);

async function taken(pack: Uint8Array, limits: Partial<PackLimits> = {}, sink = new MemorySink()): Promise<string[]> {
  await unpack(readerOf(pack, 50), sink, { limits });
  return [...sink.objects.values()].map(({ body }) => Buffer.from(body).toString());
}

describe('a pack that comes in', () => {
  it('is what was packed, however the stream is cut', async () => {
    const anyBodies = fc.uniqueArray(fc.oneof(fc.string(), fc.constantFrom('x'.repeat(5000), 'y'.repeat(300_000))));
    await fc.assert(
      fc.asyncProperty(anyBodies, anyPieceLength, async (texts, length) => {
        const source = new MemorySink(
          texts.map((text) => ({ oid: idOf(text), type: 'blob', body: Buffer.from(text) }) as const),
        );
        const pack = await gathered(packBytes(packOf(source, source.objects.keys()), 1000));
        const sink = new MemorySink();
        const taken = await unpack(readerOf(pack, length), sink);
        expect(taken).toEqual({ objects: texts.length, bytes: pack.length });
        expect([...sink.objects.keys()]).toEqual([...source.objects.keys()]);
      }),
    );
  });

  it('resolves deltas on places and on ids, before and after their bases', async () => {
    const first = whole('ab');
    const later = onNamed(idOf('abc'), append(3, 'd'));
    const onPlace = onOffset(first.length + later.length, append(2, 'c'));
    expect(await taken(packOfEntries([first, later, onPlace]))).toEqual(['ab', 'abc', 'abcd']);
  });

  it('resolves a delta on a place whose own base comes later', async () => {
    const waiting = onNamed(idOf('ab'), append(2, 'c'));
    const onWaiting = onOffset(waiting.length, append(3, 'd'));
    expect(await taken(packOfEntries([waiting, onWaiting, whole('ab')]))).toEqual(['ab', 'abc', 'abcd']);
  });

  it('takes the bases of a thin pack from the sink', async () => {
    const sink = new MemorySink([{ oid: idOf('ab'), type: 'blob', body: Buffer.from('ab') }]);
    expect(await taken(packOfEntries([onNamed(idOf('ab'), append(2, 'c'))]), {}, sink)).toEqual(['ab', 'abc']);
  });

  it('reads a base that was dropped for want of memory from the sink again', async () => {
    const texts = ['a'.repeat(90), 'b'.repeat(90), 'c'.repeat(90)];
    const deltas = texts.map((text) => onNamed(idOf(text), append(90, 'z')));
    const sink = new MemorySink();
    const found = await taken(packOfEntries([...texts.map(whole), ...deltas]), { bases_bytes: 100 }, sink);
    expect(found.slice(3)).toEqual(texts.map((text) => `${text}z`));
    expect(sink.reads).toBeGreaterThan(1);
  });

  it('holds the last base, whatever its size', async () => {
    const base = 'a'.repeat(90);
    const sink = new MemorySink();
    await taken(packOfEntries([whole(base), onNamed(idOf(base), append(90, 'z'))]), { bases_bytes: 10 }, sink);
    expect(sink.reads).toBe(0);
  });

  it.each([
    [
      'a large object and a delta on it',
      () => {
        const large = whole(Buffer.alloc(40_000_000));
        return [large, onOffset(large.length, delta(40_000_000, 65_536, 0x80))];
      },
    ],
    [
      'a delta of very many instructions',
      () => {
        const letters = Array.from({ length: 2_000_000 }, () => [1, 97]).flat();
        const base = whole('ab');
        return [base, onOffset(base.length, Buffer.concat([delta(2, 2_000_000), Uint8Array.from(letters)]))];
      },
    ],
    ['very many small objects', () => Array.from({ length: 20_000 }, (_, at) => whole(String(at)))],
  ])('of %s is read while others have their turn', async (_what, entries) => {
    const bytes = packOfEntries(entries());
    let turns = 0;
    const counting = setInterval(() => (turns += 1), 0);
    // All of it is there from the beginning: no turn is owed to the stream.
    const taking = unpack(readerOf(bytes, bytes.length), new MemorySink());
    await taking.finally(() => clearInterval(counting));
    expect(turns).toBeGreaterThan(10);
  });

  it('has large objects and what deltas make of them', async () => {
    const [body, many] = [Buffer.alloc(3_000_000, 'ab'), 'a'.repeat(2_000_000)];
    const [large, base] = [whole(body), whole('ab')];
    const letters = Uint8Array.from(Array.from({ length: many.length }, () => [1, 97]).flat());
    const made = [
      onOffset(large.length, delta(body.length, 65_536, 0x80)),
      onNamed(idOf('ab'), Buffer.concat([delta(2, many.length), letters])),
    ];
    const sink = new MemorySink();
    await unpack(readerOf(packOfEntries([large, ...made, base])), sink);
    const bodies = [body, body.subarray(0, 65_536), Buffer.from('ab'), Buffer.from(many)];
    expect([...sink.objects.keys()]).toEqual(bodies.map((one) => objectId('blob', one)));
  });

  it('is empty when there is nothing to send', async () => {
    expect(await taken(packOfEntries([]))).toEqual([]);
  });

  const ab = whole('ab');
  const bad: Record<string, Uint8Array> = {
    'nothing at all': new Uint8Array(),
    'another magic': Buffer.from(packOfEntries([ab]).toString('latin1').replace('PACK', 'PUCK'), 'latin1'),
    'version 3': packOfEntries([ab], 1, 3),
    'a false trailer': Buffer.concat([packOfEntries([ab]).subarray(0, -1), Uint8Array.of(0)]),
    'no trailer': packOfEntries([ab]).subarray(0, -32),
    'more entries than it says': packOfEntries([ab, whole('cd')], 1),
    'fewer entries than it says': packOfEntries([ab], 2),
    'bytes after the end': Buffer.concat([packOfEntries([ab]), Uint8Array.of(0)]),
    'an object twice': packOfEntries([ab, ab]),
    'an object twice, once as a delta': packOfEntries([ab, onOffset(ab.length, delta(2, 2, 2, 'ab'))]),
    'a size above the data': packOfEntries([entry(blob, 3, Buffer.from('ab'))]),
    'a size below the data': packOfEntries([entry(blob, 1, Buffer.from('ab'))]),
    'a bomb': packOfEntries([entry(blob, 100, Buffer.alloc(10_000_000))]),
    'a large size above the data': packOfEntries([entry(blob, 100_001, Buffer.alloc(100_000))]),
    'a large size below the data': packOfEntries([entry(blob, 99_999, Buffer.alloc(100_000))]),
    'a large bomb': packOfEntries([entry(blob, 100_000, Buffer.alloc(100_000_000))]),
    'large data that are damaged': packOfEntries([whole(randomBytes(200_000)).fill(0xff, 100_000)]),
    'a large object that is cut off': packOfEntries([whole(randomBytes(200_000)).subarray(0, 100_000)]),
    'a large size and empty blocks without end': packOfEntries([
      Buffer.concat([
        entry(blob, 100_000, Buffer.alloc(0)).subarray(0, 3),
        Buffer.from([0x78, 0x01]),
        Buffer.alloc(200_000, Buffer.from([0, 0, 0, 255, 255])),
      ]),
    ]),
    'a size that does not end': packOfEntries([Buffer.alloc(70, 0xb0)]),
    'the type 0': packOfEntries([entry(0, 2, Buffer.from('ab'))]),
    'the type 5': packOfEntries([entry(5, 2, Buffer.from('ab'))]),
    'data that are no zlib stream': packOfEntries([Buffer.from('2garbage garbage garbage garbage garbage')]),
    'a base before the pack': packOfEntries([ab, onOffset(ab.length + 1, append(2, 'c'))]),
    'a base far before it': packOfEntries([ab, onOffset(1e9, append(2, 'c'))]),
    'a base that is no entry': packOfEntries([ab, onOffset(ab.length - 1, append(2, 'c'))]),
    'itself as a base': packOfEntries([ab, onOffset(0, append(2, 'c'))]),
    'a base that is nowhere': packOfEntries([onNamed(idOf('ab'), append(2, 'c'))]),
    // Two deltas on each other cannot be made: an id is known only when the base is. These two wait forever.
    'two deltas that wait': packOfEntries([
      onNamed(parseOid('1'.repeat(64)), append(2, 'c')),
      onNamed(parseOid('2'.repeat(64)), append(2, 'c')),
    ]),
    'a copy out of range': packOfEntries([ab, onOffset(ab.length, delta(2, 9, 0x90, 9))]),
    'empty blocks without end': packOfEntries([
      Buffer.concat([
        Uint8Array.of(0x30),
        Buffer.from([0x78, 0x01]),
        Buffer.alloc(200_000, Buffer.from([0, 0, 0, 255, 255])),
      ]),
    ]),
  };
  it.each(Object.entries(bad))('is refused with %s', async (_what, pack) => {
    await expect(taken(pack)).rejects.toThrow(invalid);
  });

  it('is refused wherever it is cut off', async () => {
    const pack = packOfEntries([ab, onOffset(ab.length, append(2, 'c')), whole('x'.repeat(2000))]);
    for (let length = 0; length < pack.length; length += 1) {
      await expect(taken(pack.subarray(0, length))).rejects.toThrow(invalid);
    }
  });

  const chain = [
    ab,
    ...Array.from({ length: 5 }, (_, at) => onNamed(idOf(`ab${'c'.repeat(at)}`), append(2 + at, 'c'))),
  ];
  const limited: [string, Buffer, Partial<PackLimits>][] = [
    ['too many bytes', packOfEntries([whole(randomBytes(2000))]), { pack_bytes: 1000 }],
    ['too many objects', packOfEntries([ab], 2 ** 31), {}],
    ['an object that is too large', packOfEntries([whole('x'.repeat(2000))]), { object_bytes: 1000 }],
    ['a size of terabytes', packOfEntries([entry(blob, 2 ** 42, deflateSync('a'))]), {}],
    [
      'a delta that makes too large an object',
      packOfEntries([ab, onOffset(ab.length, delta(2, 5000))]),
      { object_bytes: 1000 },
    ],
    [
      'objects that are too large together',
      packOfEntries([ab, whole('x'.repeat(900)), whole('y'.repeat(900))]),
      { total_bytes: 1000 },
    ],
    [
      'bases that are read again and again',
      packOfEntries([ab, ...['c', 'd', 'e', 'f'].map((end) => onNamed(idOf('ab'), append(2, end)))]),
      { bases_bytes: 0, reread_bytes: 5 },
    ],
    ['a chain that is too long', packOfEntries(chain), { chain: 4 }],
    ['a chain that is too long, backwards', packOfEntries(chain.toReversed()), { chain: 4 }],
    [
      'too much that waits for its base',
      packOfEntries([onNamed(idOf('?'), Buffer.alloc(2000, 1))]),
      { waiting_bytes: 1000 },
    ],
  ];
  it.each(limited)('is refused with %s', async (_what, pack, limits) => {
    await expect(taken(pack, limits)).rejects.toThrow(overLimit);
  });

  it('may have the longest chain that Git makes, in either order, and not one delta more', async () => {
    const long = ['x', ...Array.from({ length: 4096 }, (_, at) => `x${String(at).padStart(4, '0')}`)];
    const entries = [
      whole('x'),
      ...long.slice(1).map((text, at) => {
        const before = long[at] ?? '';
        return onNamed(idOf(before), delta(before.length, 5, 0x90, 1, 4, text.slice(1)));
      }),
    ];
    expect(await taken(packOfEntries(entries.slice(0, -1)))).toHaveLength(4096);
    expect(await taken(packOfEntries(entries.slice(0, -1).toReversed()))).toHaveLength(4096);
    await expect(taken(packOfEntries(entries))).rejects.toThrow(overLimit);
  });

  it('leaves what the sink throws as it is', async () => {
    const full = new AergoError('AERGO_STORE_FULL', 'no room');
    const sink = new MemorySink();
    sink.put = () => {
      throw full;
    };
    await expect(taken(packOfEntries([ab]), {}, sink)).rejects.toBe(full);
  });

  it('is read from any bytes with a typed error and within its limits', async () => {
    const sound = fc
      .array(fc.string(), { minLength: 1, maxLength: 4 })
      .map((texts) => packOfEntries([ab, onOffset(ab.length, append(2, 'c')), ...texts.map(whole)]));
    await fc.assert(
      fc.asyncProperty(fc.oneof(mutated(sound), fc.uint8Array({ maxLength: 200 })), async (pack) => {
        try {
          await taken(pack, { object_bytes: 10_000 });
        } catch (error) {
          expect(error).toBeInstanceOf(AergoError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
