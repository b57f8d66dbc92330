/**
 * The directory's versions: signed commits of their own, each on the one before, that say where branches and snapshots
 * stand, who the members are and what is allowed. Frozen: docs/format.md, vectors in fixtures/format/directory.json.
 *
 * Here they are written and read; whether one may follow another is step.ts's.
 */
import { isUtf8 } from 'node:buffer';
import type { z } from 'zod';
import { canonicalJson, type JsonValue, parseCanonicalJson } from '../crypto/canonical-json.ts';
import { isKeyId, type KeyId, type SigningKey } from '../crypto/key.ts';
import { signSsh, verifySsh } from '../crypto/sshsig.ts';
import { AergoError } from '../errors.ts';
import { keySignature } from '../ledger/block.ts';
import { Recent } from '../ledger/recent.ts';
import { type Commit, commitPayload, decodeCommit, encodeCommit } from '../object/commit.ts';
import { objectId } from '../object/object.ts';
import type { Oid } from '../object/oid.ts';
import { type ObjectBuffer, type ObjectSource, readBlob, readTree } from '../object/source.ts';
import { encodeTree, type TreeEntry } from '../object/tree.ts';
import {
  type Approval,
  approvalSchema,
  directorySchema,
  type Head,
  headSchema,
  keyFile,
  keyOfFile,
  type MemberFile,
  memberSchema,
  type Policy,
  policySchema,
  refFile,
  refOfFile,
  type Tag,
  tagSchema,
  versionLimit_bytes,
} from './files.ts';

/** What a version says, approvals aside. */
export interface DirectoryContent {
  /** The genesis block's id. */
  readonly repository: Oid;
  readonly version: number;
  /** The version before; absent in the first. */
  readonly previous?: Oid;
  /** ms */
  readonly time: number;
  /** ms: not to be believed afterwards without a newer one; follows from the policy's `lifetime`. */
  readonly expires?: number;
  readonly members: ReadonlyMap<KeyId, MemberFile>;
  readonly policy: Policy;
  /** By branch. */
  readonly heads: ReadonlyMap<string, Head>;
  /** By snapshot. */
  readonly tags: ReadonlyMap<string, Tag>;
}

export type Approvals = ReadonlyMap<KeyId, Approval>;

/** Puts the tree of a version into `buffer`; without approvals it is what approvals sign. */
export function putVersionTree(buffer: ObjectBuffer, content: DirectoryContent, approvals: Approvals = new Map()): Oid {
  const { repository, version, previous, time, expires, members, policy, heads, tags } = content;
  const file = (name: string, value: JsonValue): TreeEntry => ({
    mode: '100644',
    name,
    oid: buffer.put('blob', Buffer.from(`${canonicalJson(value)}\n`)),
  });
  const folder = <K, V extends JsonValue>(
    name: string,
    files: ReadonlyMap<K, V>,
    nameOf: (key: K) => string,
  ): TreeEntry[] => {
    if (files.size === 0) return [];
    const tree = encodeTree([...files].map(([key, value]) => file(nameOf(key), value)));
    return [{ mode: '40000', name, oid: buffer.put('tree', tree) }];
  };
  const optional = Object.entries({ previous, expires }).filter(([, value]) => value !== undefined);
  return buffer.put(
    'tree',
    encodeTree([
      ...folder('approvals', approvals, keyFile),
      file('directory.json', { format: 1, repository, time, version, ...Object.fromEntries(optional) }),
      ...folder('heads', heads, refFile),
      ...folder('members', members, keyFile),
      file('policy.json', policy),
      ...folder('tags', tags, refFile),
    ]),
  );
}

/** The commit of a version without its signature. */
export function unsignedVersion(content: DirectoryContent, tree: Oid, message: string, signer: KeyId): Commit {
  const signature = keySignature(signer, content.time);
  const parents = content.previous === undefined ? [] : [content.previous];
  return { tree, parents, author: signature, committer: signature, message };
}

/** Signs a version; its commit, and with `putVersionTree` all that it names, is then in `buffer`. */
export function signVersion(buffer: ObjectBuffer, commit: Commit, key: SigningKey): Oid {
  return buffer.put('commit', encodeCommit({ ...commit, signature: signSsh(key, commitPayload(commit), 'git') }));
}

