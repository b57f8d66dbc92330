/**
 * The directory's versions: signed commits of their own that say where branches stand, who the members are and what is
 * allowed. Frozen: docs/format.md, vectors in fixtures/format/.
 *
 * This build writes and reads version 1, which comes with the genesis block: one member, who is the admin.
 */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { canonicalJson, type JsonValue, parseCanonicalJson } from '../crypto/canonical-json.ts';
import type { KeyId, SigningKey } from '../crypto/key.ts';
import { signSsh, verifySsh } from '../crypto/sshsig.ts';
import { AergoError } from '../errors.ts';
import type { Rights } from '../ledger/admission.ts';
import { type Block, type BlockId, keySignature } from '../ledger/block.ts';
import { oidSchema, startSchema, timeSchema } from '../ledger/transaction.ts';
import { type Commit, commitPayload, decodeCommit, encodeCommit } from '../object/commit.ts';
import type { Oid } from '../object/oid.ts';
import { ObjectBuffer, type ObjectSource, readBlob, readTree } from '../object/source.ts';
import { encodeTree, type TreeEntry } from '../object/tree.ts';

export type Visibility = 'public' | 'private';

export const directorySchema = z.strictObject({
  format: z.literal(1),
  repository: oidSchema,
  time: timeSchema,
  version: z.literal(1),
});
export const headSchema = z.strictObject({ head: oidSchema, height: z.literal(0), start: startSchema });
export const memberSchema = z.strictObject({
  from: z.literal(1),
  name: z.string().min(1).max(200),
  roles: z.tuple([z.literal('admin')]),
});
export const policySchema = z.strictObject({
  engines: z.array(oidSchema).min(1),
  visibility: z.enum(['public', 'private']),
});

export interface Member extends z.infer<typeof memberSchema> {
  readonly key: KeyId;
}

/** A directory version as read and checked. */
export interface DirectoryVersion {
  readonly id: Oid;
  readonly version: 1;
  readonly repository: Oid;
  readonly members: readonly Member[];
  readonly visibility: Visibility;
  /** Blob ids of the engine descriptions that blocks may name. */
  readonly engines: readonly Oid[];
}

const prefix = 'ed25519:';

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
  const commit = firstVersion(buffer, parts, key.id);
  return buffer.put('commit', encodeCommit({ ...commit, signature: signSsh(key, commitPayload(commit), 'git') }));
}

/** The commit of version 1 without its signature; its tree's objects are put into `buffer`. */
function firstVersion(buffer: ObjectBuffer, parts: FirstVersion, key: KeyId): Commit {
  const file = (name: string, value: JsonValue): TreeEntry => ({
    mode: '100644',
    name,
    oid: buffer.put('blob', Buffer.from(`${canonicalJson(value)}\n`)),
  });
  const folder = (name: string, entry: TreeEntry): TreeEntry => ({
    mode: '40000',
    name,
    oid: buffer.put('tree', encodeTree([entry])),
  });
  const { genesis, branch, start, time, engine, visibility, memberName } = parts;
  const tree = buffer.put(
    'tree',
    encodeTree([
      file('directory.json', { format: 1, repository: genesis, time, version: 1 }),
      folder('heads', file(`${branch.replaceAll('/', '%2F')}.json`, { head: genesis, height: 0, start })),
      folder('members', file(`${key.slice(prefix.length)}.json`, { from: 1, name: memberName, roles: ['admin'] })),
      file('policy.json', { engines: [engine], visibility }),
    ]),
  );
  const signature = keySignature(key, time);
  return { tree, parents: [], author: signature, committer: signature, message: 'Directory version 1\n' };
}

const invalid = (id: Oid, what: string, cause?: unknown): AergoError =>
  new AergoError('AERGO_DIRECTORY_INVALID', `directory ${id.slice(0, 7)}: ${what}`, {
    details: { directory: id },
    cause,
  });

/** Reads a version and checks its structure and signature: signed by its one member. Throws `AERGO_DIRECTORY_INVALID`. */
export function readDirectory(source: ObjectSource, id: Oid): DirectoryVersion {
  const commit = decodeCommit(source.read(id).body);
  const entries = new Map(readTree(source, commit.tree).map((entry) => [entry.name, entry]));
  if ([...entries.keys()].join() !== 'directory.json,heads,members,policy.json')
    throw invalid(id, 'its files are not those of version 1');
  const entry = (name: string): Oid => entries.get(name)?.oid ?? commit.tree;
  const parse = <T>(schema: z.ZodType<T>, oid: Oid, name: string): T => {
    const text = Buffer.from(readBlob(source, oid)).toString('utf8');
    const parsed = schema.safeParse(text.endsWith('\n') ? parseCanonicalJson(text.slice(0, -1)) : undefined);
    if (!parsed.success) throw invalid(id, `${name} is not as it must be`, parsed.error);
    return parsed.data;
  };
  const { repository, version } = parse(directorySchema, entry('directory.json'), 'directory.json');
  const policy = parse(policySchema, entry('policy.json'), 'policy.json');
  for (const head of readTree(source, entry('heads'))) parse(headSchema, head.oid, head.name);
  const members = readTree(source, entry('members')).map((file) => ({
    ...parse(memberSchema, file.oid, file.name),
    key: `${prefix}${file.name.replace(/\.json$/, '')}` as KeyId,
  }));
  const [only, ...others] = members;
  if (only === undefined || others.length > 0) throw invalid(id, 'version 1 has exactly one member');
  checkSignature(id, commit, only.key);
  return { id, version, repository, members, visibility: policy.visibility, engines: policy.engines };
}

/**
 * Checks that version 1 is exactly what the genesis block's sealer had to write: built again from the genesis block and what
 * it was free to choose, the member's name and the visibility. Throws `AERGO_DIRECTORY_INVALID`.
 */
export function checkFirstVersion(source: ObjectSource, directory: DirectoryVersion, genesis: Block): void {
  const { id, members, visibility } = directory;
  const { branch, start, time } = genesis.header;
  const [member] = members;
  if (member === undefined || member.key !== genesis.sealer)
    throw invalid(id, 'its member is not who sealed the genesis block');
  const parts = {
    genesis: genesis.id,
    branch,
    start,
    time,
    engine: genesis.engine,
    visibility,
    memberName: member.name,
  };
  const { signature: _, ...found } = decodeCommit(source.read(id).body);
  const expected = firstVersion(new ObjectBuffer(source), parts, genesis.sealer);
  if (!isDeepStrictEqual(found, expected)) throw invalid(id, 'it does not follow from the genesis block');
}

function checkSignature(id: Oid, commit: ReturnType<typeof decodeCommit>, key: KeyId): void {
  let signer: KeyId;
  try {
    signer = verifySsh(commit.signature ?? '', commitPayload(commit), 'git');
  } catch (error) {
    throw invalid(id, 'its signature does not hold', error);
  }
  if (signer !== key || commit.committer.name !== key) throw invalid(id, `${signer} signed it, its member is ${key}`);
}

/** What the members of this version may do. */
export function rightsOf(directory: DirectoryVersion): Rights {
  const admins = new Set(directory.members.map((member) => member.key));
  return { isAdmin: (key) => admins.has(key), maySeal: (key) => admins.has(key) };
}
