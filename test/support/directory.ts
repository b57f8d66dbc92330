/**
 * Directories for tests, in memory: a genesis block, blocks after it that hold nothing, and versions that follow each other or
 * that nobody honest would write. Times, keys and randomness are the same in every run.
 */
import type { KeyId, SigningKey } from '../../src/crypto/key.ts';
import { signSsh } from '../../src/crypto/sshsig.ts';
import { approve } from '../../src/directory/approval.ts';
import { type ChainContext, verifyVersions } from '../../src/directory/chain.ts';
import type { MemberFile } from '../../src/directory/files.ts';
import { writeFirstVersion } from '../../src/directory/first-version.ts';
import { type Changed, nextContent, putVersion } from '../../src/directory/next-version.ts';
import {
  type DirectoryContent,
  DirectoryReader,
  type DirectoryVersion,
  putVersionTree,
} from '../../src/directory/version.ts';
import { AergoError } from '../../src/errors.ts';
import { genesisContent } from '../../src/ledger/assemble.ts';
import { type Block, type BlockId, BlockReader, sealBlock } from '../../src/ledger/block.ts';
import { History } from '../../src/ledger/history.ts';
import { writeSnapshot } from '../../src/ledger/snapshot.ts';
import { type Commit, commitPayload, encodeCommit } from '../../src/object/commit.ts';
import type { Oid } from '../../src/object/oid.ts';
import { ObjectBuffer, readTree } from '../../src/object/source.ts';
import { encodeTree, type TreeEntry } from '../../src/object/tree.ts';
import { emptyState } from '../../src/state/state-update.ts';
import { keyOf } from './repository.ts';

const firstTime = Date.UTC(2026, 0, 1);
const mainStart = '0123456789abcdef';

/** How a version is written. */
export interface Writing {
  readonly key?: SigningKey;
  /** Who approves it. */
  readonly approvals?: readonly SigningKey[];
  /** ms */
  readonly time?: number;
  /** What a forger changes before it is signed. */
  readonly forge?: (content: DirectoryContent) => DirectoryContent;
}

export class DirectoryWorld {
  readonly buffer = new ObjectBuffer({
    has: () => false,
    read: (oid) => {
      throw new AergoError('AERGO_OBJECT_MISSING', `object ${oid} is not there`);
    },
  });
  readonly reader = new BlockReader(this.buffer);
  readonly history = new History();
  readonly versions = new DirectoryReader(this.buffer);
  readonly genesis: Block;
  readonly first: DirectoryVersion;
  newest: DirectoryVersion;
  #time = firstTime;

