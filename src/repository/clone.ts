/**
 * Cloning: a repository made from a remote alone. It is made beside its place and put there when all of it is verified, so
 * that what is cut off leaves nothing.
 */
import { mkdir, mkdtemp, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { engineDescription } from '../contract/engine-description.ts';
import { verifyVersions } from '../directory/chain.ts';
import { DirectoryReader } from '../directory/version.ts';
import { AergoError } from '../errors.ts';
import type { BlockId } from '../ledger/block.ts';
import { History } from '../ledger/history.ts';
import { branchRef, directoryRef, remoteDirectoryRef, seenDirectoryRef, trackingRef } from '../ledger/names.ts';
import { checkSnapshot, peelSnapshot } from '../ledger/snapshot.ts';
import type { Oid } from '../object/oid.ts';
import { addReached } from '../object/reached.ts';
import { storeFault, systemCode } from '../store/damage.ts';
import { Quarantine } from '../store/quarantine.ts';
import type { RefUpdate } from '../store/refs.ts';
import { Store } from '../store/store.ts';
import type { RemoteRefs } from '../wire/discovery.ts';
import { RepositoryContext, type RepositoryOptions } from './context.ts';
import { type BlockPoint, beginsOf, cutUpdates } from './cutting.ts';
import { checkFresh } from './directory-receive.ts';
import { type FetchedPart, takePart } from './fetch-part.ts';
import { storeOptions } from './init.ts';
import { keepReceived, receiveLimits, type VerifiedBlocks, verifyReceived } from './receive.ts';
import { connect, type RemoteAccess, type RemoteConnection } from './remote-connection.ts';
import { addRemote } from './remotes.ts';
import { discover, refNamed, takeMissing } from './take-objects.ts';

export interface CloneOptions {
  readonly access: RemoteAccess;
  /** The branch to be on; the remote's own where it is left out. */
  readonly branch?: string;
  /** Every branch as it is there, no remote: to be served. */
  readonly bare?: boolean;
  readonly fast?: boolean;
  /** Only the branch to be on, and so many blocks of it, counted from its head by the shortest way; at least 1. */
  readonly depth?: number;
  /** Told of the directory in which it is made beside its place: whoever ends the process before the end removes it. */
  readonly onWorkshop?: (path: string) => void;
}

export interface CloneReport {
  /** The `.aergo` directory, or the bare one. */
  readonly directory: string;
  readonly repository: Oid;
  readonly branch: string;
  readonly head: BlockId;
  readonly height: number;
  readonly branches: number;
  readonly snapshots: number;
  readonly blocks: number;
  /** Where the history begins, where it is cut. */
  readonly begins?: readonly BlockPoint[];
  /** The blocks that could not be run again, since what they stand on is missing. */
  readonly taken: number;
  readonly objects: number;
  readonly bytes: number;
}

const heads = 'refs/heads/';
const tags = 'refs/tags/';
const origin = 'origin';

/**
 * @param url as `wholeUrl` gives it
 * @param target the directory to make; `.aergo` is made in it, or with `bare` it is the repository itself
 * @throws AergoError AERGO_CLONE_EXISTS, and what fetching throws; then nothing is left
 */
export async function cloneRepository(
  url: string,
  target: string,
  repository: RepositoryOptions,
  options: CloneOptions,
): Promise<CloneReport> {
  const path = resolve(target);
  await checkFree(path);
  const around = await makeAround(path);
  const workshop = await mkdtemp(join(dirname(path), `.${basename(path)}.aergo-`)).catch((error: unknown) => {
    throw storeFault(error, `making ${path}`);
  });
  options.onWorkshop?.(workshop);
  try {
    const made = options.bare === true ? join(workshop, 'made') : join(workshop, 'made', '.aergo');
    const report = await cloneInto(made, url, repository, options);
    await rename(join(workshop, 'made'), path).catch((error: unknown) => {
      throw systemCode(error) === 'ENOTEMPTY' ? targetExists(path) : storeFault(error, `making ${path}`);
    });
    return { ...report, directory: options.bare === true ? path : join(path, '.aergo') };
  } finally {
    await rm(workshop, { recursive: true, force: true });
    await removeEmpty(around);
  }
}

/** Makes the directories that `path` is to be in, as Git does, and gives those that were not there, the innermost first. */
async function makeAround(path: string): Promise<string[]> {
  const around = dirname(path);
  const first = await mkdir(around, { recursive: true }).catch((error: unknown) => {
    throw storeFault(error, `making ${path}`);
  });
  const made: string[] = [];
  for (let at = around; first !== undefined && at.length >= first.length; at = dirname(at)) made.push(at);
  return made;
}

/** Removes directories, the innermost first, as long as nobody else has put anything into them. */
async function removeEmpty(directories: readonly string[]): Promise<void> {
  for (const one of directories) {
    const isRemoved = await rmdir(one).then(
      () => true,
      () => false,
    );
    if (!isRemoved) return;
  }
}

async function checkFree(path: string): Promise<void> {
  try {
    if ((await readdir(path)).length > 0) throw targetExists(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw systemCode(error) === 'ENOTDIR' ? targetExists(path) : error;
  }
}

const targetExists = (path: string): AergoError =>
  new AergoError('AERGO_CLONE_EXISTS', `${path} is there already and is not an empty directory`, {
    hint: 'choose another directory; nothing was changed',
    details: { path },
  });

async function cloneInto(
  directory: string,
  url: string,
  repository: RepositoryOptions,
  options: CloneOptions,
): Promise<Omit<CloneReport, 'directory'>> {
  const history = new History();
  const store = await Store.create(directory, storeOptions(repository, history));
  const engineText = repository.engineDescription ?? engineDescription();
  const context = new RepositoryContext(directory, repository, store, history, engineText);
  try {
    const connection = await connect(url, options.access, repository);
    const report = await takeAll(context, url, connection, options).finally(() => connection.close());
    if (options.bare !== true) addRemote(directory, origin, url, directory);
    return report;
  } finally {
    await context.close();
  }
}

async function takeAll(
  context: RepositoryContext,
  url: string,
  connection: RemoteConnection,
  options: CloneOptions,
): Promise<Omit<CloneReport, 'directory'>> {
  const discovered = await discover(connection, options.access);
  const newest = refNamed(discovered, directoryRef, { name: url, url });
  const branch = branchToBeOn(discovered, options.branch);
  const quarantine = Quarantine.open(context.directory, context.store, receiveLimits);
  try {
    const { found, cut, objects, bytes } = await take(
      context,
      url,
      connection,
      discovered,
      quarantine,
      branch,
      options,
    );
    const versions = new DirectoryReader(quarantine);
    const blocks = found.refs.flatMap(({ name, oid }) => {
      if (name.startsWith(heads)) return [oid];
      return name.startsWith(tags) ? [peelSnapshot(quarantine, oid)] : [];
    });
    const { repository } = versions.version(newest);
    const received = { fast: options.fast === true, directory: { versions, newest }, cut };
    const verified = await verifyReceived(context, quarantine, [repository, ...blocks], received);
    const { reader, history } = verified;
    const genesis = reader.block(repository);
    const chain = verifyVersions({ reader, history, versions, genesis }, newest);
    checkFresh(versions.version(newest), context.options.clock(), url);
    const loose = new Set<Oid>();
    for (const id of chain) addReached(quarantine, id, loose);
    const starts = (branch: string): string | undefined => versions.version(newest).heads.get(branch)?.start;
    const refs = refsOf(context, found, verified, { branch, bare: options.bare === true, starts });
    const snapshots = refs.filter(({ name }) => name.startsWith(tags));
    for (const { new: id } of snapshots) if (id !== null) loose.add(id);
    const updates = [
      ...refs,
      { name: directoryRef, old: null, new: newest },
      { name: seenDirectoryRef, old: null, new: newest },
      ...(options.bare === true ? [] : [{ name: remoteDirectoryRef(origin), old: null, new: newest }]),
    ];
    const cuts = cutUpdates(context, reader, cut);
    await keepReceived(context, quarantine, verified, [...loose], updates, { head: branchRef(branch), cuts });
    const head = context.branch(branch).block;
    return {
      repository: genesis.id,
      branch,
      head,
      height: history.record(head).height,
      branches: found.refs.filter(({ name }) => name.startsWith(heads)).length,
      snapshots: snapshots.length,
      blocks: verified.blocks.length,
      ...beginsOf(context),
      taken: verified.taken.length,
      objects,
      bytes,
    };
  } finally {
    quarantine.close();
  }
}

/** All of it or, with a depth, the newest blocks of the branch. */
async function take(
  context: RepositoryContext,
  url: string,
  connection: RemoteConnection,
  found: RemoteRefs,
  quarantine: Quarantine,
  branch: string,
  { access, depth }: CloneOptions,
): Promise<Pick<FetchedPart, 'found' | 'cut' | 'objects' | 'bytes'>> {
  if (depth === undefined)
    return { found, cut: new Set(), ...(await takeMissing(context, connection, found, quarantine, access)) };
  const part = { access, branches: [branch], extent: { kind: 'newest', blocks: depth } } as const;
  return takePart(context, connection, { name: url, url }, found, quarantine, part);
}

/** The branch that was asked for, the remote's own, `main`, or the only one. @throws AergoError AERGO_BRANCH_UNKNOWN */
function branchToBeOn({ refs, head }: RemoteRefs, asked: string | undefined): string {
  const names = refs.filter(({ name }) => name.startsWith(heads)).map(({ name }) => name.slice(heads.length));
  const named = head?.slice(heads.length);
  // What HEAD names at a plain Git repository need not be there.
  const own = [named, 'main', names[0]].find((name) => name !== undefined && names.includes(name));
  const wanted = asked ?? own;
  if (wanted !== undefined && names.includes(wanted)) return wanted;
  throw new AergoError('AERGO_BRANCH_UNKNOWN', `the remote has no branch ${JSON.stringify(wanted ?? 'main')}`, {
    hint: `it has ${names.join(', ') || 'none'}`,
    details: { branch: wanted ?? null, candidates: names },
  });
}

interface CloneRefs {
  readonly branch: string;
  readonly bare: boolean;
  /** A branch's `start` as the directory has it. */
  starts(branch: string): string | undefined;
}

function refsOf(
  context: RepositoryContext,
  found: RemoteRefs,
  { reader }: VerifiedBlocks,
  { branch, bare, starts }: CloneRefs,
): RefUpdate[] {
  const updates: RefUpdate[] = [];
  for (const { name, oid } of found.refs) {
    if (name.startsWith(tags)) {
      const { block } = checkSnapshot(reader, oid, name.slice(tags.length));
      updates.push({ name, old: null, new: oid, height: reader.header(block).height });
    }
    if (!name.startsWith(heads)) continue;
    const here = name.slice(heads.length);
    const { height, start, branch: sealedOn } = reader.header(oid);
    // One that has no block of its own and is in no directory yet is bound to nothing so far.
    const bound = sealedOn === here ? start : (starts(here) ?? context.randomHex(8));
    const update = { old: null, new: oid, start: bound, height };
    if (bare || here === branch) updates.push({ name, ...update });
    if (!bare) updates.push({ name: trackingRef(origin, here), ...update });
  }
  return updates;
}
