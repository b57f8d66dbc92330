/** Objects for the store's tests. */
import { type NewObject, type ObjectType, objectId } from '../../src/object/object.ts';

export function newObject(type: ObjectType, body: Uint8Array | string): NewObject {
  const bytes = Buffer.from(body);
  return { type, body: bytes, oid: objectId(type, bytes) };
}
