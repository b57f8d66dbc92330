/**
 * Whether a version may follow the one before: that it is its successor in form, rewrites nothing that stays, and that
 * whoever signed and approved it had the right to. The same rules for writing a version and for verifying one.
 */
import { isDeepStrictEqual } from 'node:util';
import type { KeyId } from '../crypto/key.ts';
import { keySignature } from '../ledger/block.ts';
import { isApproval } from './approval.ts';
import { type Changes, changesBetween, countChanges, versionMessage } from './changes.ts';
import { changesLimit } from './files.ts';
import { approvalsToMove, type Blocks, changedHeadsFault, notForward } from './heads.ts';
import { isActive, may } from './rights.ts';
import type { DirectoryContent, DirectoryVersion } from './version.ts';

/**
 * Why a version may not follow: `form` (it is not what it must be), `right` (its signer may not make it), `approvals` (too few
 * admins agreed on members or policy), `rule` (or on how a ref moves).
 */
export interface StepFault {
  readonly kind: 'form' | 'right' | 'approvals' | 'rule';
  readonly what: string;
}

const form = (what: string): StepFault => ({ kind: 'form', what });

/** What is wrong with `after` as the version that follows `before`, which is taken to be verified. Its own form was checked. */
export function stepFault(before: DirectoryVersion, after: DirectoryVersion, blocks: Blocks): StepFault | undefined {
  const follows = successionFault(before, after);
  if (follows !== undefined) return form(follows);
  const changes = changesBetween(before, after);
  const what =
    writingFault(after, changes) ??
    membersFault(before, after, changes) ??
    policyFault(before, after) ??
    changedHeadsFault(changes, blocks);
  return what === undefined ? rightFault(before, after, changes, blocks) : form(what);
}

function successionFault(before: DirectoryVersion, after: DirectoryVersion): string | undefined {
  if (after.version !== before.version + 1) return `its version is ${after.version}, after ${before.version}`;
  if (after.previous !== before.id || after.commit.parents.join() !== before.id)
    return `it does not stand on version ${before.version}`;
  if (after.repository !== before.repository) return 'it belongs to another repository';
  if (after.time < before.time) return 'its time is before that of the version before';
  return undefined;
}

/** Everything of a version that follows from the rest of it. */
function writingFault(after: DirectoryVersion, changes: Changes): string | undefined {
  const { time, policy, commit } = after;
  if (countChanges(changes) > changesLimit) return `it has more than ${changesLimit} changes`;
  const expires = policy.lifetime === undefined ? undefined : time + policy.lifetime;
  if (after.expires !== expires) return 'when it expires does not follow from the policy';
  const person = keySignature(after.signer, time);
  if (!isDeepStrictEqual(commit.author, person) || !isDeepStrictEqual(commit.committer, person))
    return 'author and committer do not follow from key and time';
  return commit.message === versionMessage(after.version, changes)
    ? undefined
    : 'its message does not follow from its changes';
}

/** Members never vanish, and what is once said of when they came and went stays. */
function membersFault(before: DirectoryVersion, after: DirectoryVersion, changes: Changes): string | undefined {
  const successors = new Set<KeyId>();
  for (const { name: key, before: was, after: is } of changes.members) {
    if (is === undefined) return `the member ${key} is gone: members are revoked`;
    if (was === undefined) {
      if (is.from !== after.version) return `the member ${key} is new, and is said to be there since ${is.from}`;
      if (is.revoked !== undefined) return `the member ${key} is new, and revoked`;
      if (is.replaces === undefined) continue;
      const old = before.members.get(is.replaces);
      const gone = after.members.get(is.replaces)?.revoked?.version === after.version;
      if (old === undefined || !isActive(old) || !gone || successors.has(is.replaces))
        return `${key} cannot take the place of ${is.replaces}`;
      if (old.name !== is.name || !isDeepStrictEqual(old.roles, is.roles))
        return `${key} has another name or other roles than ${is.replaces}, whose place it takes`;
      successors.add(is.replaces);
      continue;
    }
    if (was.from !== is.from || was.replaces !== is.replaces) return `where the member ${key} came from is rewritten`;
    if (was.revoked !== undefined) return `the member ${key} was revoked, and that is rewritten`;
    if (is.revoked !== undefined && is.revoked.version !== after.version)
      return `the member ${key} is said to be revoked in version ${is.revoked.version}`;
  }
  return undefined;
}

