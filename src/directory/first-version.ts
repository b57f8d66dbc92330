/**
 * Version 1 of the directory, which comes with the genesis block and follows from it but for what its sealer was free to
 * choose: what the one member, who is the admin, is called, and who may read.
 */
import { isDeepStrictEqual } from 'node:util';
import type { KeyId, SigningKey } from '../crypto/key.ts';
import type { Block, BlockId } from '../ledger/block.ts';
import type { Commit } from '../object/commit.ts';
import type { Oid } from '../object/oid.ts';
import { ObjectBuffer, type ObjectSource } from '../object/source.ts';
import type { Visibility } from './files.ts';
import { type DirectoryVersion, directoryInvalid, putVersionTree, signVersion, unsignedVersion } from './version.ts';

/** What version 1 says, beside what follows from the genesis block. */
interface FirstVersion {
  readonly genesis: BlockId;
  readonly branch: string;
  readonly start: string;
  /** ms, the genesis block's */
  readonly time: number;
  readonly engine: Oid;
  readonly visibility: Visibility;
  readonly memberName: string;
}

/** Writes version 1, signed by the genesis block's sealer; its objects are put into `buffer`, the commit last. */
export function writeFirstVersion(buffer: ObjectBuffer, parts: FirstVersion, key: SigningKey): Oid {
  return signVersion(buffer, firstVersion(buffer, parts, key.id), key);
}

/** The commit of version 1 without its signature; its tree's objects are put into `buffer`. */
function firstVersion(buffer: ObjectBuffer, parts: FirstVersion, key: KeyId): Commit {
  const { genesis, branch, start, time, engine, visibility, memberName } = parts;
  const content = {
    repository: genesis,
    version: 1,
    time,
    members: new Map([[key, { from: 1, name: memberName, roles: ['admin'] }]]),
    policy: { engines: [engine], visibility },
    heads: new Map([[branch, { head: genesis, height: 0, start }]]),
    tags: new Map(),
  };
  return unsignedVersion(content, putVersionTree(buffer, content), 'Directory version 1\n', key);
}

/**
 * Checks that version 1 is exactly what the genesis block's sealer had to write: built again from the genesis block and what
 * it was free to choose. Throws `AERGO_DIRECTORY_INVALID`.
 */
export function checkFirstVersion(source: ObjectSource, directory: DirectoryVersion, genesis: Block): void {
  const { id, members, policy } = directory;
  directory.check();
  const [only, ...others] = members;
  if (only === undefined || others.length > 0) throw directoryInvalid(id, 'version 1 has exactly one member');
  const [key, { name }] = only;
  if (key !== genesis.sealer) throw directoryInvalid(id, 'its member is not who sealed the genesis block');
  const { branch, start, time } = genesis.header;
  const { engine } = genesis;
  const parts = { genesis: genesis.id, branch, start, time, engine, visibility: policy.visibility, memberName: name };
  const { signature: _, ...found } = directory.commit;
  const expected = firstVersion(new ObjectBuffer(source), parts, genesis.sealer);
  if (!isDeepStrictEqual(found, expected)) throw directoryInvalid(id, 'it does not follow from the genesis block');
}
