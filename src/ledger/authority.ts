/**
 * Who may do what, as blocks and transactions are judged by it: the directory's knowledge, given in. A block is judged by the
 * version that it names, and by what the newest says of keys that were revoked.
 */
import type { KeyId } from '../crypto/key.ts';
import type { Oid } from '../object/oid.ts';
import type { Block, BlockId, BlockReader } from './block.ts';
import { type BlockHeader, logicOfMerge, type MergeHeader, type MergeLogic } from './header.ts';
import type { Transaction } from './transaction.ts';

/** What the keys of a version may do. */
export interface Rights {
  isAdmin(key: KeyId): boolean;
  /** Sign transactions. */
  mayWrite(key: KeyId): boolean;
  /** Seal ordinary blocks of a branch. */
  maySeal(key: KeyId, branch: string): boolean;
  /** Merge into a branch, and settle conflicts there. */
  mayMerge(key: KeyId, branch: string): boolean;
  /** Whether `key` is `other`, or took its place. */
  standsFor(key: KeyId, other: string): boolean;
}

/** A version of the directory, for the blocks that name it. */
export interface VersionInForce {
  readonly version: number;
  readonly rights: Rights;
  /** Blob ids of the engine descriptions that blocks may name, oldest first. */
  readonly engines: readonly Oid[];
  /** Why the policy does not let such a merge into the branch. @param logic what it goes by, where it was agreed on */
  mergeFault(
    merge: Pick<MergeHeader, 'branch' | 'mode' | 'options'>,
    logic: MergeLogic | undefined,
  ): string | undefined;
}

export interface Authority {
  readonly first: VersionInForce;
  readonly newest: VersionInForce;
  /** The version of this id, where it is one of this repository's. */
  version(id: Oid): VersionInForce | undefined;
  /** The version in which the key was revoked. */
  revokedIn(key: KeyId): number | undefined;
  /** Whether a version below `version` published the block. */
  isPublishedBelow(block: BlockId, version: number): boolean;
}

/** The version by which a block is judged; the genesis block names none and is judged by the first. */
export const versionOf = (authority: Authority, header: BlockHeader): VersionInForce | undefined =>
  header.kind === 'genesis' ? authority.first : authority.version(header.directory);

/** Whether a key may make a block of this kind. */
export const mayMake = (rights: Rights, key: KeyId, kind: BlockHeader['kind'], branch: string): boolean =>
  kind === 'merge' ? rights.mayMerge(key, branch) : rights.maySeal(key, branch);

/** Whether the author of a transaction may sign it for the branch. */
export const mayAuthor = (rights: Rights, { kind, author }: Transaction, branch: string): boolean =>
  kind === 'resolve' ? rights.mayMerge(author, branch) : rights.mayWrite(author);

/**
 * What the directory has against a block: who sealed it, who signed its transactions, its engine, its kind of merge.
 * @param admission the block is new to everybody: whoever made it must have the right by the newest version too
 */
export function authorityFault(
  authority: Authority,
  reader: BlockReader,
  block: Block,
  admission: boolean,
): string | undefined {
  const { header, sealer } = block;
  const named = versionOf(authority, header);
  if (named === undefined) return 'the directory version that it names is none of this repository';
  return (
    successionFault(authority, reader, block, named) ??
    makersFault(reader, block, named) ??
    mergeFault(reader, block, named) ??
    revocationFault(authority, block.id, sealer) ??
    (admission && named.version !== authority.newest.version ? makersFault(reader, block, authority.newest) : undefined)
  );
}

/** Neither the directory nor the engine goes back from a block to its child. */
function successionFault(
  authority: Authority,
  reader: BlockReader,
  { commit, engine }: Block,
  { version, engines }: VersionInForce,
): string | undefined {
  const accepted = engines.indexOf(engine);
  if (accepted < 0) return 'its engine is not accepted by the directory';
  for (const parent of commit.parents) {
    // Missing where the history is cut.
    if (!reader.source.has(parent)) continue;
    const before = reader.block(parent);
    const then = versionOf(authority, before.header)?.version ?? 0;
    if (then > version) return `it names version ${version} of the directory, its parent version ${then}`;
    if (engines.indexOf(before.engine) > accepted) return 'its engine is older than its parent’s';
  }
  return undefined;
}

function makersFault(
  reader: BlockReader,
  { id, header, sealer }: Block,
  { rights, version }: VersionInForce,
): string | undefined {
  const { kind, branch } = header;
  if (!mayMake(rights, sealer, kind, branch))
    return `${sealer} may not ${kind === 'merge' ? 'merge into' : 'seal on'} ${branch} by version ${version} of the directory`;
  const stranger = reader.transactions(id).find(({ transaction }) => !mayAuthor(rights, transaction, branch));
  if (stranger === undefined) return undefined;
  return `${stranger.transaction.author}, who signed transaction ${stranger.id.slice(0, 7)}, may not write by version ${version} of the directory`;
}

function mergeFault(reader: BlockReader, { header, commit }: Block, named: VersionInForce): string | undefined {
  const [, source] = commit.parents;
  if (header.kind !== 'merge' || source === undefined || !reader.source.has(source)) return undefined;
  return named.mergeFault(header, logicOfMerge(reader.header(source), header.logic));
}

/** A stolen key cannot fork the past: what it sealed counts where it was published before the key was revoked. */
function revocationFault(authority: Authority, id: BlockId, sealer: KeyId): string | undefined {
  const revoked = authority.revokedIn(sealer);
  if (revoked === undefined || authority.isPublishedBelow(id, revoked)) return undefined;
  return `${sealer}, who sealed it, was revoked in version ${revoked} of the directory, and no version before had published it`;
}
