/** Stock Git fetches from our server, in every protocol that it speaks. */
import { describe, expect, test } from 'vitest';
import { GitDirectory, servedFrom } from './git.ts';
import { serve } from './http-server.ts';

/** Ten commits on main, one side branch merged in, tags of both kinds, a branch of its own. */
async function withHistory(): Promise<GitDirectory> {
  const made = await GitDirectory.init();
  const numbered = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, at) => ({
      message: `c${from + at}`,
      files: { [`dir/f${from + at}`]: `text ${from + at}`, file: `c${from + at}` },
    }));
  await made.commits(numbered(0, 5));
  await made.git('tag', '-a', '-m', 'one', 'v1', 'HEAD~2');
  await made.git('tag', 'light', 'HEAD~1');
  await made.git('branch', 'side', 'HEAD~3');
  await made.git('symbolic-ref', 'HEAD', 'refs/heads/side');
  await made.commit('s0', { side: 's0' });
  await made.git('symbolic-ref', 'HEAD', 'refs/heads/main');
  await made.commits(numbered(5, 10));
  return made;
}

const refsOf = (directory: GitDirectory): Promise<string> =>
  directory.git('for-each-ref', '--format=%(objectname) %(refname)', 'refs/heads', 'refs/tags');

/** How many objects a repository has, loose or packed. */
const objectCount = async (directory: GitDirectory): Promise<number> =>
  (await directory.git('cat-file', '--batch-all-objects', '--batch-check')).split('\n').length;

