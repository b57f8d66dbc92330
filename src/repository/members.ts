/** Who the members are and what they may do: added, given other roles, revoked, and keys given up for others. */
import { isDeepStrictEqual } from 'node:util';
import { isKeyId, type KeyId } from '../crypto/key.ts';
import type { Member, MemberFile } from '../directory/files.ts';
import { rotated } from '../directory/next-version.ts';
import { PublishedBlocks } from '../directory/published.ts';
import { isActive, may, membersOf } from '../directory/rights.ts';
import { isRole } from '../directory/roles.ts';
import { AergoError } from '../errors.ts';
import type { BlockId } from '../ledger/block.ts';
import type { RepositoryContext } from './context.ts';
import type { ChangeOptions } from './directory-change.ts';
import { publishedRefs, type Step } from './directory-write.ts';
import { isHome } from './home.ts';
import { listRemotes } from './remotes.ts';

export interface AddMember extends ChangeOptions {
  readonly name: string;
  readonly member: KeyId;
  readonly roles: readonly string[];
}

/** By name; who was revoked too. */
export const listMembers = (context: RepositoryContext): Member[] => membersOf(context.directoryVersion);

/**
 * What adds a key as a member's, or gives a member's key another name and other roles; nothing where it has them.
 * @throws AergoError AERGO_MEMBER_INVALID, AERGO_MEMBER_REVOKED
 */
export function memberAdded(context: RepositoryContext, options: AddMember): Step {
  const { name, member: key } = options;
  const roles = [...new Set(options.roles)].sort();
  checkMember(name, roles);
  const known = context.directoryVersion.members.get(key);
  if (known?.revoked !== undefined) {
    throw new AergoError('AERGO_MEMBER_REVOKED', `${key} was revoked in version ${known.revoked.version}, for good`, {
      hint: 'make another key',
      details: { key, reason: known.revoked.reason },
    });
  }
  return ({ members, version }) => {
    const member = { ...(known ?? { from: version + 1 }), name, roles };
    return isDeepStrictEqual(member, known) ? undefined : { members: new Map([...members, [key, member]]) };
  };
}

function checkMember(name: string, roles: readonly string[]): void {
  const unknown = roles.find((role) => !isRole(role));
  const fault =
    unknown !== undefined
      ? `${JSON.stringify(unknown)} is no role`
      : roles.length === 0
        ? 'a member has a role'
        : name.length === 0 || name.length > 200 || !name.isWellFormed()
          ? 'a name has 1 to 200 characters'
          : undefined;
  if (fault === undefined) return;
  throw new AergoError('AERGO_MEMBER_INVALID', fault, {
    hint: 'roles are read, write, seal, merge, publish, admin; seal:BRANCH and merge:BRANCH for one branch, or for all below with BRANCH/*',
    details: { name, roles },
  });
}

export interface RemoveMember extends ChangeOptions {
  /** A name, for all keys of that member, or a key. */
  readonly member: string;
  readonly reason: string;
  /** Also where blocks that a key sealed are not published: they are good for nothing then. */
  readonly force?: boolean;
}

/**
 * What revokes the keys of a member, or one key. Where the directory is written here, what they sealed until now is published
 * first.
 * @throws AergoError AERGO_MEMBER_UNKNOWN, AERGO_KEY_UNPUBLISHED
 */
export function memberRemoved(context: RepositoryContext, options: RemoveMember): Step[] {
  const { reason } = options;
  const keys = activeKeys(context, options.member);
  const revoke: Step = ({ members, version }) => {
    const revoked = keys.map((key): [KeyId, MemberFile] => {
      const member = members.get(key);
      if (member === undefined) throw new Error(`${key}, which is to be revoked, is no member's`);
      return [key, { ...member, revoked: { reason, version: version + 1 } }];
    });
    return { members: new Map([...members, ...revoked]) };
  };
  return [...(options.force === true ? [] : publishedBefore(context, keys, options.key.id)), revoke];
}

export interface RotateKey extends ChangeOptions {
  readonly successor: KeyId;
  readonly reason: string;
}

/**
 * What gives up a key, which signs, for another one of the same member, with the same roles, from the next version on.
 * @throws AergoError AERGO_MEMBER_UNKNOWN, AERGO_KEY_UNPUBLISHED
 */
export function keyRotated(context: RepositoryContext, { key, successor, reason }: RotateKey): Step[] {
  activeKeys(context, key.id);
  return [
    ...publishedBefore(context, [key.id], key.id),
    (before) => ({ members: rotated(before, key.id, successor, reason) }),
  ];
}

/** The keys that somebody means who names a member or a key. */
function activeKeys(context: RepositoryContext, meant: string): KeyId[] {
  const all = membersOf(context.directoryVersion);
  const found = all.filter((member) => isActive(member) && (isKeyId(meant) ? member.key : member.name) === meant);
  if (found.length > 0) return found.map(({ key }) => key);
  const gone = all.find((member) => (isKeyId(meant) ? member.key : member.name) === meant);
  const names = [...new Set(all.filter(isActive).map(({ name }) => name))];
  throw new AergoError(
    'AERGO_MEMBER_UNKNOWN',
    gone?.revoked === undefined
      ? `there is no member ${JSON.stringify(meant)}`
      : `${meant} was revoked in version ${gone.revoked.version}`,
    { hint: 'aergo member list', details: { member: meant, candidates: names } },
  );
}

/**
 * What a revoked key sealed counts where it was published before. Where the directory is written, that is done first; elsewhere
 * it is for the home to do.
 */
function publishedBefore(context: RepositoryContext, keys: readonly KeyId[], signer: KeyId): Step[] {
  const { directoryVersion } = context;
  const { home } = directoryVersion.policy;
  const blocks = unpublishedBy(context, keys);
  if (blocks.length === 0) return [];
  // A clone has not all branches, and what it published alone would take the others out of the directory.
  const [remote] = listRemotes(context.directory);
  const writesHere = home === undefined ? remote === undefined : isHome(home, context.directory);
  if (writesHere && may(directoryVersion, signer, 'publish')) return [publishedRefs(context)];
  const [verb, count] = blocks.length === 1 ? ['is', '1 block'] : ['are', `${blocks.length} blocks`];
  throw new AergoError(
    'AERGO_KEY_UNPUBLISHED',
    `${count} sealed by this key ${verb} not published, and would be good for nothing`,
    {
      hint: writesHere
        ? 'ask an admin to revoke the key: that publishes them'
        : `aergo push      (to ${home ?? remote?.name})`,
      details: { blocks },
    },
  );
}

/** The blocks here that these keys sealed and no version has published. */
function unpublishedBy(context: RepositoryContext, keys: readonly KeyId[]): BlockId[] {
  const { directoryVersion, directoryReader, history, reader } = context;
  const published = new PublishedBlocks(directoryReader, directoryVersion.id, history);
  const heads = context.branchNames().map((name) => context.branch(name).block);
  return [...history.reachable(heads)].filter(
    (id) => !published.isPublishedBelow(id, directoryVersion.version + 1) && keys.includes(reader.block(id).sealer),
  );
}
