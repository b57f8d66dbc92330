/** What differs between a version and the one before, and the message that follows from it. Frozen: docs/format.md. */
import { isDeepStrictEqual } from 'node:util';
import type { KeyId } from '../crypto/key.ts';
import { cut, escapeText } from '../ledger/message.ts';
import type { Head, MemberFile, Policy, Tag } from './files.ts';
import type { DirectoryContent } from './version.ts';

/** One file that is new, gone or other; what it was and what it is. */
export interface Change<K, V> {
  readonly name: K;
  readonly before?: V;
  readonly after?: V;
}

/** Each list in the order of its names' UTF-16 code units. */
export interface Changes {
  readonly members: readonly Change<KeyId, MemberFile>[];
  /** Members of the policy that differ. */
  readonly policy: readonly (keyof Policy)[];
  readonly heads: readonly Change<string, Head>[];
  readonly tags: readonly Change<string, Tag>[];
}

const listed = 20;
const order = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

export function changesBetween(before: DirectoryContent, after: DirectoryContent): Changes {
  const names = new Set([...Object.keys(before.policy), ...Object.keys(after.policy)]) as Set<keyof Policy>;
  return {
    members: changedFiles(before.members, after.members),
    policy: [...names].filter((name) => !isDeepStrictEqual(before.policy[name], after.policy[name])).sort(order),
    heads: changedFiles(before.heads, after.heads),
    tags: changedFiles(before.tags, after.tags),
  };
}

export const countChanges = ({ members, policy, heads, tags }: Changes): number =>
  members.length + policy.length + heads.length + tags.length;

function changedFiles<K extends string, V>(before: ReadonlyMap<K, V>, after: ReadonlyMap<K, V>): Change<K, V>[] {
  // A folder that two versions share is read once.
  if (before === after) return [];
  const changes: Change<K, V>[] = [];
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const [was, is] = [before.get(name), after.get(name)];
    if (isDeepStrictEqual(was, is)) continue;
    changes.push({ name, ...(was === undefined ? {} : { before: was }), ...(is === undefined ? {} : { after: is }) });
  }
  return changes.sort((a, b) => order(a.name, b.name));
}

/** The commit message of a version after the first: members, policy, branches, snapshots; 20 lines at most. */
export function versionMessage(version: number, changes: Changes): string {
  const count = countChanges(changes);
  const subject = `Directory version ${version}: ${count} ${count === 1 ? 'change' : 'changes'}\n`;
  const lines = describeChanges(changes);
  if (lines.length > listed) lines.splice(listed, lines.length, `and ${lines.length - listed} more`);
  return lines.length === 0 ? subject : `${subject}\n${lines.join('\n')}\n`;
}

/** A line for each change, as in messages and logs: escaped, cut after 60 code points. */
export function describeChanges({ members, policy, heads, tags }: Changes): string[] {
  const lines = [
    ...members.map(describeMember),
    ...policy.map((name) => `policy: ${name}`),
    ...heads.map(({ name, after }) => (after === undefined ? `${name} deleted` : `${name} at block ${after.height}`)),
    ...tags.map(({ name, before, after }) => {
      if (after === undefined) return `snapshot ${name} deleted`;
      return before === undefined ? `snapshot ${name}` : `snapshot ${name} moved`;
    }),
  ];
  return lines.map((line) => escapeText(cut(line)));
}

function describeMember({ before, after }: Change<KeyId, MemberFile>): string {
  if (after === undefined) return `member ${before?.name ?? ''} gone`;
  const roles = after.roles.join(' ');
  if (before === undefined) {
    return after.replaces === undefined ? `member ${after.name}: ${roles}` : `member ${after.name}: another key`;
  }
  if (after.revoked !== undefined) return `member ${after.name} revoked: ${after.revoked.reason}`;
  return `member ${after.name}: ${roles}`;
}
