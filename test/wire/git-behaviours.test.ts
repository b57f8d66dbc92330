/** What Git's own tests of smart HTTP look at and the other files here do not, in our words; docs/protocol.md has the table. */
import { describe, expect, test } from 'vitest';
import { objectId } from '../../src/object/object.ts';
import { GitDirectory, servedFrom } from './git.ts';
import { serve, type TestServer } from './http-server.ts';
import { MemoryTarget } from './push-target.ts';

const numbered = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, at) => ({ message: `${prefix}${at}`, files: { [prefix]: `${prefix} ${at}` } }));

async function origin(commits = 5): Promise<GitDirectory> {
  const made = await GitDirectory.init();
  await made.commits(numbered('c', commits));
  return made;
}

/** An empty repository that knows the server as `origin`. */
async function client(server: TestServer, version = '2'): Promise<GitDirectory> {
  const made = await GitDirectory.init();
  made.settings.push(`protocol.version=${version}`);
  await made.git('remote', 'add', 'origin', server.url);
  return made;
}

/** A bare clone, which keeps its refs in one file: quick with thousands. */
async function cloned(server: TestServer, version: string, ...settings: string[]): Promise<GitDirectory> {
  const made = new GitDirectory();
  made.settings.push(`protocol.version=${version}`, ...settings);
  await made.git('clone', '--quiet', '--bare', server.url, '.');
  return made;
}

/** Many refs to one commit. */
const resets = (branch: string, count: number, name: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => `reset ${name(at)}\nfrom refs/heads/${branch}^0\n\n`).join('');

test('two thousand tags are cloned, and fifty more are fetched', async () => {
  const from = await origin();
  const name = 'a-name-that-is-rather-long'.repeat(3);
  await from.fastImport(resets('main', 2000, (at) => `refs/tags/${name}-${at}`));
  const server = await serve(await servedFrom(from));
  const copies = await Promise.all(['0', '2'].map((version) => cloned(server, version)));
  await from.fastImport(resets('main', 50, (at) => `refs/tags/new-${at}`));
  server.repository = await servedFrom(from);
  for (const copy of copies) {
    expect((await copy.git('tag', '--list')).split('\n')).toHaveLength(2000);
    await copy.git('fetch', '--quiet', '--tags', 'origin');
    expect((await copy.git('tag', '--list')).split('\n')).toHaveLength(2050);
  }
  expect(server.faults).toEqual([]);
});

test('a request that is too large for one piece comes in many, one that is not comes compressed', async () => {
  const from = await origin(2);
  const stream = Array.from(
    { length: 1200 },
    (_, at) =>
      `commit refs/heads/b${at}\ncommitter ada <ada> ${1_700_000_000 + at} +0000\ndata 2\n${at % 10}\nfrom refs/heads/main^0\nM 100644 inline f\ndata ${String(at).length}\n${at}\n\n`,
  );
  await from.fastImport(stream.join(''));
  const server = await serve(await servedFrom(from));
  // Wants of 90 KB: compressed when they fit into the buffer, in pieces when they do not.
  for (const version of ['0', '2']) {
    for (const settings of [[], ['http.postBuffer=65536']]) {
      const copy = await cloned(server, version, ...settings);
      expect((await copy.git('branch', '--list')).split('\n')).toHaveLength(1201);
    }
  }
  expect(server.faults).toEqual([]);
});

