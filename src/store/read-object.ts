/** From a place in the log to a record or an object whose id has been checked. */
import { AergoError } from '../errors.ts';
import { type GitObject, objectId } from '../object/object.ts';
import type { Oid } from '../object/oid.ts';
import { decodePackEntry } from '../object/pack-entry.ts';
import { type CommitRecord, decodeCommitRecord, type NeedlePlace } from './commit-record.ts';
import { storeDamaged } from './damage.ts';
import { isFault } from './needle.ts';
import type { Place, VolumeLog } from './volume-log.ts';

/** @throws AergoError AERGO_STORE_DAMAGED when what stands there is not what the id names */
export function readObject(log: VolumeLog, place: Place, oid: Oid): GitObject {
  const needle = log.read(place, oid);
  const object = entryOf(needle.body, oid);
  if (object instanceof AergoError) {
    throw storeDamaged({ volume: place.volume, offset: place.offset, id: oid }, 'its id does not fit', object);
  }
  return object;
}

/** The object in a pack entry, or why it is not the one with this id. */
export function entryOf(entry: Uint8Array, oid: Oid): GitObject | AergoError {
  let object: GitObject;
  try {
    object = decodePackEntry(entry);
  } catch (error) {
    if (error instanceof AergoError) return error;
    throw error;
  }
  if (objectId(object.type, object.body) === oid) return object;
  return new AergoError('AERGO_OBJECT_DAMAGED', `the contents of object ${oid} have another id`);
}

/** @throws AergoError AERGO_STORE_DAMAGED when no commit needle stands there */
export function readCommit(log: VolumeLog, place: NeedlePlace): CommitRecord {
  const needle = log.readAt(place.volume, place.offset);
  if (isFault(needle)) throw storeDamaged({ volume: place.volume, offset: place.offset }, needle.fault);
  const record = needle.kind === 'commit' ? decodeCommitRecord(needle.body) : undefined;
  if (record !== undefined) return record;
  throw storeDamaged({ ...place, id: needle.id }, 'no write ends here');
}
