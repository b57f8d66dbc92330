/**
 * What an object is, and how it gets its name: Git's four types in Git's SHA-256 object format.
 * Frozen with format 1 (vectors: fixtures/format/objects.json).
 */
import { hash } from 'node:crypto';
import type { Oid } from './oid.ts';

export type ObjectType = 'commit' | 'tree' | 'blob' | 'tag';

/** An object's type and its body: its bytes without Git's `<type> <size>\0` header. */
export interface GitObject {
  readonly type: ObjectType;
  readonly body: Uint8Array;
}

/** An object together with its id, already computed from exactly this type and body. */
export interface NewObject extends GitObject {
  readonly oid: Oid;
}

const types: ReadonlySet<string> = new Set<ObjectType>(['commit', 'tree', 'blob', 'tag']);

/** Whether a text names one of Git's four object types. */
export function isObjectType(text: string): text is ObjectType {
  return types.has(text);
}

/**
 * An object's id: SHA-256 of `<type> <size>\0<body>`, the size in bytes as a decimal number.
 * @see https://git-scm.com/docs/hash-function-transition
 */
export function objectId(type: ObjectType, body: Uint8Array): Oid {
  const header = objectHeader(type, body.length);
  // One buffer and one call: for pages of 2 KiB this is faster than an incremental hash.
  const whole = Buffer.allocUnsafe(header.length + body.length);
  whole.write(header, 'latin1');
  whole.set(body, header.length);
  return hash('sha256', whole, 'hex') as Oid;
}

/** What is hashed before a body of this many bytes. */
export const objectHeader = (type: ObjectType, length: number): string => `${type} ${length}\0`;