function policyFault(before: DirectoryContent, after: DirectoryContent): string | undefined {
  const kept = before.policy.engines.every((engine, index) => after.policy.engines[index] === engine);
  if (!kept) return 'an engine that was accepted is taken away or moved: engines are added at the end';
  const admins = [...after.members.keys()].filter((key) => may(after, key, 'admin')).length;
  const needed = after.policy.threshold ?? 1;
  return admins >= needed ? undefined : `${admins} admins are left, and it takes ${needed} to change anything`;
}

/** Judged by the version before: nobody gives a right to himself. */
function rightFault(
  before: DirectoryVersion,
  after: DirectoryVersion,
  changes: Changes,
  blocks: Blocks,
): StepFault | undefined {
  const { signer } = after;
  const right = (what: string): StepFault => ({ kind: 'right', what });
  const member = before.members.get(signer);
  if (member === undefined) return right(`${signer}, who signed it, is no member`);
  if (member.revoked !== undefined)
    return right(`${signer}, who signed it, was revoked in version ${member.revoked.version}`);
  const unfit = approvalFault(before, after);
  if (unfit !== undefined) return form(unfit);
  const isAdmin = may(before, signer, 'admin');
  const agreed = after.approvals.size + (isAdmin ? 1 : 0);
  const isOwn = isOwnRotation(after, changes);
  if ((changes.members.length > 0 && !isOwn) || changes.policy.length > 0) {
    if (!isAdmin) return right(`${member.name}, who signed it, may not change members or policy`);
    const needed = before.policy.threshold ?? 1;
    if (agreed < needed) return tooFew('approvals', 'members or policy change', needed, agreed);
  }
  const movesRefs = changes.heads.length > 0 || changes.tags.length > 0;
  if ((movesRefs || !isOwn) && !isAdmin && !may(before, signer, 'publish'))
    return right(`${member.name}, who signed it, may not publish`);
  for (const ref of notForward(changes, blocks)) {
    const needed = approvalsToMove(before.policy, ref);
    if (agreed < needed) return tooFew('rule', `${ref} moves other than forward`, needed, agreed);
    // Who publishes says where heads stand that verify, and takes nothing away.
    if (agreed === 0) return right(`${member.name}, who signed it, is no admin, and ${ref} moves other than forward`);
  }
  return undefined;
}

const tooFew = (kind: 'approvals' | 'rule', what: string, needed: number, agreed: number): StepFault => ({
  kind,
  what: `it takes ${needed === 1 ? '1 admin' : `${needed} admins`} before ${what}, ${agreed} agreed`,
});

/** Approvals are by other admins than the signer, each of exactly this. */
function approvalFault(before: DirectoryVersion, after: DirectoryVersion): string | undefined {
  if (after.approvals.size === 0) return undefined;
  const { draft, repository, signer } = after;
  for (const [key, approval] of after.approvals) {
    if (key === signer) return `${key} signed it and approves it too`;
    if (!may(before, key, 'admin')) return `${key}, who approves it, is no admin`;
    if (!isApproval({ repository, previous: before.id, draft }, key, approval))
      return `the approval of ${key} does not hold`;
  }
  return undefined;
}

/** Whether all that changes of the members is that the signer's key gives its place to another. */
function isOwnRotation({ signer }: DirectoryVersion, { members }: Changes): boolean {
  const [one, other, ...more] = members;
  if (one === undefined || other === undefined || more.length > 0) return false;
  const [old, successor] = one.name === signer ? [one, other] : [other, one];
  return (
    old.name === signer &&
    successor.after?.replaces === signer &&
    isDeepStrictEqual({ ...old.after, revoked: undefined }, { ...old.before, revoked: undefined })
  );
}
