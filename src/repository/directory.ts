/** The directory for whoever looks at it: its versions, what one of them says, and whether all of it holds. */
import type { KeyId } from '../crypto/key.ts';
import { verifyVersions, versionAt, versionsBack } from '../directory/chain.ts';
import type { Head, Member, Policy, Tag } from '../directory/files.ts';
import { membersOf } from '../directory/rights.ts';
import type { DirectoryVersion } from '../directory/version.ts';
import { AergoError } from '../errors.ts';
import type { Oid } from '../object/oid.ts';
import type { RepositoryContext } from './context.ts';
import { type Evidence, readEvidence } from './evidence.ts';

/** A version in a list. */
export interface VersionSummary {
  readonly id: Oid;
  readonly version: number;
  /** ms */
  readonly time: number;
  readonly signer: KeyId;
  /** What the signer is called. */
  readonly name?: string;
  /** Who agreed besides. */
  readonly approvals: readonly KeyId[];
  /** A line each, the first 20. */
  readonly changes: readonly string[];
}

/** A version with all that it says. */
export interface VersionView extends VersionSummary {
  readonly expires?: number;
  readonly members: readonly Member[];
  readonly policy: Policy;
  readonly heads: readonly (Head & { readonly branch: string })[];
  readonly snapshots: readonly (Tag & { readonly name: string })[];
}

export function summaryOf(context: RepositoryContext, version: DirectoryVersion): VersionSummary {
  const { id, time, signer, approvals, commit } = version;
  // Members stay in the directory for good, so the newest version has everybody's name.
  const name = context.directoryVersion.members.get(signer)?.name;
  const changes = commit.message.split('\n').slice(2, -1);
  const summary = { id, version: version.version, time, signer, approvals: [...approvals.keys()], changes };
  return name === undefined ? summary : { ...summary, name };
}

/** The versions, newest first. */
export function* directoryLog(context: RepositoryContext): Generator<VersionSummary, void> {
  for (const version of versionsBack(context.directoryReader, context.directoryVersion.id)) {
    yield summaryOf(context, version);
  }
}

/**
 * What a version says.
 * @param meant its number, or the beginning of its id; the one in force when left out
 * @throws AergoError AERGO_DIRECTORY_UNKNOWN
 */
export function showDirectory(context: RepositoryContext, meant?: string): VersionView {
  const version = findVersion(context, meant);
  const { expires, policy } = version;
  return {
    ...summaryOf(context, version),
    ...(expires === undefined ? {} : { expires }),
    members: membersOf(version),
    policy,
    heads: [...version.heads].map(([branch, head]) => ({ branch, ...head })),
    snapshots: [...version.tags].map(([name, tag]) => ({ name, ...tag })),
  };
}

function findVersion({ directoryReader, directoryVersion }: RepositoryContext, meant?: string): DirectoryVersion {
  if (meant === undefined) return directoryVersion;
  const { id: newest } = directoryVersion;
  // Numbers are short, and ids are told apart from them by their length.
  if (/^\d{1,6}$/.test(meant)) {
    const found = versionAt(directoryReader, newest, Number(meant));
    if (found !== undefined) return found;
  } else if (/^[0-9a-f]{7,64}$/.test(meant)) {
    for (const version of versionsBack(directoryReader, newest)) if (version.id.startsWith(meant)) return version;
  }
  throw new AergoError('AERGO_DIRECTORY_UNKNOWN', `the directory has no version ${JSON.stringify(meant)}`, {
    hint: `aergo directory log      (the newest is ${directoryVersion.version})`,
    details: { version: meant },
  });
}

export interface DirectoryReport {
  readonly id: Oid;
  /** The number of the version in force; all below it were verified too. */
  readonly version: number;
  readonly expires?: number;
  /** Not to be believed any more without a newer version. */
  readonly expired: boolean;
  readonly evidence: readonly Evidence[];
}

/**
 * Verifies every version from the first to the one in force, and gives what speaks against anybody.
 * @throws AergoError AERGO_DIRECTORY_INVALID at the first that is wrong; AERGO_STORE_DAMAGED
 */
export async function verifyDirectory(context: RepositoryContext): Promise<DirectoryReport> {
  const { id, version, expires } = verifiedDirectory(context);
  const evidence = await readEvidence(context.directory);
  const expired = expires !== undefined && expires < context.options.clock();
  return { id, version, ...(expires === undefined ? {} : { expires }), expired, evidence };
}

/** The version in force, when it and every one before it were verified. */
export function verifiedDirectory(context: RepositoryContext): DirectoryVersion {
  const { reader, history, directoryReader: versions, repositoryId, directoryVersion } = context;
  verifyVersions({ reader, history, versions, genesis: reader.block(repositoryId) }, directoryVersion.id);
  return directoryVersion;
}