describe.each(['0', '1', '2'])('protocol %s', (version) => {
  async function cloned(url: string, ...args: string[]): Promise<GitDirectory> {
    const into = new GitDirectory();
    into.settings.push(`protocol.version=${version}`);
    await into.git('clone', '--quiet', '--no-checkout', ...args, url, '.');
    return into;
  }

  test('a clone has every ref and object, and is sound', async () => {
    const origin = await withHistory();
    const server = await serve(await servedFrom(origin));
    const copy = await cloned(server.url, '--mirror');
    expect(await refsOf(copy)).toBe(await refsOf(origin));
    expect(await copy.git('symbolic-ref', 'HEAD')).toBe('refs/heads/main');
    expect(await copy.git('fsck', '--strict', '--full', '--unreachable')).toBe('');
    const objects = ['cat-file', '--batch-all-objects', '--batch-check'];
    expect(await copy.git(...objects)).toBe(await origin.git(...objects));
    expect(server.faults).toEqual([]);
    expect(server.requests[0]?.protocol).toBe(version === '0' ? '' : `version=${version}`);
  });

  test('a fetch brings what is new, and no more', async () => {
    const origin = await withHistory();
    const server = await serve(await servedFrom(origin));
    const copy = await cloned(server.url);
    await origin.commit('new', { file: 'new' });
    server.repository = await servedFrom(origin);
    const before = await objectCount(copy);
    await copy.git('fetch', '--quiet');
    expect(await copy.oid('origin/main')).toBe(await origin.oid('main'));
    expect(await objectCount(copy)).toBe(before + 3);
    expect(Math.max(...server.requests.slice(-2).map(({ sent_bytes }) => sent_bytes))).toBeLessThan(1500);
    expect(server.faults).toEqual([]);
  });

  test('a fetch of two histories that went apart settles on what both have', async () => {
    const origin = await withHistory();
    const server = await serve(await servedFrom(origin));
    const copy = await cloned(server.url);
    await copy.git('symbolic-ref', 'HEAD', 'refs/heads/own');
    await copy.git('update-ref', 'refs/heads/own', 'origin/main~3');
    const many = (who: string, count: number) =>
      Array.from({ length: count }, (_, at) => ({ message: `${who} ${at}`, files: { file: `${who} ${at}` } }));
    await copy.commits(many('own', 70));
    await origin.commits(many('theirs', 40));
    server.repository = await servedFrom(origin);
    const before = await objectCount(copy);
    await copy.git('fetch', '--quiet');
    expect(await copy.oid('origin/main')).toBe(await origin.oid('main'));
    expect(await objectCount(copy)).toBe(before + 3 * 40);
    expect(await copy.git('fsck', '--strict', '--no-dangling')).toBe('');
    expect(server.faults).toEqual([]);
  });

  test('annotated tags follow the commits that they name', async () => {
    const origin = await withHistory();
    const server = await serve(await servedFrom(origin));
    const copy = await cloned(server.url, '--single-branch');
    await origin.commit('tagged');
    await origin.git('tag', '-a', '-m', 'two', 'v2');
    await origin.git('tag', '-a', '-m', 'tag of a tag', 'v2-again', 'v2');
    server.repository = await servedFrom(origin);
    await copy.git('fetch', '--quiet');
    expect(await copy.git('tag', '--list')).toBe('light\nv1\nv2\nv2-again');
    expect(await copy.git('fsck', '--strict')).toBe('');
  });

  test('a clone of depth 1 has one commit; deepening and unshallowing add the others', async () => {
    const origin = await withHistory();
    const server = await serve(await servedFrom(origin));
    const copy = await cloned(server.url, '--depth=1');
    const count = async (): Promise<number> => Number(await copy.git('rev-list', '--count', 'origin/main'));
    expect(await count()).toBe(1);
    await copy.git('fetch', '--quiet', '--deepen=2');
    expect(await count()).toBe(3);
    await copy.git('fetch', '--quiet', '--depth=5');
    expect(await count()).toBe(5);
    await copy.git('fsck', '--strict');
    await copy.git('fetch', '--quiet', '--unshallow');
    expect(await count()).toBe(10);
    expect(await copy.git('rev-parse', '--is-shallow-repository')).toBe('false');
    expect(await copy.git('fsck', '--strict', '--no-dangling')).toBe('');
    expect(server.faults).toEqual([]);
  });

  test('a shallow clone goes on from where it is', async () => {
    const origin = await withHistory();
    const server = await serve(await servedFrom(origin));
    const copy = await cloned(server.url, '--depth=2');
    await origin.commit('new', { file: 'new' });
    server.repository = await servedFrom(origin);
    const before = await objectCount(copy);
    await copy.git('fetch', '--quiet');
    expect(await copy.git('rev-list', '--count', 'origin/main')).toBe('3');
    expect(await objectCount(copy)).toBe(before + 3);
    expect(await copy.git('fsck', '--strict', '--no-dangling')).toBe('');
  });

  test('a history is cut by time and by a ref', async () => {
    const origin = await withHistory();
    const server = await serve(await servedFrom(origin));
    const since = await cloned(
      server.url,
      `--shallow-since=${await origin.git('log', '-1', '--format=%ct', 'main~2')}`,
    );
    expect(await since.git('log', '--format=%s', 'origin/main')).toBe('c9\nc8\nc7');
    const excluded = await cloned(server.url, '--shallow-exclude=v1');
    expect(await excluded.git('log', '--format=%s', 'origin/main')).toBe('c9\nc8\nc7\nc6\nc5\nc4\nc3');
    for (const copy of [since, excluded]) expect(await copy.git('fsck', '--strict', '--no-dangling')).toBe('');
    const nothing = new GitDirectory();
    nothing.settings.push(`protocol.version=${version}`);
    const { code, stderr } = await nothing.try('clone', '--shallow-since=2000000000', server.url, '.');
    expect(code).toBe(128);
    expect(stderr).toContain('no commits are left of the history that was asked for');
    const unknown = await nothing.try('clone', '--shallow-exclude=nowhere', server.url, '.');
    expect(unknown.stderr).toContain('there is no ref "nowhere"');
  });

  test('a filter leaves blobs or trees out, which come when they are needed', async () => {
    const origin = await withHistory();
    const server = await serve(await servedFrom(origin));
    for (const [filter, kinds] of [
      ['blob:none', 'commit tag tree'],
      ['tree:0', 'commit tag'],
    ]) {
      const copy = await cloned(server.url, `--filter=${filter}`);
      const here = await copy.git('rev-list', '--objects', '--all', '--missing=print');
      expect(here).toContain('?');
      const found = await copy.git('cat-file', '--batch-all-objects', '--batch-check=%(objecttype)');
      expect([...new Set(found.split('\n'))].sort().join(' ')).toBe(kinds);
      if (version === '2') expect(await copy.git('show', 'origin/main:dir/f7')).toBe('text 7');
    }
    const limited = await cloned(server.url, '--filter=blob:limit=5');
    const blobs = await limited.git('cat-file', '--batch-all-objects', '--batch-check=%(objecttype) %(objectsize)');
    const sizes = [...blobs.matchAll(/^blob (\d+)$/gm)].map(([, size]) => Number(size));
    expect(sizes.length).toBeGreaterThan(3);
    expect(Math.max(...sizes)).toBeLessThan(5);
  });

  test('ls-remote shows every ref, where HEAD leads, and what tags name', async () => {
    const origin = await withHistory();
    const server = await serve(await servedFrom(origin));
    const other = new GitDirectory();
    other.settings.push(`protocol.version=${version}`);
    expect(await other.git('ls-remote', '--symref', server.url)).toBe(
      await other.git('ls-remote', '--symref', `file://${origin.path}`),
    );
  });

  test('a fetch says on the terminal how many objects come, unless it is told to be quiet', async () => {
    const origin = await withHistory();
    const server = await serve(await servedFrom(origin));
    const copy = new GitDirectory();
    copy.settings.push(`protocol.version=${version}`);
    const { stderr } = await copy.try('clone', '--progress', '--no-checkout', server.url, '.');
    expect(stderr).toMatch(/remote: Sending \d+ objects/);
  });

  test('a SHA-1 repository is told that the object formats differ', async () => {
    const server = await serve(await servedFrom(await withHistory()));
    const copy = new GitDirectory();
    copy.settings.push(`protocol.version=${version}`);
    await copy.git('init', '--quiet');
    const { code, stderr } = await copy.try('fetch', server.url, 'main');
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/object format|algorithm/);
  });
});
