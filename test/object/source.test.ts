import { describe, expect, it } from 'vitest';
import { AergoError } from '../../src/errors.ts';
import { objectId } from '../../src/object/object.ts';
import { ObjectBuffer, type ObjectSource, readBlob, readTree } from '../../src/object/source.ts';
import { encodeTree } from '../../src/object/tree.ts';

const nothing: ObjectSource = {
  has: () => false,
  read: (oid) => {
    throw new AergoError('AERGO_OBJECT_MISSING', `Object ${oid} is missing.`);
  },
};

const hello = Buffer.from('hello\n');

describe('an object buffer', () => {
  it('gives back what was put, and the base for the rest', () => {
    const base = new ObjectBuffer(nothing);
    const below = base.put('blob', hello);
    const buffer = new ObjectBuffer(base);
    const tree = buffer.put('tree', encodeTree([{ mode: '100644', name: 'a', oid: below }]));
    expect(readBlob(buffer, below)).toEqual(hello);
    expect(readTree(buffer, tree)).toEqual([{ mode: '100644', name: 'a', oid: below }]);
    expect([buffer.has(below), buffer.has(tree), base.has(tree)]).toEqual([true, true, false]);
    expect(() => buffer.read(objectId('blob', Buffer.from('no')))).toThrow(
      expect.objectContaining({ code: 'AERGO_OBJECT_MISSING' }),
    );
  });

  it('lists each object once, in the order of its first put, also one that the base has', () => {
    const base = new ObjectBuffer(nothing);
    base.put('blob', hello);
    const buffer = new ObjectBuffer(base);
    const oids = ['x', 'hello\n', 'y', 'x'].map((text) => buffer.put('blob', Buffer.from(text)));
    expect(buffer.objects().map(({ oid }) => oid)).toEqual(oids.slice(0, 3));
  });

  it('tells the same bytes as blob and as tree apart', () => {
    const buffer = new ObjectBuffer(nothing);
    expect(buffer.put('blob', new Uint8Array())).not.toBe(buffer.put('tree', new Uint8Array()));
    expect(buffer.objects()).toHaveLength(2);
  });

  it('takes a type that does not belong for damage', () => {
    const buffer = new ObjectBuffer(nothing);
    const blob = buffer.put('blob', hello);
    expect(() => readTree(buffer, blob)).toThrow(
      expect.objectContaining({ code: 'AERGO_OBJECT_DAMAGED', exitCode: 6 }),
    );
  });
});