  constructor() {
    const entries = new Map<string, string>();
    this.history.attach({
      derived: (key) => entries.get(key),
      async *derivedRange() {
        // Nothing here is looked for by its beginning.
      },
    });
    this.#keep = (id) => {
      for (const { key, value } of this.history.derive(id, this.buffer)) entries.set(key, value);
    };
    const engine = this.buffer.put('blob', Buffer.from('{"format":1}\n'));
    const place = { branch: 'main', start: mainStart, time: firstTime };
    const content = genesisContent({ ...place, nonce: '0'.repeat(32), engine, state: emptyState(this.buffer) });
    const genesis = sealBlock(this.buffer, content, keyOf('ada'));
    this.#keep(genesis);
    this.genesis = this.reader.block(genesis);
    const parts = { genesis, ...place, engine, visibility: 'public' as const, memberName: 'ada' };
    this.first = this.versions.version(writeFirstVersion(this.buffer, parts, keyOf('ada')));
    this.newest = this.first;
  }

  readonly #keep: (id: BlockId) => void;

  get context(): ChainContext {
    const { reader, history, versions, genesis } = this;
    return { reader, history, versions, genesis };
  }

  /** An empty block on a branch, sealed by ada. */
  block(parent: BlockId, branch = 'main', start = mainStart): BlockId {
    const before = this.reader.block(parent);
    const id = sealBlock(
      this.buffer,
      {
        header: {
          format: 1,
          kind: 'block',
          repository: this.genesis.id,
          branch,
          start,
          height: before.header.height + 1,
          time: before.header.time + 1_000,
          directory: this.first.id,
          counts: { applied: 0, dropped: 0, leftOut: 0 },
        },
        parents: [parent],
        engine: before.engine,
        transactions: [],
        receipts: [],
        state: before.state,
        data: [],
      },
      keyOf('ada'),
    );
    this.#keep(id);
    return id;
  }

  /** The head of a branch as a version has it. */
  head(block: BlockId, start = mainStart): { head: Oid; height: number; start: string } {
    return { head: block, height: this.reader.header(block).height, start };
  }

  heads(...heads: readonly (readonly [string, BlockId, string?])[]): Pick<DirectoryContent, 'heads'> {
    return { heads: new Map(heads.map(([branch, block, start]) => [branch, this.head(block, start)])) };
  }

  /** A snapshot of a block, and its file. */
  snapshot(name: string, block: BlockId): Pick<DirectoryContent, 'tags'> {
    const tag = writeSnapshot(this.buffer, name, this.reader.block(block), firstTime, keyOf('ada'));
    return { tags: new Map([...this.newest.tags, [name, { block, tag }]]) };
  }

  /** The members with these changed or added. */
  members(...changed: readonly (readonly [string, Partial<MemberFile>])[]): Pick<DirectoryContent, 'members'> {
    const members = new Map<KeyId, MemberFile>(this.newest.members);
    for (const [name, file] of changed) {
      const key = keyOf(name).id;
      const before = members.get(key) ?? { from: this.newest.version + 1, name, roles: ['write'] };
      members.set(key, { ...before, ...file });
    }
    return { members };
  }

  /** A version on the newest, by ada unless said otherwise; it becomes the newest when `keep` takes it. */
  write(changed: Changed, { key = keyOf('ada'), approvals = [], time, forge }: Writing = {}): DirectoryVersion {
    this.#time += 1_000;
    const honest = nextContent(this.newest, changed, time ?? this.#time);
    const content = forge?.(honest) ?? honest;
    const draft = putVersionTree(this.buffer, content);
    const approved = { repository: this.genesis.id, previous: this.newest.id, draft };
    const signed = new Map(approvals.map((one) => [one.id, approve(approved, one)]));
    const { id } = putVersion(this.buffer, this.newest, content, key, signed);
    return this.versions.version(id);
  }

  keep(version: DirectoryVersion): DirectoryVersion {
    this.newest = version;
    return version;
  }

  /** Writes a version that must be good, and keeps it. */
  next(changed: Changed, writing: Writing = {}): DirectoryVersion {
    const version = this.write(changed, writing);
    verifyVersions(this.context, version.id, this.newest.id);
    return this.keep(version);
  }

  verify(version = this.newest): Oid[] {
    return verifyVersions(this.context, version.id);
  }
}

/** Bob is an admin, eve writes, the server publishes; main is protected by two admins. */
export function organisation(): DirectoryWorld {
  const world = new DirectoryWorld();
  world.next(
    world.members(['bob', { roles: ['admin'] }], ['eve', { roles: ['write'] }], ['server', { roles: ['publish'] }]),
  );
  world.next({ policy: { ...world.newest.policy, rules: [{ approvals: 2, ref: 'refs/heads/main' }] } });
  return world;
}

/** What is wrong with a version on the newest, or with reading it; `nothing` where it is good. */
export function refusal(world: DirectoryWorld, version: DirectoryVersion | (() => DirectoryVersion)): string {
  try {
    const { id } = typeof version === 'function' ? version() : version;
    verifyVersions(world.context, id, world.newest.id);
  } catch (error) {
    if (error instanceof AergoError && error.code === 'AERGO_DIRECTORY_INVALID') return error.message;
    throw error;
  }
  return 'nothing';
}

/** The version's commit with something changed, signed anew. */
export function withCommit(
  world: DirectoryWorld,
  version: DirectoryVersion,
  change: (commit: Commit) => Commit,
  key = keyOf('ada'),
): DirectoryVersion {
  const { signature: _, ...unsigned } = version.commit;
  const commit = change(unsigned);
  const signature = signSsh(key, commitPayload(commit), 'git');
  return world.versions.version(world.buffer.put('commit', encodeCommit({ ...commit, signature })));
}

/** The version with the entries of its tree changed. */
export const withTree = (
  world: DirectoryWorld,
  version: DirectoryVersion,
  change: (entries: TreeEntry[]) => TreeEntry[],
) =>
  withCommit(world, version, (commit) => ({
    ...commit,
    tree: world.buffer.put('tree', encodeTree(change(readTree(world.buffer, commit.tree)))),
  }));
