/**
 * The repository as an ordinary SHA-256 Git repository: all branches and snapshots and the directory, one pack copied from
 * the volumes, and the work tree of `main`. No Git program takes part. All of it appears at once or nothing does.
 */
import { chmod, mkdir, mkdtemp, readdir, realpath, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { AergoError } from '../errors.ts';
import type { BlockId } from '../ledger/block.ts';
import { branchRef, directoryRef, snapshotRef } from '../ledger/names.ts';
import { peelSnapshot } from '../ledger/snapshot.ts';
import { decodeCommit } from '../object/commit.ts';
import { encodeGitIndex } from '../object/git-index.ts';
import type { Oid } from '../object/oid.ts';
import { encodePackedRefs, type PackedRef } from '../object/packed-refs.ts';
import { addReached } from '../object/reached.ts';
import type { ObjectSource } from '../object/source.ts';
import { storeFault, systemCode } from '../store/damage.ts';
import { checkOut } from './check-out.ts';
import type { BranchHead, RepositoryContext } from './context.ts';
import { cutOf } from './cutting.ts';
import { writePackFile } from './pack-file.ts';

/** What was written; `bytes` is the size of the pack. */
export interface GitExport {
  readonly branches: number;
  readonly snapshots: number;
  readonly objects: number;
  readonly bytes: number;
}

/**
 * Writes the repository into a directory that does not exist or is empty; directories above it are made.
 * @param bare without a work tree, Git's files directly in the directory
 * @throws AergoError and nothing is left: AERGO_EXPORT_EXISTS, AERGO_EXPORT_REFUSED, AERGO_STORE_DAMAGED, AERGO_STORE_FULL,
 * AERGO_STORE_IO
 */
export async function exportGit(context: RepositoryContext, directory: string, bare: boolean): Promise<GitExport> {
  const target = await emptyTarget(resolve(directory));
  const parent = dirname(target.path);
  let firstMade: string | undefined;
  let workshop: string | undefined;
  try {
    firstMade = await mkdir(parent, { recursive: true });
    // Beside the target, so that a rename can put it there.
    workshop = await mkdtemp(join(parent, `.${basename(target.path)}.aergo-`));
    const made = join(workshop, 'repository');
    await mkdir(made);
    const exported = await writeRepository(context, made, bare);
    if (target.mode !== undefined) await chmod(made, target.mode);
    await rename(made, target.path);
    firstMade = undefined;
    return exported;
  } catch (error) {
    throw exportFault(error, target.path);
  } finally {
    if (workshop !== undefined) await rm(workshop, { recursive: true, force: true });
    if (firstMade !== undefined) await removeEmpty(parent, firstMade);
  }
}

/** Where to export to, and the mode of the directory that is there already. */
async function emptyTarget(directory: string): Promise<{ path: string; mode?: number }> {
  let names: string[];
  try {
    names = await readdir(directory);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return { path: directory };
    throw (await isThere(directory)) ? targetExists(directory) : exportFault(error, directory);
  }
  if (names.length > 0) throw targetExists(directory);
  return { path: await realpath(directory), mode: (await stat(directory)).mode & 0o7777 };
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false; // Why it cannot be looked at is told by what is done with it next.
  }
}

async function writeRepository(context: RepositoryContext, top: string, bare: boolean): Promise<GitExport> {
  const { store, history, reader } = context;
  const branches = context.branchNames().map((name) => context.branch(name));
  const snapshots = store
    .refs(snapshotRef(''))
    .map(({ name, oid }) => ({ name, oid, block: peelSnapshot(store, oid) }));
  const directory = store.ref(directoryRef);
  const loose = new Set<Oid>(snapshots.map(({ oid }) => oid));
  if (directory !== undefined) addDirectory(store, directory.oid, loose);
  const heads: BlockId[] = [...branches, ...snapshots].map(({ block }) => block);
  const contents = store.pack([...history.reachable(heads)], [...loose]);
  const head = checkedOutBranch(context, branches);

  const git = bare ? top : join(top, '.git');
  const packs = join(git, 'objects', 'pack');
  for (const made of [packs, join(git, 'objects', 'info'), join(git, 'refs', 'heads'), join(git, 'refs', 'tags')]) {
    await mkdir(made, { recursive: true });
  }
  const { bytes } = await writePackFile(packs, contents, (done) =>
    context.options.onProgress?.({ phase: 'export', done, total: contents.count, unit: 'objects' }),
  );
  const refs: PackedRef[] = [
    ...branches.map(({ name, block }) => ({ name: branchRef(name), oid: block })),
    ...snapshots.map(({ name, oid, block }) => ({ name, oid, peeled: block })),
    ...(directory === undefined ? [] : [{ name: directoryRef, oid: directory.oid }]),
  ];
  await writeFile(join(git, 'packed-refs'), encodePackedRefs(refs));
  await writeFile(join(git, 'config'), configOf(bare));
  // What Git reads of a history that is cut, lest it miss the parents.
  const cut = [...cutOf(context)].sort();
  if (cut.length > 0) await writeFile(join(git, 'shallow'), cut.map((id) => `${id}\n`).join(''));
  await writeFile(join(git, 'HEAD'), `ref: ${branchRef(head.name)}\n`);
  if (!bare) {
    const files = await checkOut(store, reader.block(head.block).commit.tree, top);
    await writeFile(join(git, 'index'), encodeGitIndex(files));
  }
  return { branches: branches.length, snapshots: snapshots.length, objects: contents.count, bytes };
}

/** `main`; where there is none, the current branch. */
function checkedOutBranch(context: RepositoryContext, branches: readonly BranchHead[]): BranchHead {
  return branches.find(({ name }) => name === 'main') ?? context.branch();
}

/** All versions of the directory with what they hold. */
function addDirectory(source: ObjectSource, newest: Oid, found: Set<Oid>): void {
  for (let id: Oid | undefined = newest; id !== undefined; id = decodeCommit(source.read(id).body).parents[0]) {
    addReached(source, id, found);
  }
}

/** Git's own settings for such a repository. The files are checked out as they are, whatever a user's configuration says. */
const configOf = (bare: boolean): string => `[core]
\trepositoryformatversion = 1
\tfilemode = true
\tbare = ${bare}
${bare ? '' : '\tlogallrefupdates = true\n'}\tautocrlf = false
[extensions]
\tobjectformat = sha256
`;

/** Takes away the directories that were made above the target, unless something else has come into them. */
async function removeEmpty(innermost: string, outermost: string): Promise<void> {
  for (let path = innermost; path.length >= outermost.length; path = dirname(path)) {
    try {
      await rmdir(path);
    } catch {
      return; // Somebody uses it: it stays, with those above it.
    }
  }
}

const refused = new Set(['EACCES', 'EBUSY', 'EEXIST', 'EINVAL', 'ELOOP', 'ENAMETOOLONG', 'ENOTDIR', 'EPERM', 'EROFS']);

function exportFault(error: unknown, path: string): unknown {
  if (error instanceof AergoError) return error;
  const code = systemCode(error);
  if (code === undefined) return error;
  if (code === 'ENOTEMPTY') return targetExists(path);
  if (!refused.has(code)) return storeFault(error, `writing ${path}`);
  return new AergoError('AERGO_EXPORT_REFUSED', `nothing can be written at ${path} (${code})`, {
    hint: 'choose a directory that you may make',
    details: { path, system: code },
    cause: error,
  });
}

function targetExists(path: string): AergoError {
  return new AergoError('AERGO_EXPORT_EXISTS', `${path} is there already and is not an empty directory`, {
    hint: 'choose a directory that does not exist; nothing was changed',
    details: { path },
  });
}