export const directoryInvalid = (id: Oid, what: string, cause?: unknown): AergoError =>
  new AergoError('AERGO_DIRECTORY_INVALID', `directory ${id.slice(0, 7)}: ${what}`, {
    details: { directory: id },
    cause,
  });

/** A folder's files by what they are named after, and the bytes of folder and files. */
interface Folder<K, V> {
  readonly files: ReadonlyMap<K, V>;
  readonly bytes: number;
}

/** Reads versions; files and folders that one shares with another are read once. */
export class DirectoryReader {
  readonly source: ObjectSource;
  readonly #versions = new Recent<Oid, DirectoryVersion>(256);
  readonly #folders = new Recent<string, Folder<unknown, unknown>>(64);
  readonly #files = new Recent<string, { value: unknown; bytes: number }>(16_384);

  constructor(source: ObjectSource) {
    this.source = source;
  }

  /** Throws `AERGO_DIRECTORY_INVALID` where the commit or its tree is not a version's. */
  version(id: Oid): DirectoryVersion {
    return this.#versions.get(id) ?? this.#versions.set(id, new DirectoryVersion(this, id));
  }

  /** One file; `id` is the version that is being read, for messages. */
  file<T>(id: Oid, schema: z.ZodType<T>, oid: Oid, name: string): { value: T; bytes: number } {
    const key = `${name.includes('/') ? name.slice(0, name.indexOf('/')) : name} ${oid}`;
    const known = this.#files.get(key);
    if (known !== undefined) return known as { value: T; bytes: number };
    const bytes = readBlob(this.source, oid);
    return this.#files.set(key, { value: parse(id, schema, bytes, name), bytes: bytes.length }) as {
      value: T;
      bytes: number;
    };
  }

  folder<K, V>(id: Oid, entry: TreeEntry | undefined, schema: z.ZodType<V>, keyOf: (file: string) => K | undefined) {
    if (entry === undefined) return { files: new Map<K, V>(), bytes: 0 };
    const key = `${entry.name} ${entry.oid}`;
    const known = this.#folders.get(key);
    if (known !== undefined) return known as Folder<K, V>;
    const body = this.source.read(entry.oid).body;
    if (body.length > versionLimit_bytes) throw tooLarge(id);
    const files = new Map<K, V>();
    let bytes = body.length;
    for (const { mode, name, oid } of readTree(this.source, entry.oid)) {
      const place = `${entry.name}/${name}`;
      const named = mode === '100644' ? keyOf(name) : undefined;
      if (named === undefined) throw directoryInvalid(id, `it holds ${JSON.stringify(place)}, which no version has`);
      const file = this.file(id, schema, oid, place);
      bytes += file.bytes;
      if (bytes > versionLimit_bytes) throw tooLarge(id);
      files.set(named, file.value);
    }
    if (files.size === 0) throw directoryInvalid(id, `${entry.name} is there and empty`);
    this.#folders.set(key, { files, bytes });
    return { files, bytes };
  }
}

const tooLarge = (id: Oid): AergoError =>
  directoryInvalid(id, `it is larger than the ${versionLimit_bytes} bytes that a version may have`);

