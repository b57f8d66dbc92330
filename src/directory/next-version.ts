/** Writing the version that follows another. Whether it may follow is asked of the same rules as when it is verified. */
import type { KeyId, SigningKey } from '../crypto/key.ts';
import type { ObjectBuffer } from '../object/source.ts';
import { changesBetween, versionMessage } from './changes.ts';
import {
  type Approvals,
  type DirectoryContent,
  DirectoryReader,
  type DirectoryVersion,
  putVersionTree,
  signVersion,
  unsignedVersion,
} from './version.ts';

/** What somebody wants to be otherwise; the rest stays as it is. */
export type Changed = Partial<Pick<DirectoryContent, 'members' | 'policy' | 'heads' | 'tags'>>;

/** What the next version says. `time` in ms; where the clock is behind, the time of the version before counts. */
export function nextContent(before: DirectoryVersion, changed: Changed, time: number): DirectoryContent {
  const policy = changed.policy ?? before.policy;
  const at = Math.max(time, before.time);
  return {
    repository: before.repository,
    version: before.version + 1,
    previous: before.id,
    time: at,
    ...(policy.lifetime === undefined ? {} : { expires: at + policy.lifetime }),
    members: changed.members ?? before.members,
    policy,
    heads: changed.heads ?? before.heads,
    tags: changed.tags ?? before.tags,
  };
}

/** The version with this content as it is read from `buffer`, where all of it is put, signed. */
export function putVersion(
  buffer: ObjectBuffer,
  before: DirectoryVersion,
  content: DirectoryContent,
  key: SigningKey,
  approvals: Approvals = new Map(),
): DirectoryVersion {
  const tree = putVersionTree(buffer, content, approvals);
  const message = versionMessage(content.version, changesBetween(before, content));
  const id = signVersion(buffer, unsignedVersion(content, tree, message, key.id), key);
  return new DirectoryReader(buffer).version(id);
}

/** The members with one key given up for another of the same member: `key rotate`. */
export function rotated(
  { members, version }: DirectoryVersion,
  old: KeyId,
  successor: KeyId,
  reason: string,
): DirectoryContent['members'] {
  const member = members.get(old);
  if (member === undefined) throw new Error(`${old}, which is to be given up, is no member's`);
  const { name, roles } = member;
  return new Map([
    ...members,
    [old, { ...member, revoked: { reason, version: version + 1 } }],
    [successor, { from: version + 1, name, replaces: old, roles }],
  ]);
}
