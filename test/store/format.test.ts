/** What is written on the disk is frozen: the vectors give the bytes, and no release may write others. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ObjectType, objectId } from '../../src/object/object.ts';
import { isOid, type Oid } from '../../src/object/oid.ts';
import { decodeCommitRecord, encodeCommitRecord, volumeNeedle } from '../../src/store/commit-record.ts';
import { decodeNeedle, encodeNeedle, isFault, needleHeader_bytes } from '../../src/store/needle.ts';
import type { RefUpdate } from '../../src/store/refs.ts';
import { newObject } from './objects.ts';
import { newDirectory, operation, withStore } from './workbench.ts';

interface VectorObject {
  readonly type: ObjectType;
  readonly body: string;
}

interface StoreVector {
  readonly volumeLimit_bytes: number;
  readonly writes: readonly {
    readonly blocks: readonly (readonly VectorObject[])[];
    readonly objects: readonly VectorObject[];
    readonly refs: readonly RefUpdate[];
    readonly operation: { time: number; command: string; head: string };
  }[];
  readonly volumes: Record<string, string>;
  readonly refs: string;
  readonly HEAD: string;
  /** A volume with a deflated object, which another deflate may write otherwise: it must read. */
  readonly deflated: { readonly volume: string; readonly id: string; readonly body: string };
}

const file = new URL('../../fixtures/format/store-1.json', import.meta.url);
const vector: StoreVector = JSON.parse(readFileSync(file, 'utf8'));
const toObject = ({ type, body }: VectorObject) => newObject(type, Buffer.from(body, 'base64'));

describe('format 1 on the disk', () => {
  test('is what the vectors say, byte for byte', async () => {
    const directory = newDirectory();
    await withStore(
      directory,
      async (store) => {
        for (const write of vector.writes) {
          await store.write({
            blocks: write.blocks.map((block) => {
              const objects = block.map(toObject);
              return { id: objects.at(-1)?.oid ?? objectId('blob', new Uint8Array()), objects };
            }),
            objects: write.objects.map(toObject),
            refs: write.refs,
            operation: write.operation,
          });
        }
      },
      'create',
      { volumeLimit_bytes: vector.volumeLimit_bytes },
    );
    const volumes = join(directory, 'volumes');
    const written = readdirSync(volumes).sort();
    expect(Object.fromEntries(written.map((name) => [name, readFileSync(join(volumes, name), 'base64')]))).toEqual(
      vector.volumes,
    );
    expect(written.length).toBeGreaterThan(1);
    expect(readFileSync(join(directory, 'refs'), 'utf8')).toBe(vector.refs);
    expect(readFileSync(join(directory, 'HEAD'), 'utf8')).toBe(vector.HEAD);
    expect(readFileSync(join(directory, 'format'), 'utf8')).toBe('1\n');
  });

  test('is read from the vectors: volumes alone make the store', async () => {
    const directory = newDirectory();
    mkdirSync(join(directory, 'volumes'), { recursive: true });
    writeFileSync(join(directory, 'format'), '1\n');
    for (const [name, bytes] of Object.entries(vector.volumes)) {
      writeFileSync(join(directory, 'volumes', name), Buffer.from(bytes, 'base64'));
    }
    await withStore(directory, async (store) => {
      expect((await store.fsck()).problems).toEqual([]);
      expect([...store.operations()].map(({ command }) => command)).toEqual(
        vector.writes.map((write) => write.operation.command).reverse(),
      );
      for (const object of vector.writes.flatMap(({ blocks, objects }) => [...blocks.flat(), ...objects])) {
        const { oid, type, body } = toObject(object);
        expect(store.read(oid)).toEqual({ type, body: new Uint8Array(body) });
      }
    });
    expect(readFileSync(join(directory, 'refs'), 'utf8')).toBe(vector.refs);
  });

  test('a deflated object is read', async () => {
    const directory = newDirectory();
    mkdirSync(join(directory, 'volumes'), { recursive: true });
    writeFileSync(join(directory, 'format'), '1\n');
    writeFileSync(join(directory, 'volumes', '00000001.vol'), Buffer.from(vector.deflated.volume, 'base64'));
    await withStore(directory, (store) => {
      const { id, body } = vector.deflated;
      if (!isOid(id)) throw new Error('an id');
      expect(Buffer.from(store.read(id).body).toString('base64')).toBe(body);
    });
  });
});

