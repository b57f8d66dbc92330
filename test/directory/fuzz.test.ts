import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { relate, verifyVersions } from '../../src/directory/chain.ts';
import { DirectoryReader } from '../../src/directory/version.ts';
import { AergoError } from '../../src/errors.ts';
import { BlockReader } from '../../src/ledger/block.ts';
import type { GitObject } from '../../src/object/object.ts';
import type { Oid } from '../../src/object/oid.ts';
import type { ObjectSource } from '../../src/object/source.ts';
import { readTree } from '../../src/object/source.ts';
import { type DirectoryWorld, organisation } from '../support/directory.ts';
import { keyOf } from '../support/repository.ts';

/** Every object of a version, the commit first. */
function objectsOf(world: DirectoryWorld, id: Oid): Oid[] {
  const found: Oid[] = [id];
  const visit = (tree: Oid): void => {
    found.push(tree);
    for (const { mode, oid } of readTree(world.buffer, tree)) {
      if (mode === '40000') visit(oid);
      else found.push(oid);
    }
  };
  visit(world.versions.version(id).commit.tree);
  return found;
}

/** The world's objects, one of them with other bytes under its id, as no store would give them. */
const withDamage = (world: DirectoryWorld, damaged: Oid, change: (body: Buffer) => Uint8Array): ObjectSource => ({
  has: (oid) => world.buffer.has(oid),
  read(oid): GitObject {
    const object = world.buffer.read(oid);
    return oid === damaged ? { ...object, body: change(Buffer.from(object.body)) } : object;
  },
});

/** What reading and verifying comes to; anything but an `AergoError` is a fault of ours. */
function outcome(world: DirectoryWorld, source: ObjectSource, known?: Oid): string {
  const { history, genesis, newest } = world;
  const context = { reader: new BlockReader(source), history, genesis, versions: new DirectoryReader(source) };
  try {
    verifyVersions(context, newest.id, known);
    if (known !== undefined) relate(context, known, newest.id);
    return 'good';
  } catch (error) {
    if (error instanceof AergoError) return error.code;
    throw error;
  }
}

describe('damaged and forged versions', () => {
  it('are refused where a bit of the signed commit is another, and never break the reader where one of the rest is', () => {
    const world = organisation();
    world.next({ policy: { ...world.newest.policy, threshold: 2, lifetime: 60_000 } });
    world.next(world.members(['eve', { roles: ['read'] }]), { approvals: [keyOf('bob')] });
    const objects = objectsOf(world, world.newest.id);
    const known = world.newest.previous;
    const flip = fc.record({ object: fc.nat(objects.length - 1), at: fc.nat(), bit: fc.nat(7) });
    fc.assert(
      fc.property(flip, ({ object, at, bit }) => {
        const damaged = objects[object] as Oid;
        const source = withDamage(world, damaged, (body) => {
          const index = at % body.length;
          body[index] = (body[index] ?? 0) ^ (1 << bit);
          return body;
        });
        // What a version shares with the one before is the same lie in both; a store would have found it by its id.
        expect(outcome(world, source, known)).toMatch(object === 0 ? /^AERGO_/ : /^AERGO_|^good$/);
      }),
      { numRuns: 1_000 },
    );
  });

  it('never break the reader where an object is cut, grown or something else altogether', () => {
    const world = organisation();
    const objects = objectsOf(world, world.newest.id);
    const bodies = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json().map((text) => Buffer.from(`${text}\n`)),
      fc.constant(Buffer.from('{"__proto__":{"admin":true}}\n')),
    );
    const change = fc.record({ object: fc.nat(objects.length - 1), keep: fc.nat(), more: bodies });
    fc.assert(
      fc.property(change, ({ object, keep, more }) => {
        const damaged = objects[object] as Oid;
        const original = Buffer.from(world.buffer.read(damaged).body);
        const source = withDamage(world, damaged, (body) =>
          Buffer.concat([body.subarray(0, keep % body.length), more]),
        );
        fc.pre(Buffer.compare(source.read(damaged).body, original) !== 0);
        expect(outcome(world, source, world.first.id)).toMatch(object === 0 ? /^AERGO_/ : /^AERGO_|^good$/);
      }),
      { numRuns: 500 },
    );
  });
});
