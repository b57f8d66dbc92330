/**
 * Refs as values: what stands under a name, how an update moves it, and which names are allowed. A write and its
 * replay both go through `applyRefUpdates`, so both refuse and inherit alike.
 */
import { AergoError } from '../errors.ts';
import type { Oid } from '../object/oid.ts';

/**
 * The rules that conflicts are settled by when the branch is merged: a contract's resolver. `hash`: SHA-256, 64 hex digits,
 * over all that says what it does (docs/format.md, "Merge logic").
 */
export interface MergeLogic {
  readonly contract: string;
  readonly function: string;
  readonly hash: string;
}

/**
 * What stands under a ref's name. `start`: the branch's 64 random bits, 16 hex digits. `height`: of its block. `logic`: the
 * branch's, which its blocks say too once it has some.
 */
export interface RefState {
  readonly name: string;
  readonly oid: Oid;
  readonly start?: string;
  readonly height?: number;
  readonly logic?: MergeLogic;
}

/** The beginning of the refs that name commits whose parents are not in the store: each is at its own id. */
export const cutRefs = 'refs/aergo/cut/';

/**
 * A ref from `old` (null: it must not be there) to `new` (null: it is deleted). An update that gives no `start` moves
 * the ref on and keeps its `start` and `logic`; one that gives a `start` makes another branch, which inherits nothing.
 * `height` always belongs to `new` and is never inherited.
 */
export interface RefUpdate {
  readonly name: string;
  readonly old: Oid | null;
  readonly new: Oid | null;
  readonly start?: string;
  readonly height?: number;
  readonly logic?: MergeLogic;
}

/**
 * Applies updates to `refs` in order, in place.
 * @throws AergoError AERGO_REF_MOVED when something else than `old` stands under the name; AERGO_REF_NAME_INVALID when
 * a new name lies below another ref's, or above one (Git keeps refs as files and directories)
 */
export function applyRefUpdates(refs: Map<string, RefState>, updates: readonly RefUpdate[]): void {
  for (const update of updates) applyRefUpdate(refs, update);
}

function applyRefUpdate(refs: Map<string, RefState>, update: RefUpdate): void {
  const standing = refs.get(update.name);
  if ((standing?.oid ?? null) !== update.old) {
    throw new AergoError('AERGO_REF_MOVED', `${update.name} has moved: ${describe(standing)} stands there now`, {
      hint: 'read it again and repeat the command; nothing was written',
      details: { ref: update.name, expected: update.old, found: standing?.oid ?? null },
    });
  }
  if (update.new === null) {
    refs.delete(update.name);
    return;
  }
  if (standing === undefined) refuseClash(refs, update.name);
  refs.set(update.name, moved(standing, update, update.new));
}

function describe(standing: RefState | undefined): string {
  return standing === undefined ? 'nothing' : standing.oid.slice(0, 7);
}

function moved(standing: RefState | undefined, update: RefUpdate, oid: Oid): RefState {
  const inherited = update.start === undefined ? standing : undefined;
  const start = update.start ?? inherited?.start;
  const logic = update.logic ?? inherited?.logic;
  return {
    name: update.name,
    oid,
    ...(start === undefined ? {} : { start }),
    ...(update.height === undefined ? {} : { height: update.height }),
    ...(logic === undefined ? {} : { logic }),
  };
}

/** The merge logic in a value read from JSON; undefined when it is none. */
export function readMergeLogic(value: unknown): MergeLogic | undefined {
  if (typeof value !== 'object' || value === null || Object.keys(value).sort().join() !== 'contract,function,hash')
    return undefined;
  const { contract, function: name, hash } = value as Record<keyof MergeLogic, unknown>;
  if (typeof contract !== 'string' || typeof name !== 'string' || typeof hash !== 'string') return undefined;
  return { contract, function: name, hash };
}

function refuseClash(refs: ReadonlyMap<string, RefState>, name: string): void {
  let above = name.lastIndexOf('/');
  while (above > 0) {
    const parent = name.slice(0, above);
    if (refs.has(parent)) throw invalidName(name, `${parent} is a ref`);
    above = parent.lastIndexOf('/');
  }
  for (const other of refs.keys()) {
    if (other.startsWith(`${name}/`)) throw invalidName(name, `${other} lies below it`);
  }
}

/** Longer names are refused: a checkout by Git could not keep them. */
const nameLimit_bytes = 1024;
// Control characters, space, what Git's revision syntax uses, and what its ref files could not keep.
const forbidden = /[\p{Cc} ~^:?*[\\]|\.\.|@\{|\/\/|\/\.|\.lock(?:\/|$)|[./]$/u;

/**
 * Checks a full ref name (`refs/…`) by the rules of git-check-ref-format, and ours: no component begins with `-` or is
 * `@` followed by digits only.
 * @throws AergoError AERGO_REF_NAME_INVALID
 */
export function checkRefName(name: string): void {
  if (!name.startsWith('refs/')) throw invalidName(name, 'it does not begin with refs/');
  if (Buffer.byteLength(name) > nameLimit_bytes) throw invalidName(name, `it is over ${nameLimit_bytes} bytes long`);
  if (!name.isWellFormed() || forbidden.test(name)) throw invalidName(name, 'Git does not allow such a name');
  if (/\/(?:-|@[0-9]*(?:\/|$))/.test(name)) throw invalidName(name, 'a part of it begins with - or is @ and digits');
}

function invalidName(name: string, why: string): AergoError {
  const shown = JSON.stringify(name.slice(0, 200));
  return new AergoError('AERGO_REF_NAME_INVALID', `${shown} cannot be the name of a ref: ${why}`, {
    details: { ref: name.slice(0, 1024) },
  });
}