const oid = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => objectId('blob', bytes));
const count = fc.maxSafeNat();

describe('needles and records', () => {
  test('a needle gives back what was put into it, at any place', () => {
    const body = fc.uint8Array({ maxLength: 300 });
    fc.assert(
      fc.property(oid, body, fc.nat(100), fc.constantFrom('volume', 'object', 'commit'), (id, bytes, at, kind) => {
        const target = Buffer.alloc(at + needleHeader_bytes + bytes.length + 10, 0xee);
        const end = encodeNeedle(target, at, kind, id, bytes);
        const needle = decodeNeedle(target, at, 1000);
        expect(needle).toEqual({ kind, id, body: Buffer.from(bytes), offset: 1000, end: 1000 + end - at });
      }),
    );
  });

  test('no bytes whatever make a needle or a record be read with an error that is not a fault', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const header = Buffer.from(volumeNeedle(1, 0, null).subarray(0, 16));
        expect(isFault(decodeNeedle(Buffer.from(bytes), 0, 0))).toBe(true);
        expect(isFault(decodeNeedle(Buffer.concat([header, bytes]), 0, 0))).toBe(true);
        expect(decodeCommitRecord(bytes)).toBeUndefined();
      }),
    );
  });

  test('a commit record gives back what was put into it', () => {
    const update: fc.Arbitrary<RefUpdate> = fc.record(
      {
        name: fc.string(),
        old: fc.option(oid),
        new: fc.option(oid),
        start: fc.string(),
        height: count,
        logic: fc.record({ contract: fc.string(), function: fc.string(), hash: fc.string() }),
      },
      { requiredKeys: ['name', 'old', 'new'] },
    );
    const block = fc.record({ id: oid, from: count, to: count, count, extras: fc.array(oid) });
    const record = fc.record({
      sequence: count,
      previous: fc.option(fc.record({ volume: count, offset: count })),
      from: count,
      to: count,
      refs: fc.array(update),
      blocks: fc.array(block),
      operation: fc.record({ time: count, command: fc.string(), head: fc.string() }),
    });
    fc.assert(
      fc.property(record, (given) => {
        expect(decodeCommitRecord(encodeCommitRecord(given))).toEqual(given);
      }),
    );
  });

  test('a commit record with another member, one less, or one of another kind is none', () => {
    const id: Oid = objectId('blob', new Uint8Array());
    const whole = {
      sequence: 1,
      previous: null,
      from: 1,
      to: 2,
      refs: [{ name: 'refs/heads/main', old: null, new: id }],
      blocks: [{ id, from: 1, to: 2, count: 1, extras: [id] }],
      operation,
    };
    const read = (value: unknown) => decodeCommitRecord(Buffer.from(JSON.stringify(sorted(value))));
    expect(read(whole)).toEqual(whole);
    const wrong = [
      { ...whole, more: 1 },
      { ...whole, sequence: -1 },
      { ...whole, sequence: 1.5 },
      { ...whole, sequence: '1' },
      { ...whole, previous: {} },
      { ...whole, refs: {} },
      { ...whole, refs: [{ name: 'x', old: null }] },
      { ...whole, refs: [{ name: 'x', old: 'y', new: null }] },
      { ...whole, refs: [{ name: 'x', old: null, new: id, logic: null }] },
      { ...whole, refs: [{ name: 'x', old: null, new: id, logic: { contract: 'a', function: 'b' } }] },
      { ...whole, refs: [{ name: 'x', old: null, new: id, logic: { contract: 'a', function: 'b', hash: 1 } }] },
      { ...whole, blocks: [{ id, from: 1, to: 2, count: 1 }] },
      { ...whole, blocks: [{ id, from: 1, to: 2, count: 1, extras: ['x'] }] },
      { ...whole, operation: { time: 1, command: 'x' } },
      { ...whole, operation: null },
      [whole],
      null,
    ];
    for (const value of wrong) expect(read(value), JSON.stringify(value)).toBeUndefined();
    expect(decodeCommitRecord(Buffer.from(JSON.stringify(whole)))).toBeUndefined(); // not in canonical order
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, member]) => [name, sorted(member)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
