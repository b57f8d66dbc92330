/**
 * Where objects are read from, and where new ones are gathered before a store takes them.
 * Synchronous, because a read is one seek at most and the layers above walk trees.
 */
import { AergoError } from '../errors.ts';
import { type GitObject, type NewObject, type ObjectType, objectId } from './object.ts';
import type { Oid } from './oid.ts';
import { decodeTree, type TreeEntry } from './tree.ts';

/** Objects by id. `read` gives exactly what the id is the hash of. */
export interface ObjectSource {
  has(oid: Oid): boolean;
  /** @throws AergoError AERGO_OBJECT_MISSING; AERGO_OBJECT_DAMAGED when what is there is not what the id names */
  read(oid: Oid): GitObject;
}

function readTyped(source: ObjectSource, oid: Oid, type: ObjectType): Uint8Array {
  const found = source.read(oid);
  if (found.type === type) return found.body;
  throw new AergoError('AERGO_OBJECT_DAMAGED', `object ${oid} is a ${found.type} where a ${type} belongs`, {
    details: { oid, expected: type, found: found.type },
  });
}

/**
 * The bytes of a blob.
 * @throws AergoError AERGO_OBJECT_MISSING; AERGO_OBJECT_DAMAGED, also when it is no blob
 */
export function readBlob(source: ObjectSource, oid: Oid): Uint8Array {
  return readTyped(source, oid, 'blob');
}

/**
 * The entries of a tree, in Git's order.
 * @throws AergoError AERGO_OBJECT_MISSING; AERGO_OBJECT_DAMAGED, also when it is no tree; AERGO_OBJECT_INVALID when its
 * bytes break a rule of the format
 */
export function readTree(source: ObjectSource, oid: Oid): TreeEntry[] {
  return decodeTree(readTyped(source, oid, 'tree'));
}

/**
 * New objects on top of a source: what is put can be read back at once, and is handed to a store as one list.
 * The same content put twice is one object.
 */
export class ObjectBuffer implements ObjectSource {
  readonly #base: ObjectSource;
  readonly #new = new Map<Oid, NewObject>();

  constructor(base: ObjectSource) {
    this.#base = base;
  }

  has(oid: Oid): boolean {
    return this.#new.has(oid) || this.#base.has(oid);
  }

  read(oid: Oid): GitObject {
    return this.#new.get(oid) ?? this.#base.read(oid);
  }

  /** Adds an object and gives its id. The body is kept, not copied: it must not be changed afterwards. */
  put(type: ObjectType, body: Uint8Array): Oid {
    const oid = objectId(type, body);
    if (!this.#new.has(oid)) this.#new.set(oid, { oid, type, body });
    return oid;
  }

  /** Everything that was put, in the order of the first put; also what the base has already (the store decides). */
  objects(): NewObject[] {
    return [...this.#new.values()];
  }
}
