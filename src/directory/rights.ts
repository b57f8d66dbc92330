/** What the members of a version may do. A revoked key may do nothing. */
import type { KeyId } from '../crypto/key.ts';
import type { Rights } from '../ledger/authority.ts';
import type { Member, MemberFile } from './files.ts';
import { grants, type Role } from './roles.ts';
import type { DirectoryContent } from './version.ts';

/** Whether a key has a right, on this branch where it is one of branches. */
export function may(content: Pick<DirectoryContent, 'members'>, key: KeyId, role: Role, branch?: string): boolean {
  const member = content.members.get(key);
  return member !== undefined && isActive(member) && grants(member.roles, role, branch);
}

/** The members, in the order of their names, then keys; `revoked` ones too. */
export function membersOf(content: Pick<DirectoryContent, 'members'>): Member[] {
  const all = [...content.members].map(([key, file]) => ({ key, ...file }));
  const order = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
  return all.sort((a, b) => order(a.name, b.name) || order(a.key, b.key));
}

export const isActive = (member: MemberFile): boolean => member.revoked === undefined;

/** Whether `key` is `other`, or came in its place, or in the place of what came in it. */
function standsFor({ members }: Pick<DirectoryContent, 'members'>, key: KeyId, other: string): boolean {
  let one: KeyId | undefined = key;
  // Each key that came in another's place came later, so that this ends.
  while (one !== undefined && one !== other) one = members.get(one)?.replaces;
  return one === other;
}

/** The rights by which blocks and transactions are judged. */
export function rightsOf(content: DirectoryContent): Rights {
  return {
    isAdmin: (key) => may(content, key, 'admin'),
    mayWrite: (key) => may(content, key, 'write'),
    maySeal: (key, branch) => may(content, key, 'seal', branch),
    mayMerge: (key, branch) => may(content, key, 'merge', branch),
    standsFor: (key, other) => standsFor(content, key, other),
  };
}