function parse<T>(id: Oid, schema: z.ZodType<T>, bytes: Uint8Array, name: string): T {
  const text = Buffer.from(bytes).toString('utf8');
  let value: JsonValue | undefined;
  try {
    // What is no UTF-8 would read as if somebody had written the signs that stand for it.
    if (isUtf8(bytes) && text.endsWith('\n')) value = parseCanonicalJson(text.slice(0, -1));
  } catch (error) {
    throw directoryInvalid(id, `${name} is not canonical JSON`, error);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const member = issue === undefined || issue.path.length === 0 ? '' : ` (${issue.path.join('.')})`;
  throw directoryInvalid(id, `${name} is not as it must be${member}`, parsed.error);
}

const modes: ReadonlyMap<string, TreeEntry['mode']> = new Map([
  ['approvals', '40000'],
  ['directory.json', '100644'],
  ['heads', '40000'],
  ['members', '40000'],
  ['policy.json', '100644'],
  ['tags', '40000'],
]);

/** A version as read. Its parts are checked as they are asked for; `check` asks for all. */
export class DirectoryVersion implements DirectoryContent {
  readonly id: Oid;
  readonly commit: Commit;
  readonly repository: Oid;
  readonly version: number;
  readonly previous?: Oid;
  readonly time: number;
  readonly expires?: number;
  readonly policy: Policy;
  readonly #reader: DirectoryReader;
  readonly #entries: ReadonlyMap<string, TreeEntry>;
  readonly #bytes: number;

  constructor(reader: DirectoryReader, id: Oid) {
    const object = reader.source.read(id);
    if (object.type !== 'commit') throw directoryInvalid(id, `it is a ${object.type}, not a commit`);
    this.id = id;
    this.commit = decodeCommit(object.body);
    this.#reader = reader;
    const tree = reader.source.read(this.commit.tree).body;
    this.#entries = new Map(readTree(reader.source, this.commit.tree).map((entry) => [entry.name, entry]));
    for (const { name, mode } of this.#entries.values()) {
      if (modes.get(name) !== mode)
        throw directoryInvalid(id, `it holds ${JSON.stringify(name)}, which no version has`);
    }
    const own = this.#file(directorySchema, 'directory.json');
    const policy = this.#file(policySchema, 'policy.json');
    const { repository, version, time } = own.value;
    this.repository = repository;
    this.version = version;
    this.time = time;
    if ('previous' in own.value) {
      this.previous = own.value.previous;
      if (own.value.expires !== undefined) this.expires = own.value.expires;
    }
    this.policy = policy.value;
    this.#bytes = object.body.length + tree.length + own.bytes + policy.bytes;
  }

  #file<T>(schema: z.ZodType<T>, name: string): { value: T; bytes: number } {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw directoryInvalid(this.id, `${name} is missing`);
    return this.#reader.file(this.id, schema, entry.oid, name);
  }

  get #members() {
    return this.#reader.folder(this.id, this.#entries.get('members'), memberSchema, keyOfFile);
  }
  get #heads() {
    return this.#reader.folder(this.id, this.#entries.get('heads'), headSchema, refOfFile);
  }
  get #tags() {
    return this.#reader.folder(this.id, this.#entries.get('tags'), tagSchema, refOfFile);
  }
  get #approvals() {
    return this.#reader.folder(this.id, this.#entries.get('approvals'), approvalSchema, keyOfFile);
  }

  get members(): ReadonlyMap<KeyId, MemberFile> {
    return this.#members.files;
  }
  get heads(): ReadonlyMap<string, Head> {
    return this.#heads.files;
  }
  get tags(): ReadonlyMap<string, Tag> {
    return this.#tags.files;
  }
  get approvals(): Approvals {
    return this.#approvals.files;
  }

  /** Whoever is named as signer; `check` says whether that key signed. */
  get signer(): KeyId {
    const { name } = this.commit.committer;
    if (isKeyId(name)) return name;
    throw directoryInvalid(this.id, `${JSON.stringify(name.slice(0, 80))}, who is named as its signer, is no key`);
  }

  /** The id of its tree without approvals: what approvals sign. */
  get draft(): Oid {
    const entries = [...this.#entries.values()].filter(({ name }) => name !== 'approvals');
    return objectId('tree', encodeTree(entries));
  }

  /** Reads everything, and checks size and signature. Throws `AERGO_DIRECTORY_INVALID`. */
  check(): void {
    const parts = [this.#members, this.#heads, this.#tags, this.#approvals];
    if (parts.reduce((sum, part) => sum + part.bytes, this.#bytes) > versionLimit_bytes) throw tooLarge(this.id);
    const { signer, id, commit } = this;
    if (commit.signature === undefined) throw directoryInvalid(id, 'it is not signed');
    let found: KeyId;
    try {
      found = verifySsh(commit.signature, commitPayload(commit), 'git');
    } catch (error) {
      throw directoryInvalid(id, 'its signature does not hold', error);
    }
    if (found !== signer) throw directoryInvalid(id, `${signer} is named as its signer, ${found} signed it`);
  }
}
