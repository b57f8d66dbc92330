/** The exported repository is an ordinary one: stock Git finds no fault in it and reads everything in it. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  closeQuietly,
  newRepository,
  openRepository,
  type TestRepository,
  temporaryDirectory,
  withBank,
} from '../support/repository.ts';
import { type Git, gitIn } from './exported-git.ts';

const lines = (text: string): string[] => text.split('\n').filter(Boolean);

/** Three branches, one of them deep, and snapshots of old blocks and new. */
async function withBranches({ repository, admin }: TestRepository): Promise<void> {
  await repository.createSnapshot('v0', '@', admin);
  await repository.createBranch('what-if');
  await repository.createBranch('deep/er-é');
  await repository.createSnapshot('deep/v1', 'what-if', admin);
}

async function* manyAccounts(): AsyncGenerator<string[]> {
  for (let at = 0; at < 2_000; at += 1) yield [`account ${at}`, `${at}`];
}

/** Many rows, brought by an import; a branch with calls of its own, merged with a drop; one that was deleted with its blocks; a snapshot in between. */
async function withHistory(made: TestRepository): Promise<void> {
  const { repository, admin } = made;
  const pay = (on: string, ...args: string[]) =>
    repository.call({ contract: 'bank', function: 'pay', args, key: admin, on });
  await withBank(made, { alice: '100', bob: '50', carol: '0' });
  await repository.importRows({
    table: 'bank.accounts',
    columns: ['owner', 'balance'],
    rows: manyAccounts(),
    key: admin,
  });
  await repository.createBranch('what-if');
  await repository.createBranch('gone');
  await pay('gone', 'alice', 'bob', '3');
  await pay('what-if', 'alice', 'carol', '80');
  await repository.createSnapshot('before', 'main', admin);
  await pay('main', 'alice', 'bob', '50');
  await repository.deleteBranch('gone', { force: true });
  await repository.merge({ source: 'what-if', sealer: admin });
}

async function exported(
  made: TestRepository,
  bare = false,
): Promise<{ directory: string; git: Git; written: Awaited<ReturnType<TestRepository['repository']['exportGit']>> }> {
  const directory = join(temporaryDirectory(), 'ledger');
  const written = await made.repository.exportGit(directory, { bare });
  return { directory, git: gitIn(directory, [made.admin]), written };
}

/** What every export must be to stock Git. */
async function expectSound(made: TestRepository, directory: string, git: Git): Promise<void> {
  const { repository } = made;
  expect(git('fsck', '--strict', '--full', '--unreachable', '--no-progress')).toBe('');
  const heads = new Map(repository.branches().map(({ name, block }) => [name, block.id]));
  const refs = lines(git('for-each-ref', '--format=%(refname:lstrip=2) %(objectname)', 'refs/heads'));
  expect(refs).toEqual([...heads].map(([name, id]) => `${name} ${id}`).sort());
  const tags = lines(git('for-each-ref', '--format=%(refname:lstrip=2) %(*objectname)', 'refs/tags'));
  expect(tags).toEqual(
    repository
      .snapshots()
      .map(({ name, block }) => `${name} ${block.id}`)
      .sort(),
  );

  const blocks = lines(git('log', '--all', '--format=%H'));
  for (const block of blocks) git('verify-commit', block);
  for (const { name } of repository.snapshots()) git('verify-tag', name);
  expect(git('log', '-1', '--format=%G? %GS', 'main')).toBe(`G ${made.admin.id}\n`);
  const ofMain = await repository.log({ range: 'main' });
  expect(lines(git('rev-list', 'main')).sort()).toEqual(ofMain.map(({ id }) => id).sort());

  // One pack with exactly what the refs reach, which a receiving Git takes without a complaint.
  const packs = join(git('rev-parse', '--absolute-git-dir').trim(), 'objects', 'pack');
  const [index = '', pack = '', ...others] = readdirSync(packs).sort();
  expect([index.endsWith('.idx'), pack.endsWith('.pack'), others]).toEqual([true, true, []]);
  expect(git('verify-pack', join(packs, index))).toBe('');
  const receiver = temporaryDirectory();
  gitIn(receiver)('init', '--quiet', '--bare', '--object-format=sha256');
  gitIn(receiver)('index-pack', '--strict', join(packs, pack), '-o', join(receiver, 'objects', 'pack', 'made.idx'));
  expect(
    Buffer.compare(readFileSync(join(receiver, 'objects', 'pack', 'made.idx')), readFileSync(join(packs, index))),
  ).toBe(0);

  const clone = join(temporaryDirectory(), 'clone');
  // Not by copying files: through the protocol, so that Git walks from the refs it serves.
  git('clone', '--quiet', '--no-local', directory, clone);
  const cloned = gitIn(clone);
  expect(cloned('fsck', '--strict', '--no-progress')).toBe('');
  expect(cloned('rev-parse', 'HEAD')).toBe(git('rev-parse', 'main'));
  expect(cloned('status', '--porcelain')).toBe('');
}

