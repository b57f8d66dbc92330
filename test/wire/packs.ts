/** Packs and sinks for tests: entries put together by hand, right or wrong, and a sink in memory. */
import { hash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { AergoError } from '../../src/errors.ts';
import type { GitObject, NewObject } from '../../src/object/object.ts';
import { type Oid, oidToBytes } from '../../src/object/oid.ts';
import type { ObjectSink } from '../../src/wire/unpack.ts';

/** Everything in memory, and how often what was read. */
export class MemorySink implements ObjectSink {
  readonly objects = new Map<Oid, GitObject>();
  reads = 0;

  constructor(objects: Iterable<NewObject> = []) {
    for (const object of objects) this.put(object);
  }

  has(oid: Oid): boolean {
    return this.objects.has(oid);
  }

  read(oid: Oid): GitObject {
    this.reads += 1;
    const object = this.objects.get(oid);
    if (object === undefined) throw new AergoError('AERGO_OBJECT_MISSING', `object ${oid} is not here`);
    return object;
  }

  put({ oid, type, body }: NewObject): void {
    this.objects.set(oid, { type, body });
  }
}

export const blob = 3;
const offsetDelta = 6;
const namedDelta = 7;

/** An entry whose header and data need not belong together. */
export function entry(type: number, size: number, data: Uint8Array, base: Uint8Array = new Uint8Array()): Buffer {
  const head = [(type << 4) | (size & 15)];
  for (let left = Math.floor(size / 16); left > 0; left = Math.floor(left / 128)) {
    head.push((head.pop() ?? 0) | 0x80, left & 0x7f);
  }
  return Buffer.concat([Uint8Array.from(head), base, deflateSync(data)]);
}

export const whole = (text: string | Uint8Array): Buffer => {
  const body = Buffer.from(text);
  return entry(blob, body.length, body);
};

export const onOffset = (distance: number, delta: Uint8Array): Buffer => {
  const bytes = [distance & 0x7f];
  for (let left = Math.floor(distance / 128); left > 0; left = Math.floor(left / 128)) {
    left -= 1;
    bytes.unshift(0x80 | (left & 0x7f));
  }
  return entry(offsetDelta, delta.length, delta, Uint8Array.from(bytes));
};

export const onNamed = (base: Oid, delta: Uint8Array): Buffer =>
  entry(namedDelta, delta.length, delta, oidToBytes(base));

/** A size as a delta writes it. */
function deltaSize(size: number): number[] {
  const bytes: number[] = [];
  let left = size;
  for (; left >= 0x80; left = Math.floor(left / 128)) bytes.push(0x80 | (left & 0x7f));
  return [...bytes, left];
}

/** A delta of raw instructions. */
export const delta = (base: number, result: number, ...instructions: (number | string)[]): Buffer =>
  Buffer.concat(
    [...deltaSize(base), ...deltaSize(result), ...instructions].map((one) =>
      typeof one === 'number' ? Uint8Array.of(one) : Buffer.from(one),
    ),
  );

/** A frame around entries, with a count and a trailer that are right unless given. */
export function packOfEntries(entries: readonly Uint8Array[], count = entries.length, version = 2): Buffer {
  const head = Buffer.from('PACK\0\0\0\0\0\0\0\0', 'latin1');
  head.writeUInt32BE(version, 4);
  head.writeUInt32BE(count, 8);
  const body = Buffer.concat([head, ...entries]);
  return Buffer.concat([body, hash('sha256', body, 'buffer')]);
}
