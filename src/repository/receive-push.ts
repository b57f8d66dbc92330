/**
 * A push as this repository takes it: into quarantine, verified whole, and only then are refs moved, all or none. Whoever
 * pushes moves heads; who may have sealed what they come to is judged block by block.
 */
import type { KeyId } from '../crypto/key.ts';
import { relate } from '../directory/chain.ts';
import { approvalsToMove, namesRef } from '../directory/heads.ts';
import { may } from '../directory/rights.ts';
import { DirectoryReader, type DirectoryVersion } from '../directory/version.ts';
import { AergoError, type ErrorCode } from '../errors.ts';
import type { BlockId } from '../ledger/block.ts';
import { boundBranch, logicOf } from '../ledger/header.ts';
import { branchOfRef, branchRef, directoryRef, isRefName, snapshotRef } from '../ledger/names.ts';
import { checkSnapshot, readSnapshot } from '../ledger/snapshot.ts';
import type { Oid } from '../object/oid.ts';
import { addReached } from '../object/reached.ts';
import { Quarantine } from '../store/quarantine.ts';
import type { RefUpdate } from '../store/refs.ts';
import type { RefCommand } from '../wire/push-request.ts';
import type { PushInProgress } from '../wire/receive-pack.ts';
import type { AdvertisedRef } from '../wire/served.ts';
import type { RepositoryContext } from './context.ts';
import { clockAhead_ms, keepReceived, receiveLimits, type VerifiedBlocks, verifyReceived } from './receive.ts';
import { servedRepository } from './served.ts';

/** Branches and snapshots of one repository at most. */
const mostRefs = 2_000;

/** Why a ref does not move, in words for whoever pushed. */
class Refused extends Error {
  readonly ref: string;
  constructor(ref: string, why: string) {
    super(why);
    this.ref = ref;
  }
}

/** What is done once refs have moved. */
export interface AfterPush {
  /** Who publishes them, where somebody does. */
  readonly publisher?: KeyId | undefined;
  /** Publishes them. */
  onMoved(): Promise<void>;
  /** Is told where that failed. */
  onUnpublished(error: unknown): void;
}

/** Begins a push by a member. */
export function receivePush(
  context: RepositoryContext,
  pusher: KeyId,
  commands: readonly RefCommand[],
  { publisher, onMoved, onUnpublished }: AfterPush,
): PushInProgress {
  const sink = Quarantine.open(context.directory, context.store, receiveLimits);
  return {
    sink,
    async admit(_unpacked, tell) {
      try {
        await oneAtATime(context, () => new Push(context, sink, { pusher, publisher }, commands, tell).admit());
      } catch (error) {
        return refusals(commands, error);
      }
      // The refs have moved: what is done about it afterwards refuses nothing any more.
      await onMoved().catch(onUnpublished);
      return new Map();
    },
    close: () => sink.close(),
  };
}

const queues = new WeakMap<RepositoryContext, Promise<void>>();

/** There is one engine, and what a push is judged by must not move under it. */
function oneAtATime(context: RepositoryContext, work: () => Promise<void>): Promise<void> {
  const before = queues.get(context) ?? Promise.resolve();
  const done = before.then(work);
  queues.set(
    context,
    done.catch(() => undefined),
  );
  return done;
}

/** What is wrong with this machine, which is nobody else's business. */
const ourFaults: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'AERGO_ENGINE_FAILED',
  'AERGO_INTERNAL',
  'AERGO_STORE_DAMAGED',
  'AERGO_STORE_FAILED',
  'AERGO_STORE_FULL',
  'AERGO_STORE_IO',
  'AERGO_STORE_UNKNOWN',
]);

/** The one that is at fault with its reason, and the others with it. What is our own fault is not a refusal. */
function refusals(commands: readonly RefCommand[], error: unknown): Map<string, string> {
  const told = error instanceof AergoError && !ourFaults.has(error.code);
  if (!(error instanceof Refused) && !told) throw error;
  const why = told && error.hint !== undefined ? `${error.message}; ${error.hint}` : error.message;
  const at = error instanceof Refused ? error.ref : undefined;
  const reason = (name: string): string =>
    at === undefined || at === name ? why : `not moved, because ${at} was refused`;
  return new Map(commands.map(({ name }) => [name, reason(name)]));
}

interface People {
  readonly pusher: KeyId;
  readonly publisher: KeyId | undefined;
}

