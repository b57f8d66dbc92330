/**
 * The objects that a block brings: what it reaches among the objects just put, every object after those it names, the
 * commit last. What was put on the way and is not part of the block is left behind.
 */

import { decodeCommit } from '../object/commit.ts';
import type { NewObject } from '../object/object.ts';
import type { Oid } from '../object/oid.ts';
import type { ObjectBuffer } from '../object/source.ts';
import { decodeTree } from '../object/tree.ts';
import type { BlockId } from './block.ts';

export function objectsOfBlock(buffer: ObjectBuffer, block: BlockId): NewObject[] {
  const put = new Map(buffer.objects().map((object) => [object.oid, object]));
  const found: NewObject[] = [];
  const visit = (oid: Oid): void => {
    const object = put.get(oid);
    if (object === undefined) return;
    // Taken out as it is met, so that an object with two names is listed once.
    put.delete(oid);
    if (object.type === 'commit') visit(decodeCommit(object.body).tree);
    if (object.type === 'tree') for (const entry of decodeTree(object.body)) visit(entry.oid);
    found.push(object);
  };
  visit(block);
  return found;
}