describe.each(['0', '2'])('stock Git in protocol %s', (version) => {
  test('fetches a tag by its full name, tags by a pattern, and a branch by its short name', async () => {
    const from = await origin();
    for (const [tag, at] of [
      ['exact', 'main~1'],
      ['other', 'main~2'],
      ['one-a', 'main~3'],
      ['one-b', 'main~4'],
    ]) {
      await from.git('tag', tag ?? '', at ?? '');
    }
    const server = await serve(await servedFrom(from));
    const copy = await client(server, version);
    await copy.git('fetch', '--quiet', '--no-tags', 'origin', 'refs/tags/exact', 'refs/tags/one-*:refs/tags/one-*');
    expect(await copy.git('tag', '--list')).toBe('one-a\none-b');
    expect((await copy.try('cat-file', '-e', await from.oid('exact'))).code).toBe(0);
    expect((await copy.try('cat-file', '-e', await from.oid('main'))).code).not.toBe(0);
    await copy.git('fetch', '--quiet', 'origin', 'main');
    expect(await copy.oid('FETCH_HEAD')).toBe(await from.oid('main'));
  });

  test('deepens a shallow history that went apart, in rounds that end without shallow lines of their own', async () => {
    const from = await origin(6);
    const server = await serve(await servedFrom(from));
    const copy = await client(server, version);
    await copy.git('fetch', '--quiet', '--depth=3', 'origin', 'main:refs/remotes/origin/main');
    await copy.git('symbolic-ref', 'HEAD', 'refs/heads/own');
    await copy.commits(numbered('own', 40));
    await from.commits(numbered('new', 3));
    server.repository = await servedFrom(from);
    await copy.git('fetch', '--quiet', '--depth=2', 'origin', '+main:refs/remotes/origin/main');
    expect(await copy.git('log', '--format=%s', 'origin/main')).toBe('new2\nnew1');
    expect(await copy.git('fsck', '--strict', '--no-dangling')).toBe('');
    expect(server.faults).toEqual([]);
  });

  test('cuts a history with merges by time and by a ref, and what is left hangs together', async () => {
    const from = await origin(4);
    const stream = `commit refs/heads/side\ncommitter ada <ada> 1700000100 +0000\ndata 4\nside\nfrom refs/heads/main~2\nM 100644 inline s\ndata 1\ns\n\ncommit refs/heads/main\ncommitter ada <ada> 1700000400 +0000\ndata 5\nmerge\nfrom refs/heads/main^0\nmerge refs/heads/side\n\n`;
    await from.fastImport(stream);
    await from.commits(numbered('after', 2));
    const server = await serve(await servedFrom(from));
    for (const cut of ['--shallow-since=1700000110', '--shallow-exclude=side', '--depth=3']) {
      const copy = new GitDirectory();
      copy.settings.push(`protocol.version=${version}`);
      await copy.git('clone', '--quiet', '--no-checkout', cut, server.url, '.');
      expect(await copy.git('fsck', '--strict', '--no-dangling')).toBe('');
      const subjects = (await copy.git('log', '--format=%s', 'origin/main')).split('\n');
      expect(subjects.slice(0, 3)).toEqual(['after1', 'after0', 'merge']);
      expect(subjects).not.toContain('c0');
    }
  });

  test('pushes all branches, and a mirror, to a repository that has none', async () => {
    const target = new MemoryTarget();
    const server = await serve(target);
    server.target = target;
    const from = await origin();
    await from.git('branch', 'other', 'main~2');
    from.settings.push(`protocol.version=${version}`);
    await from.git('push', '--quiet', '--all', server.url);
    expect(target.refs.map(({ name }) => name).sort()).toEqual(['refs/heads/main', 'refs/heads/other']);
    await from.git('tag', 'v1');
    await from.git('branch', '-D', 'other');
    await from.git('push', '--quiet', '--mirror', server.url);
    expect(target.refs.map(({ name }) => name).sort()).toEqual(['refs/heads/main', 'refs/tags/v1']);
  });

  test('pushes a branch whose name is not ASCII, with a lease', async () => {
    const target = new MemoryTarget();
    const server = await serve(target);
    server.target = target;
    const from = await origin();
    from.settings.push(`protocol.version=${version}`);
    await from.git('push', '--quiet', server.url, 'main:rama-de-árbol');
    const before = await from.oid('main');
    await from.commit('next');
    const lease = (oid: string): string => `--force-with-lease=rama-de-árbol:${oid}`;
    await from.git('push', '--quiet', lease(before), server.url, 'main:rama-de-árbol');
    expect((await from.try('push', lease(before), server.url, 'main~1:rama-de-árbol')).stderr).toContain(
      '(stale info)',
    );
    expect(target.refs).toEqual([{ name: 'refs/heads/rama-de-árbol', oid: await from.oid('main') }]);
  });

  test('says that there is nothing to push, and asks for nothing more', async () => {
    const target = new MemoryTarget();
    const server = await serve(target);
    server.target = target;
    const from = await origin();
    from.settings.push(`protocol.version=${version}`);
    await from.git('push', '--quiet', server.url, 'main');
    server.requests.length = 0;
    expect((await from.try('push', server.url, 'main')).stderr).toContain('Everything up-to-date');
    expect(server.requests.map(({ line }) => line)).toEqual(['GET /info/refs?service=git-receive-pack']);
  });

  test('does not sign a push where it need not, and is told when it must', async () => {
    const target = new MemoryTarget();
    const server = await serve(target);
    server.target = target;
    const from = await origin();
    expect((await from.try('push', '--signed', server.url, 'main')).stderr).toContain('does not support --signed');
    await from.git('push', '--quiet', '--signed=if-asked', server.url, 'main');
    expect(target.refs).toHaveLength(1);
  });
});