class Push {
  readonly #context: RepositoryContext;
  readonly #quarantine: Quarantine;
  readonly #pusher: KeyId;
  readonly #publisher: KeyId | undefined;
  readonly #commands: readonly RefCommand[];
  readonly #tell: (text: string) => void;
  readonly #directory: DirectoryVersion;
  readonly #offered: readonly AdvertisedRef[];

  constructor(
    context: RepositoryContext,
    quarantine: Quarantine,
    { pusher, publisher }: People,
    commands: readonly RefCommand[],
    tell: (text: string) => void,
  ) {
    this.#context = context;
    this.#quarantine = quarantine;
    this.#pusher = pusher;
    this.#publisher = publisher;
    this.#commands = commands;
    this.#tell = tell;
    this.#directory = context.directoryVersion;
    this.#offered = servedRepository(context).refs;
  }

  async admit(): Promise<void> {
    for (const command of this.#commands) this.#checkCommand(command);
    this.#checkRoom();
    const versions = new DirectoryReader(this.#quarantine);
    const offered = this.#commands.find(({ name }) => name === directoryRef)?.new ?? undefined;
    const newest = offered ?? this.#directory.id;
    for (const { name, new: id } of this.#commands)
      if (id === null) this.#checkDeletion(name, versions.version(newest));
    const heads = this.#commands.flatMap((command) => this.#blockOf(command) ?? []);
    if (heads.length > 0) this.#tell('verifying blocks');
    const options = { admission: true, directory: { versions, newest }, isKnown: (id: BlockId) => this.#isOffered(id) };
    const verified = await verifyReceived(this.#context, this.#quarantine, heads, options);
    const loose = offered === undefined ? [] : this.#checkDirectory(versions, offered, verified);
    const updates = this.#commands.map((command) => this.#update(command, verified));
    for (const { name, new: id } of this.#commands) if (id !== null && name.startsWith(snapshotRef(''))) loose.push(id);
    await keepReceived(this.#context, this.#quarantine, verified, loose, updates);
  }

  /** What can be said of a command before anything is verified. */
  #checkCommand({ name, old, new: next }: RefCommand): void {
    const standing = this.#context.store.ref(name)?.oid ?? null;
    const isBranch = name.startsWith(branchRef(''));
    const isSnapshot = name.startsWith(snapshotRef(''));
    if (!isBranch && !isSnapshot && name !== directoryRef)
      throw new Refused(name, `only branches, snapshots and ${directoryRef} are kept here`);
    if (name !== directoryRef && !isRefName(name.split('/').slice(2).join('/')))
      throw new Refused(name, 'this cannot name a branch or a snapshot');
    if (standing !== old) throw new Refused(name, 'it has moved meanwhile: fetch, and push again');
    if (next === null) return;
    if (isSnapshot && old !== null) throw new Refused(name, 'snapshots do not move');
    if (!this.#isWithin(next)) throw new Refused(name, `object ${next} did not come with the push`);
  }

  /** Whether an object came with the push, or a ref that is offered leads to it: others are here and nobody may have them. */
  #isWithin(id: Oid): boolean {
    return this.#quarantine.isQuarantined(id) || this.#offered.some(({ oid }) => oid === id) || this.#isOffered(id);
  }

  /** Whether a block is in the history of what everybody who may read here sees. */
  #isOffered(id: BlockId): boolean {
    const { history } = this.#context;
    if (!history.has(id)) return false;
    return this.#offered.some(({ oid, peeled = oid }) => history.has(peeled) && history.isAncestor(id, peeled));
  }

  /** Every ref stands in the directory, and a version of that has its size. */
  #checkRoom(): void {
    const { store } = this.#context;
    const made = this.#commands.filter(({ old, name }) => old === null && name !== directoryRef);
    const standing = store.refs('refs/heads/').length + store.refs('refs/tags/').length;
    const [first] = made;
    if (first !== undefined && standing + made.length > mostRefs)
      throw new Refused(first.name, `there would be more than ${mostRefs} branches and snapshots`);
  }

  /** @param newest the directory as it is to be afterwards: what it names must be there */
  #checkDeletion(name: string, newest: DirectoryVersion): void {
    if (name === directoryRef) throw new Refused(name, 'the directory cannot be deleted');
    if (name === this.#context.store.head)
      throw new Refused(name, 'this is the branch that the repository shows first');
    if (!may(this.#directory, this.#pusher, 'admin'))
      throw new Refused(name, 'only an admin deletes branches and snapshots');
    if (!namesRef(newest, name)) return;
    if (approvalsToMove(newest.policy, name) > 1)
      throw new Refused(name, 'the policy lets it be deleted only when more admins agree: aergo policy show');
    if (this.#publisher === undefined || !may(this.#directory, this.#publisher, 'admin'))
      throw new Refused(name, 'the directory names it, and only an admin’s aergo push --delete takes it out of there');
  }

  /** The block that a command comes to; of a snapshot the block that it names. */
  #blockOf({ name, new: id }: RefCommand): BlockId | undefined {
    if (id === null || name === directoryRef) return undefined;
    const { type } = this.#quarantine.read(id);
    if (name.startsWith(branchRef(''))) {
      if (type !== 'commit') throw new Refused(name, `a branch stands on a block, and this is a ${type}`);
      return id;
    }
    if (type !== 'tag') throw new Refused(name, 'a snapshot is a signed tag: aergo snapshot makes one');
    const { block } = readSnapshot(this.#quarantine, id);
    if (!this.#isWithin(block))
      throw new Refused(name, `the block of the snapshot, ${block}, did not come with the push`);
    return block;
  }

  /** Gives the objects of the new versions. */
  #checkDirectory(versions: DirectoryReader, offered: Oid, { reader, history }: VerifiedBlocks): Oid[] {
    const genesis = reader.block(this.#context.repositoryId);
    const relation = relate({ reader, history, versions, genesis }, this.#directory.id, offered);
    if (relation.kind !== 'forward')
      throw new Refused(directoryRef, 'the directory has moved meanwhile: fetch, and make the change again');
    const objects = new Set<Oid>();
    const latest = this.#context.options.clock() + clockAhead_ms;
    for (const id of relation.versions) {
      const { version, time } = versions.version(id);
      // It would be believed for longer than the policy says.
      if (time > latest)
        throw new Refused(
          directoryRef,
          `version ${version} is of ${new Date(time).toISOString()}, which has not come yet`,
        );
      addReached(this.#quarantine, id, objects);
    }
    return [...objects];
  }

  #update({ name, old, new: id }: RefCommand, verified: VerifiedBlocks): RefUpdate {
    if (id === null || name === directoryRef) return { name, old, new: id };
    if (name.startsWith(snapshotRef(''))) {
      const { block, tagger } = checkSnapshot(verified.reader, id, name.slice(snapshotRef('').length));
      const { height, branch } = verified.reader.header(block);
      this.#checkMayMove(name, branch);
      const member = this.#directory.members.get(tagger);
      if (member === undefined || member.revoked !== undefined)
        throw new Refused(name, `${tagger}, who made it, is no member`);
      return { name, old, new: id, height };
    }
    return this.#moveBranch(name, old, id, verified);
  }

  #checkMayMove(name: string, branch: string): void {
    const roles = ['seal', 'merge', 'publish'] as const;
    if (!roles.some((role) => may(this.#directory, this.#pusher, role, branch)))
      throw new Refused(name, `you may not push to ${branch}: it takes the role seal, merge or publish`);
  }

  /** A branch moves forward, along its own blocks. */
  #moveBranch(name: string, old: Oid | null, id: BlockId, { reader, history }: VerifiedBlocks): RefUpdate {
    const branch = branchOfRef(name);
    const header = reader.header(id);
    const standing = this.#context.store.ref(name);
    const isOwn = header.branch === branch;
    this.#checkMayMove(name, branch);
    if (old !== null && !history.isOnChain(old, id)) {
      throw new Refused(
        name,
        `not a fast-forward: it stands at ${old.slice(0, 7)} here, block ${history.record(old).height}; aergo pull runs your blocks again on top`,
      );
    }
    const { height } = header;
    const logic = logicOf(header);
    const begun = { name, old, new: id, start: header.start, height, ...(logic === undefined ? {} : { logic }) };
    // Until its first block nothing is bound to what a branch is called by: that block settles it.
    if (standing?.start === undefined) return isOwn ? begun : { ...begun, start: this.#context.randomHex(8) };
    const hasOwn = old !== null && history.record(old).bound === `${branch}:${standing.start}`;
    if (isOwn && !hasOwn) return begun;
    if (isOwn === hasOwn && (!isOwn || header.start === standing.start)) return { name, old, new: id, height };
    throw new Refused(name, `block ${id.slice(0, 7)} was sealed on ${boundBranch(header)}, not on this branch`);
  }
}