describe('an exported repository', () => {
  test('has all branches and snapshots of a new ledger, signed as stock Git checks it, and a clean work tree', async () => {
    const made = await newRepository();
    await withBranches(made);
    const { directory, git, written } = await exported(made);
    await expectSound(made, directory, git);
    expect(written).toMatchObject({ branches: 3, snapshots: 2 });
    expect(git('symbolic-ref', 'HEAD')).toBe('refs/heads/main\n');
    expect(git('status', '--porcelain', '--ignored')).toBe('');
    expect(lines(git('ls-files'))).toEqual(['block.json', 'engine.json']);
    expect(readdirSync(directory).sort()).toEqual(['.git', 'block.json', 'engine.json']);
    expect(JSON.parse(git('show', 'refs/aergo/directory:directory.json'))).toMatchObject({
      repository: made.repository.id,
    });
    git('verify-commit', 'refs/aergo/directory');
  });

  test('can be bare, and is then as sound', async () => {
    const made = await newRepository();
    await withBranches(made);
    const { directory, git, written } = await exported(made, true);
    await expectSound(made, directory, git);
    expect(git('rev-parse', '--is-bare-repository')).toBe('true\n');
    expect(readdirSync(directory).sort()).toEqual(['HEAD', 'config', 'objects', 'packed-refs', 'refs']);
    const count = Object.fromEntries(lines(git('count-objects', '-v')).map((line) => line.split(': ')));
    expect(count).toMatchObject({ 'in-pack': String(written.objects), packs: '1', count: '0', garbage: '0' });
  });

  test('is checked out at the current branch where there is no main', async () => {
    const made = await newRepository();
    await made.repository.createBranch('other', '@', { switchTo: true });
    await made.repository.deleteBranch('main');
    const { git } = await exported(made);
    expect(git('symbolic-ref', 'HEAD')).toBe('refs/heads/other\n');
    expect(git('status', '--porcelain', '--branch')).toBe('## other\n');
  });

  test('has contracts, imports, calls and merges, and a changed row is a changed line of its differences', async () => {
    const made = await newRepository();
    await withHistory(made);
    const { directory, git, written } = await exported(made);
    await expectSound(made, directory, git);
    expect(written).toMatchObject({ branches: 2, snapshots: 1 });
    const rows = 'state/tables/bank/accounts/rows';
    const changed = lines(git('diff', '--unified=0', 'main~2', 'main~1', '--', rows)).filter((line) =>
      /^[-+][^-+]/.test(line),
    );
    expect(changed).toEqual([
      '-{"balance":"100.00","owner":"alice"}',
      '-{"balance":"50.00","owner":"bob"}',
      '+{"balance":"50.00","owner":"alice"}',
      '+{"balance":"100.00","owner":"bob"}',
    ]);
    const pages = lines(git('ls-files', rows));
    expect(pages.length).toBeGreaterThan(20);
    for (const page of pages.slice(0, 3))
      expect(readFileSync(join(directory, page), 'utf8')).toBe(git('show', `main:${page}`));
    expect(git('log', '-1', '--format=%s', 'main')).toBe('Block 7 on main: merge what-if, 0 applied, 1 dropped\n');
    expect(lines(git('log', '--graph', '--format=%s', 'main')).join('\n')).toContain('|\\');
    expect(git('status', '--porcelain')).toBe('');
  });

  test('is the same after the index was made anew from the volumes', async () => {
    const made = await newRepository();
    await withBranches(made);
    const first = await exported(made, true);
    await closeQuietly(made.repository);
    const { Repository } = await import('../../src/repository.ts');
    await closeQuietly(await Repository.rebuild(made.directory, made.options));
    const again = { ...made, repository: await openRepository(made.directory) };
    const second = await exported(again, true);
    expect(second.written).toEqual(first.written);
    const files = (directory: string) => readdirSync(join(directory, 'objects', 'pack'));
    expect(files(second.directory)).toEqual(files(first.directory));
  });
});

describe('exporting', () => {
  test('refuses a target that is not an empty directory, and changes nothing there', async () => {
    const { repository } = await newRepository();
    const parent = temporaryDirectory();
    const full = join(parent, 'full');
    const file = join(parent, 'file');
    mkdirSync(full);
    writeFileSync(join(full, 'mine'), 'mine');
    writeFileSync(file, 'mine');
    for (const target of [full, file]) {
      await expect(repository.exportGit(target)).rejects.toMatchObject({ code: 'AERGO_EXPORT_EXISTS', exitCode: 2 });
    }
    await expect(repository.exportGit(join(file, 'below'))).rejects.toMatchObject({
      code: 'AERGO_EXPORT_REFUSED',
      exitCode: 2,
    });
    expect(readdirSync(parent).sort()).toEqual(['file', 'full']);
    expect([readdirSync(full), readFileSync(file, 'utf8')]).toEqual([['mine'], 'mine']);
  });

  test('fills an empty directory, also behind a link, and leaves its mode as it is', async () => {
    const { repository } = await newRepository();
    const parent = temporaryDirectory();
    mkdirSync(join(parent, 'empty'));
    chmodSync(join(parent, 'empty'), 0o700);
    symlinkSync('empty', join(parent, 'link'));
    await repository.exportGit(join(parent, 'link'));
    expect(statSync(join(parent, 'empty')).mode & 0o777).toBe(0o700);
    expect(gitIn(join(parent, 'empty'))('status', '--porcelain')).toBe('');
    expect(readdirSync(parent).sort()).toEqual(['empty', 'link']);
  });

  test('makes the directories above its target, and takes them away again when it fails', async () => {
    const made = await newRepository();
    const parent = temporaryDirectory();
    await made.repository.exportGit(join(parent, 'a', 'b', 'ledger'), { bare: true });
    expect(readdirSync(join(parent, 'a', 'b'))).toEqual(['ledger']);

    const volume = join(made.directory, 'volumes', '00000001.vol');
    const bytes = readFileSync(volume);
    // In the body of the second needle: the genesis block's first object.
    const at = bytes.indexOf('AFS1', 4) + 60;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(volume, bytes);
    await expect(made.repository.exportGit(join(parent, 'c', 'd', 'ledger'))).rejects.toMatchObject({
      code: 'AERGO_STORE_DAMAGED',
      exitCode: 6,
    });
    expect(readdirSync(parent)).toEqual(['a']);
    expect(existsSync(join(parent, 'c'))).toBe(false);
  });
});
