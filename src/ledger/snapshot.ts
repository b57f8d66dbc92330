/**
 * Snapshots: signed annotated tags of blocks. Frozen: docs/format.md, vectors in fixtures/format/.
 */
import type { KeyId, SigningKey } from '../crypto/key.ts';
import { parseKeyId } from '../crypto/key.ts';
import { signSsh, verifySsh } from '../crypto/sshsig.ts';
import { AergoError } from '../errors.ts';
import type { Oid } from '../object/oid.ts';
import type { ObjectBuffer, ObjectSource } from '../object/source.ts';
import { decodeTag, encodeTag, type Tag, tagPayload } from '../object/tag.ts';
import { type Block, type BlockId, type BlockReader, keySignature } from './block.ts';

/** A snapshot as read from its tag. */
export interface Snapshot {
  readonly id: Oid;
  readonly name: string;
  readonly block: BlockId;
  readonly tagger: KeyId;
  /** ms, whole seconds */
  readonly time: number;
}

const message = (name: string, { header }: Block): string =>
  `Snapshot ${name}: block ${header.height} on ${header.branch}\n`;

/** Writes a signed tag of a block into the buffer and gives its id. */
export function writeSnapshot(buffer: ObjectBuffer, name: string, block: Block, time: number, key: SigningKey): Oid {
  const tag: Tag = {
    object: block.id,
    type: 'commit',
    name,
    tagger: keySignature(key.id, time),
    message: message(name, block),
  };
  return buffer.put('tag', encodeTag({ ...tag, signature: signSsh(key, tagPayload(tag), 'git') }));
}

export function readSnapshot(source: ObjectSource, id: Oid): Snapshot {
  const object = source.read(id);
  if (object.type !== 'tag') throw invalid(id, `it is a ${object.type}, not a tag`);
  const tag = decodeTag(object.body);
  return {
    id,
    name: tag.name,
    block: tag.object,
    tagger: parseKeyId(tag.tagger.name),
    time: tag.tagger.seconds * 1000,
  };
}

/** The block that a snapshot names. */
export const peelSnapshot = (source: ObjectSource, id: Oid): BlockId => readSnapshot(source, id).block;

/** Checks that a snapshot is signed by its tagger and says what follows from its block. Throws `AERGO_SNAPSHOT_INVALID`. */
export function checkSnapshot(reader: BlockReader, id: Oid, refName: string): Snapshot {
  const snapshot = readSnapshot(reader.source, id);
  const tag = decodeTag(reader.source.read(id).body);
  let signer: KeyId;
  try {
    signer = verifySsh(tag.signature ?? '', tagPayload(tag), 'git');
  } catch (error) {
    throw invalid(id, 'its signature does not hold', error);
  }
  const expected = keySignature(signer, snapshot.time);
  const { name, email, seconds } = tag.tagger;
  if (name !== expected.name || email !== expected.email || seconds !== expected.seconds)
    throw invalid(id, `${signer} signed it, ${name} is named`);
  if (tag.type !== 'commit' || snapshot.name !== refName)
    throw invalid(id, 'it is not the snapshot that its ref names');
  if (tag.message !== message(snapshot.name, reader.block(snapshot.block)))
    throw invalid(id, 'its message does not follow from its block');
  return snapshot;
}

const invalid = (id: Oid, what: string, cause?: unknown): AergoError =>
  new AergoError('AERGO_SNAPSHOT_INVALID', `snapshot ${id.slice(0, 7)}: ${what}`, { details: { snapshot: id }, cause });