test('a commit that a ref reaches is fetched by its id in protocol 2, and in 0 only what a ref names', async () => {
  const from = await origin();
  const gone = objectId('blob', Buffer.from('nowhere'));
  const server = await serve(await servedFrom(from));
  const inner = await from.oid('main~2');
  const second = await client(server, '2');
  await second.git('fetch', '--quiet', 'origin', inner);
  expect(await second.oid('FETCH_HEAD')).toBe(inner);
  expect((await second.try('fetch', 'origin', gone)).stderr).toContain(`no ref leads to object ${gone}`);
  const old = await client(server, '0');
  expect((await old.try('fetch', 'origin', inner)).stderr).toContain('unadvertised object');
  await old.git('fetch', '--quiet', 'origin', await from.oid('main'));
});

test('what both sides have is found without fetching anything', async () => {
  const from = await origin();
  const server = await serve(await servedFrom(from));
  const copy = await client(server);
  await copy.git('fetch', '--quiet', 'origin', 'main:refs/heads/own');
  await copy.git('symbolic-ref', 'HEAD', 'refs/heads/own');
  await copy.commits(numbered('own', 3));
  server.requests.length = 0;
  const common = await copy.git('fetch', '--negotiate-only', '--negotiation-tip=own', 'origin');
  expect(common.split('\n')).toContain(await from.oid('main'));
  expect(common.split('\n')).not.toContain(await copy.oid('own'));
  expect(server.requests.every(({ sent_bytes }) => sent_bytes < 2000)).toBe(true);
});

test.each(['consecutive', 'skipping', 'noop'])(
  'a fetch that negotiates in the way %s ends with what it asked for',
  async (way) => {
    const from = await origin(30);
    const server = await serve(await servedFrom(from));
    for (const version of ['0', '2']) {
      const copy = await client(server, version);
      copy.settings.push(`fetch.negotiationAlgorithm=${way}`);
      await copy.git('fetch', '--quiet', 'origin', 'main:refs/heads/own');
      await copy.git('symbolic-ref', 'HEAD', 'refs/heads/own');
      await copy.commits(numbered('own', 60));
      await from.commits(numbered(`new${version}`, 5));
      server.repository = await servedFrom(from);
      await copy.git('fetch', '--quiet', 'origin', 'main:refs/remotes/origin/main');
      await copy.git('fetch', '--quiet', '--refetch', 'origin', 'main:refs/remotes/origin/again');
      expect(await copy.oid('origin/again')).toBe(await from.oid('main'));
      expect(await copy.oid('origin/main')).toBe(await from.oid('main'));
      expect(await copy.git('fsck', '--strict')).toBe('');
    }
    expect(server.faults).toEqual([]);
  },
);

test('ref prefixes keep the refs out that nobody asked for', async () => {
  const from = await origin();
  await from.fastImport(resets('main', 200, (at) => `refs/heads/unwanted-${at}`));
  const server = await serve(await servedFrom(from));
  const copy = await client(server);
  await copy.git('fetch', '--quiet', 'origin', 'main');
  // Two hundred refs would take 20 KB.
  expect(Math.max(...server.requests.map(({ sent_bytes }) => sent_bytes))).toBeLessThan(5000);
});

test('a branch that HEAD names and that is not there yet gives its name to the clone', async () => {
  const served = await servedFrom(await origin());
  const server = await serve({ ...served, head: 'refs/heads/unborn' });
  const copy = new GitDirectory();
  await copy.git('clone', '--quiet', '--no-checkout', server.url, '.');
  expect(await copy.git('symbolic-ref', 'HEAD')).toBe('refs/heads/unborn');
});

test('an empty repository is cloned as one of SHA-256 with protocol 2 of a Git that knows how', async () => {
  const server = await serve({
    objects: (await servedFrom(await origin())).objects,
    refs: [],
    head: 'refs/heads/main',
  });
  const copy = new GitDirectory();
  const { stderr } = await copy.try('clone', server.url, '.');
  expect(stderr).toContain('empty repository');
});
