/**
 * Writing versions of the directory: each is held against the same rules as when it is verified, before anything is written,
 * and what is wrong is said to whoever wants it. All that one command wants is one durable write.
 */
import { isDeepStrictEqual } from 'node:util';
import type { SigningKey } from '../crypto/key.ts';
import type { Head } from '../directory/files.ts';
import { headsFault } from '../directory/heads.ts';
import { type Changed, nextContent, putVersion } from '../directory/next-version.ts';
import { may, membersOf } from '../directory/rights.ts';
import { type StepFault, stepFault } from '../directory/step.ts';
import type { Approvals, DirectoryContent, DirectoryVersion } from '../directory/version.ts';
import { AergoError, type ErrorCode } from '../errors.ts';
import type { BlockId } from '../ledger/block.ts';
import { directoryRef, snapshotRef } from '../ledger/names.ts';
import { peelSnapshot } from '../ledger/snapshot.ts';
import type { NewObject } from '../object/object.ts';
import { ObjectBuffer } from '../object/source.ts';
import { branchLogic } from './branch-logic.ts';
import type { RepositoryContext } from './context.ts';

/** What a version is to change, told when the one before it is known; nothing where it is not needed. */
export type Step = (before: DirectoryVersion) => Changed | undefined;

export interface VersionOptions {
  readonly key: SigningKey;
  readonly approvals?: Approvals;
  /** ms, where it was fixed before: approvals are of one time. Else the clock's. */
  readonly time?: number;
}

/**
 * Writes a version for each step, on the one in force, and gives the last.
 * @throws AergoError and nothing is written: AERGO_DIRECTORY_NOT_ALLOWED, AERGO_DIRECTORY_APPROVALS, AERGO_DIRECTORY_CHANGE,
 * AERGO_DIRECTORY_INVALID where a version would be too large; what `Store.write` throws
 */
export async function writeVersions(
  context: RepositoryContext,
  steps: readonly Step[],
  options: VersionOptions,
): Promise<DirectoryVersion> {
  const prepared = prepareVersions(context, steps, options);
  if (prepared.version.id !== context.directoryVersion.id) await keepVersions(context, prepared);
  return context.directoryVersion;
}

/** Versions that may follow the one in force, signed and not written. */
export interface PreparedVersions {
  /** The last; the one in force where nothing is to change. */
  readonly version: DirectoryVersion;
  readonly before: DirectoryVersion;
  readonly objects: readonly NewObject[];
}

/** What `writeVersions` is to write. Throws as it does before anything is written. */
export function prepareVersions(
  context: RepositoryContext,
  steps: readonly Step[],
  { key, approvals, time = context.options.clock() }: VersionOptions,
): PreparedVersions {
  context.needWhole('a change of the directory');
  const before = context.directoryVersion;
  const buffer = new ObjectBuffer(context.store);
  let version = before;
  for (const step of steps) {
    const changed = step(version);
    if (changed === undefined) continue;
    const content = nextContent(version, changed, time);
    const next = putVersion(buffer, version, content, key, approvals);
    next.check();
    const fault = stepFault(version, next, context) ?? formFault(headsFault(next, context));
    if (fault !== undefined) throw refused(version, fault);
    version = next;
  }
  return { version, before, objects: buffer.objects() };
}

export function keepVersions(
  context: RepositoryContext,
  { version, before, objects }: PreparedVersions,
): Promise<void> {
  const refs = [{ name: directoryRef, old: before.id, new: version.id }];
  return context.store.write({ objects, refs, operation: context.operation() });
}

const formFault = (what: string | undefined): StepFault | undefined =>
  what === undefined ? undefined : { kind: 'form', what };

const codes: Readonly<Record<StepFault['kind'], ErrorCode>> = {
  form: 'AERGO_DIRECTORY_CHANGE',
  right: 'AERGO_DIRECTORY_NOT_ALLOWED',
  approvals: 'AERGO_DIRECTORY_APPROVALS',
  rule: 'AERGO_DIRECTORY_APPROVALS',
};

function refused(before: DirectoryVersion, { kind, what }: StepFault): AergoError {
  const hints: Readonly<Record<StepFault['kind'], string>> = {
    form: 'nothing was written',
    right: `${adminsOf(before)} may: choose that key with --key, or ask there`,
    approvals: `propose it with --propose FILE; ${adminsOf(before)} may approve it: aergo directory approve FILE`,
    rule: 'aergo policy show      (a rule for the ref says so, which aergo policy set --ref changes)',
  };
  return new AergoError(codes[kind], `version ${before.version + 1} of the directory cannot be written: ${what}`, {
    hint: hints[kind],
    details: { version: before.version + 1 },
  });
}

/** The admins as people know them. */
const adminsOf = (version: DirectoryVersion): string =>
  membersOf(version)
    .filter((member) => may(version, member.key, 'admin'))
    .map(({ name, key }) => `${name} (${key})`)
    .join(', ');

/**
 * Heads and snapshots as this repository's refs have them: what publishing them writes; nothing where they stand so.
 * @param most changes that one version takes; the rest is for the next
 */
export function publishedRefs(context: RepositoryContext, most = Number.POSITIVE_INFINITY): Step {
  const { store } = context;
  return (before) => {
    const heads: DirectoryContent['heads'] = new Map(
      context.branchNames().map((name) => {
        const { block, start } = context.branch(name);
        return [name, headOf(context, name, block, start)];
      }),
    );
    const tags: DirectoryContent['tags'] = new Map(
      context.snapshotNames().map((name) => {
        const tag = store.ref(snapshotRef(name))?.oid ?? before.id;
        return [name, { block: peelSnapshot(store, tag), tag }];
      }),
    );
    if (sameFiles(before.heads, heads) && sameFiles(before.tags, tags)) return undefined;
    const some = partOf(before.heads, heads, most);
    return { heads: some.files, tags: partOf(before.tags, tags, most - some.changed).files };
  };
}

/** A branch's head as the directory has it. @param start the branch's, which its block need not have */
export function headOf(context: RepositoryContext, branch: string, block: BlockId, start: string): Head {
  const header = context.reader.header(block);
  const head = { head: block, height: header.height, start };
  const logic = header.start === start ? undefined : branchLogic(context, { name: branch, start, block });
  return logic === undefined ? head : { ...head, logic };
}

function sameFiles<V extends object>(before: ReadonlyMap<string, V>, after: ReadonlyMap<string, V>): boolean {
  if (before.size !== after.size) return false;
  return [...after].every(([name, file]) => {
    const was = before.get(name);
    return was !== undefined && isDeepStrictEqual(was, file);
  });
}

/** The files before with so many of the changes at most. */
function partOf<V extends object>(
  before: ReadonlyMap<string, V>,
  after: ReadonlyMap<string, V>,
  most: number,
): { files: ReadonlyMap<string, V>; changed: number } {
  const names = [...new Set([...before.keys(), ...after.keys()])].filter((name) => {
    const [was, is] = [before.get(name), after.get(name)];
    return was === undefined || is === undefined || !sameFiles(new Map([[name, was]]), new Map([[name, is]]));
  });
  if (names.length <= most) return { files: after, changed: names.length };
  const files = new Map(before);
  for (const name of names.slice(0, most)) {
    const is = after.get(name);
    if (is === undefined) files.delete(name);
    else files.set(name, is);
  }
  return { files, changed: most };
}
