/**
 * Roles, as they stand in a member's file: one text each, for `seal` and `merge` with the branches that they are for.
 * Frozen: docs/format.md.
 */
import { isRefName } from '../ledger/names.ts';

const everywhere = ['admin', 'merge', 'publish', 'read', 'seal', 'write'];
const onBranches = ['merge', 'seal'];

/** What somebody may do on certain branches only, where a role says which. */
export type BranchRole = 'merge' | 'seal';
export type Role = BranchRole | 'admin' | 'publish' | 'read' | 'write';

/**
 * Whether a text is a role: `admin`, `merge`, `publish`, `read`, `seal`, `write`, or `merge:` and `seal:` with a pattern of
 * branches.
 */
export function isRole(text: string): boolean {
  const colon = text.indexOf(':');
  if (colon < 0) return everywhere.includes(text);
  return onBranches.includes(text.slice(0, colon)) && isNamePattern(text.slice(colon + 1));
}

/** Whether a text is a pattern of names: one name, or `name/` and a star at the end for everything below it. */
export function isNamePattern(text: string): boolean {
  return isRefName(text.endsWith('/*') ? text.slice(0, -2) : text);
}

/** Whether a name is one of the pattern's. A star stands for everything below, slashes included, as in Git's refspecs. */
export function matchesPattern(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}

/** Whether one of the roles gives the right, on this branch where it is one of branches. An admin has every right. */
export function grants(roles: readonly string[], role: Role, branch?: string): boolean {
  return roles.some((text) => {
    if (text === 'admin' || text === role) return true;
    return branch !== undefined && text.startsWith(`${role}:`) && matchesPattern(text.slice(role.length + 1), branch);
  });
}
