/**
 * Names that people give: contracts, tables, functions (contracts.md) and branches, snapshots (git-check-ref-format).
 * Checked at the boundary; what is inside has passed here.
 */
import { isContractName } from '../contract/names.ts';
import { AergoError } from '../errors.ts';
import { namePattern } from '../state/state.ts';

/** Throws `AERGO_NAME_INVALID` unless `name` can name a contract. */
export function checkContractName(name: string): string {
  if (isContractName(name)) return name;
  throw new AergoError('AERGO_NAME_INVALID', `${JSON.stringify(name)} cannot name a contract`, {
    hint: 'use a-z, 0-9 and _, beginning with a letter, at most 48 characters; aergo, public and pg_… are reserved',
  });
}

/** `contract.name` in its two parts; throws `AERGO_NAME_INVALID`. */
export function splitQualifiedName(text: string, what: 'function' | 'table'): { contract: string; name: string } {
  const [contract, name, ...rest] = text.split('.');
  if (
    contract === undefined ||
    name === undefined ||
    rest.length > 0 ||
    !isContractName(contract) ||
    !namePattern.test(name)
  ) {
    throw new AergoError('AERGO_NAME_INVALID', `${JSON.stringify(text)} is not the name of a ${what}`, {
      hint: `write contract.${what}, as in bank.${what === 'table' ? 'accounts' : 'transfer'}`,
    });
  }
  return { contract, name };
}

const forbiddenInRefs = /[\0-\x20\x7f~^:?*[\\]/;

/**
 * Whether `name` can name a branch or a snapshot: git-check-ref-format's rules, and no `-` first, no `@` followed by
 * digits only (a height), not `HEAD`.
 * Source: https://git-scm.com/docs/git-check-ref-format
 */
export function isRefName(name: string): boolean {
  if (name === '' || name === '@' || name === 'HEAD' || name.startsWith('-') || Buffer.byteLength(name) > 200)
    return false;
  if (
    forbiddenInRefs.test(name) ||
    name.includes('..') ||
    name.includes('@{') ||
    /^@\d+$/.test(name) ||
    !name.isWellFormed()
  )
    return false;
  if (name.startsWith('/') || name.endsWith('/') || name.endsWith('.') || name.includes('//')) return false;
  return name.split('/').every((part) => !part.startsWith('.') && !part.endsWith('.lock'));
}

/** Throws `AERGO_REF_NAME_INVALID` unless `name` can name a branch or snapshot. */
export function checkRefName(name: string): string {
  if (isRefName(name)) return name;
  throw new AergoError('AERGO_REF_NAME_INVALID', `${JSON.stringify(name)} cannot name a branch or a snapshot`, {
    hint: "the rules are Git's: no spaces, no .., ~, ^, :, ?, *, [, \\ or @{, not beginning with - or ., not ending in / or .lock",
  });
}

export const branchRef = (name: string): string => `refs/heads/${name}`;
export const snapshotRef = (name: string): string => `refs/tags/${name}`;
/** The beginning of what follows the remotes' branches. */
export const trackingRefs = 'refs/remotes/';
/** Where a branch stood at a remote when it was asked last. */
export const trackingRef = (remote: string, branch: string): string => `${trackingRefs}${remote}/${branch}`;
export const directoryRef = 'refs/aergo/directory';
/** The newest version of the directory that another place is known to have. */
export const seenDirectoryRef = 'refs/aergo/seen';
/** The version that a remote had when it was asked last. */
export const remoteDirectoryRef = (remote: string): string => `refs/aergo/remotes/${remote}`;
/** The beginning of what keeps the blocks that a pull took out of a branch, since they ran again on others. */
export const leftRefs = (branch: string): string => `refs/aergo/left/${branch}/`;

/** The branch that a ref under `refs/heads/` names. */
export const branchOfRef = (ref: string): string => ref.slice('refs/heads/'.length);
