/** Our client fetches from and pushes to our server and stock Git alike, in every protocol that they speak. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { AergoError } from '../../src/errors.ts';
import type { Oid } from '../../src/object/oid.ts';
import { encodePackEntry } from '../../src/object/pack-entry.ts';
import { closure, ObjectGraph } from '../../src/wire/commit-graph.ts';
import { discoverRefs, type RemoteRefs } from '../../src/wire/discovery.ts';
import { fetchPack } from '../../src/wire/fetch-pack.ts';
import type { Fetched, FetchWish } from '../../src/wire/fetch-wish.ts';
import { type PackSource, packOf } from '../../src/wire/pack-writer.ts';
import { ProcessTransport } from '../../src/wire/process-transport.ts';
import { type PushWish, sendPack } from '../../src/wire/send-pack.ts';
import { LocalTransport, type Transport } from '../../src/wire/transport.ts';
import type { ProtocolVersion } from '../../src/wire/upload-pack.ts';
import { temporaryDirectory } from '../support/repository.ts';
import { CgiTransport } from './cgi-transport.ts';
import { GitDirectory, servedFrom } from './git.ts';
import { MemorySink } from './packs.ts';
import { MemoryTarget } from './push-target.ts';

const agent = 'aergo/test';

const servers: Record<string, (origin: GitDirectory) => Promise<Transport>> = {
  async 'our server'(origin) {
    const { objects, refs } = await servedFrom(origin);
    const target = new MemoryTarget(objects, refs);
    return new LocalTransport(target, target, { agent });
  },
  async 'git upload-pack and receive-pack'(origin) {
    return new ProcessTransport(origin.path, { PATH: process.env.PATH, GIT_CONFIG_NOSYSTEM: '1', HOME: origin.path });
  },
  async 'git http-backend'(origin) {
    return new CgiTransport(origin.path);
  },
};

/** A bare repository that takes everything, and a work tree beside it with which to fill it. */
async function filled(): Promise<{ origin: GitDirectory; work: GitDirectory }> {
  const origin = await GitDirectory.init('--bare');
  for (const [name, value] of [
    ['uploadpack.allowFilter', 'true'],
    ['receive.advertisePushOptions', 'true'],
    ['receive.denyNonFastForwards', 'true'],
    ['http.receivepack', 'true'],
  ]) {
    await origin.git('config', name ?? '', value ?? '');
  }
  const work = await GitDirectory.init();
  await work.git('remote', 'add', 'origin', `file://${origin.path}`);
  await work.commits(
    Array.from({ length: 10 }, (_, at) => ({
      message: `c${at}`,
      files: { [`dir/f${at}`]: `f ${at}`, file: `c ${at}` },
    })),
  );
  await work.git('tag', '-a', '-m', 'one', 'v1', 'main~3');
  await work.git('push', '--quiet', 'origin', 'main', 'main~5:refs/heads/side/branch', 'v1');
  return { origin, work };
}

const versions: ProtocolVersion[] = [0, 1, 2];

/** A client that keeps what it fetched. */
class Client {
  readonly sink = new MemorySink();
  readonly graph = new ObjectGraph(this.sink);
  readonly #transport: Transport;
  readonly #version: ProtocolVersion;

  constructor(transport: Transport, version: ProtocolVersion) {
    this.#transport = transport;
    this.#version = version;
  }

  refs(...prefixes: string[]): Promise<RemoteRefs> {
    return discoverRefs(this.#transport, 'git-upload-pack', { agent, version: this.#version, prefixes });
  }

  async oid(name: string): Promise<Oid> {
    const found = (await this.refs()).refs.find((ref) => ref.name === name);
    if (found === undefined) throw new Error(`there is no ${name}`);
    return found.oid;
  }

  async fetch(wish: Partial<FetchWish>): Promise<Fetched> {
    const remote = await this.refs();
    const wants = wish.wants ?? remote.refs.map(({ oid }) => oid);
    const whole = { wants, tips: [], graph: this.graph, sink: this.sink, ...wish };
    return fetchPack(this.#transport, remote, whole, { agent });
  }

  async push(
    wish: Omit<PushWish, 'pack'> & { objects?: Iterable<Oid>; pack?: PackSource },
  ): ReturnType<typeof sendPack> {
    const remote = await discoverRefs(this.#transport, 'git-receive-pack', { agent });
    return sendPack(this.#transport, remote, { pack: packOf(this.sink, wish.objects ?? []), ...wish }, { agent });
  }
}

describe.each(Object.entries(servers))('%s', (_name, server) => {
  describe.each(versions)('in protocol %i', (version) => {
    async function connected(): Promise<{ client: Client; origin: GitDirectory; work: GitDirectory }> {
      const { origin, work } = await filled();
      return { client: new Client(await server(origin), version), origin, work };
    }

    test('tells its refs, what tags name, and where HEAD leads', async () => {
      const { client, work } = await connected();
      const { refs, head, version: spoken } = await client.refs();
      expect(spoken).toBe(version);
      expect(head).toBe('refs/heads/main');
      expect(refs).toEqual([
        { name: 'refs/heads/main', oid: await work.oid('main') },
        { name: 'refs/heads/side/branch', oid: await work.oid('main~5') },
        { name: 'refs/tags/v1', oid: await work.oid('v1'), peeled: await work.oid('v1^{commit}') },
      ]);
    });

    test('gives everything to who has nothing, and what is new to who has the rest', async () => {
      const { client, origin, work } = await connected();
      const first = await client.fetch({});
      const listed = await origin.git('cat-file', '--batch-all-objects', '--batch-check=%(objectname)');
      expect([...client.sink.objects.keys()].sort()).toEqual(listed.split('\n').sort());
      expect(first.unpacked.objects).toBe(listed.split('\n').length);
      expect(first.shallow).toEqual([]);
      await work.commit('new', { file: 'new' });
      await work.git('push', '--quiet', 'origin', 'main');
      const later = new Client(await server(origin), version);
      const tips = [await work.oid('main~1')];
      const second = await later.fetch({
        sink: client.sink,
        graph: client.graph,
        tips,
        wants: [await work.oid('main')],
      });
      expect(second.unpacked.objects).toBe(3);
    });

    test('finds out what both have when the histories went apart', async () => {
      const { client, origin, work } = await connected();
      // Three hundred commits of the client's own, on top of one that is deep in what both have.
      const own = await GitDirectory.init();
      await own.git('fetch', '--quiet', '--update-head-ok', origin.path, 'side/branch:refs/heads/main');
      const many = Array.from({ length: 300 }, (_, at) => ({ message: `own ${at}`, files: { own: `${at}` } }));
      await own.commits(many);
      const { objects } = await servedFrom(own);
      for (const [oid, object] of objects.objects) client.sink.put({ oid, ...object });
      await work.commits(many.slice(0, 40));
      await work.git('push', '--quiet', 'origin', 'main');
      const later = new Client(await server(origin), version);
      const tips = [await own.oid('main')];
      const fetched = await later.fetch({
        sink: client.sink,
        graph: client.graph,
        tips,
        wants: [await work.oid('main')],
      });
      // Both have the first five commits; five and forty are new, with three or four objects each.
      expect(fetched.unpacked.objects).toBeLessThan(45 * 4);
      expect(closure(new ObjectGraph(client.sink), [await work.oid('main')]).size).toBe(50);
    });

    test('cuts a history where it is asked to, and gives the rest later', async () => {
      const { client, work } = await connected();
      const main = await work.oid('main');
      const shallow = await client.fetch({ wants: [main], depth: { commits: 2 } });
      expect(shallow.shallow).toEqual([await work.oid('main~1')]);
      expect([...client.sink.objects.values()].filter(({ type }) => type === 'commit')).toHaveLength(2);
      const deeper = await client.fetch({
        wants: [main],
        tips: [main],
        shallow: shallow.shallow,
        depth: { commits: 3, relative: true },
        graph: new ObjectGraph(client.sink),
      });
      expect(deeper.unshallow).toEqual(shallow.shallow);
      expect(deeper.shallow).toEqual([await work.oid('main~4')]);
      const whole = await client.fetch({
        wants: [main],
        tips: [main],
        shallow: deeper.shallow,
        depth: { commits: 2 ** 31 - 1 },
        graph: new ObjectGraph(client.sink),
      });
      expect(whole.unshallow).toEqual(deeper.shallow);
      expect(closure(new ObjectGraph(client.sink), [main]).size).toBe(10);
    });

    test('leaves out what a filter leaves out, and sends tags with what they name', async () => {
      const { client, work } = await connected();
      await client.fetch({ wants: [await work.oid('main')], filter: 'blob:none', includeTags: true });
      const types = new Set([...client.sink.objects.values()].map(({ type }) => type));
      expect([...types].sort()).toEqual(['commit', 'tag', 'tree']);
    });

    test('refuses what no ref leads to', async () => {
      const { client } = await connected();
      const unknown = 'f'.repeat(64) as Oid;
      const refused = expect.objectContaining({ code: expect.stringMatching(/^AERGO_REMOTE_/) });
      await expect(client.fetch({ wants: [unknown] })).rejects.toThrow(refused);
    });
  });

  test('takes a push: makes, moves and deletes refs, and says what it refused', async () => {
    const { origin, work } = await filled();
    const client = new Client(await server(origin), 2);
    await client.fetch({});
    const before = await work.oid('main');
    await work.commit('pushed', { file: 'pushed' });
    const { objects } = await servedFrom(work);
    const fresh = [...objects.objects.keys()].filter((oid) => !client.sink.has(oid));
    for (const oid of fresh) client.sink.put({ oid, ...objects.read(oid) });
    const next = await work.oid('main');
    const side = await work.oid('main~6');
    const report = await client.push({
      objects: fresh,
      options: ['why=because'],
      commands: [
        { name: 'refs/heads/main', old: before, new: next },
        { name: 'refs/heads/other', old: null, new: next },
        { name: 'refs/heads/side/branch', old: side, new: null },
      ],
    });
    expect(report).toEqual({
      refs: new Map([
        ['refs/heads/main', undefined],
        ['refs/heads/other', undefined],
        ['refs/heads/side/branch', undefined],
      ]),
    });
    const found = await client.refs('refs/heads/');
    expect(found.refs.filter(({ name }) => name.startsWith('refs/heads/')).map(({ name }) => name)).toEqual([
      'refs/heads/main',
      'refs/heads/other',
    ]);
    const commands = [
      { name: 'refs/heads/main', old: next, new: before },
      { name: 'refs/heads/third', old: null, new: next },
    ];
    const partly = await client.push({ commands });
    expect(partly.refs.get('refs/heads/main')).toBeDefined();
    expect(partly.refs.get('refs/heads/third')).toBeUndefined();
    const none = await client.push({
      atomic: true,
      commands: commands.map((command) => ({ ...command, name: command.name.replace('third', 'fourth') })),
    });
    expect([...none.refs.values()].every((fault) => fault !== undefined)).toBe(true);
    expect(await client.oid('refs/heads/main')).toBe(next);
  });
});

describe.each(Object.entries(servers))('%s', (_name, server) => {
  test('gets no ref when the pack could not be read to its end, and the client hears why', async () => {
    const { origin } = await filled();
    const client = new Client(await server(origin), 2);
    const damaged = new AergoError('AERGO_STORE_DAMAGED', 'a volume is damaged');
    const pack: PackSource = {
      count: 2,
      *entries() {
        yield { bytes: encodePackEntry('blob', Buffer.from('ab')) };
        throw damaged;
      },
    };
    const oid = await client.oid('refs/heads/main');
    const commands = [{ name: 'refs/heads/new', old: null, new: oid }];
    await expect(client.push({ commands, pack })).rejects.toBe(damaged);
    expect((await client.refs()).refs.map(({ name }) => name)).not.toContain('refs/heads/new');
  });

  test('stops when the client no longer listens', async () => {
    const { origin } = await filled();
    const transport = await server(origin);
    const oid = await new Client(transport, 2).oid('refs/heads/main');
    const full = new AergoError('AERGO_STORE_FULL', 'no room');
    const sink = new MemorySink();
    sink.put = () => {
      throw full;
    };
    const remote = await discoverRefs(transport, 'git-upload-pack', { agent });
    const wish = { wants: [oid], tips: [], graph: new ObjectGraph(sink), sink };
    await expect(fetchPack(transport, remote, wish, { agent })).rejects.toBe(full);
  });
});

describe('a remote that cannot be used', () => {
  const env = { PATH: process.env.PATH, GIT_CONFIG_NOSYSTEM: '1' };

  test('because its objects are SHA-1, is told from others', async () => {
    const other = new GitDirectory();
    await other.git('init', '--quiet', '--bare');
    for (const service of ['git-upload-pack', 'git-receive-pack'] as const) {
      const found = discoverRefs(new ProcessTransport(other.path, env), service, { agent });
      await expect(found).rejects.toThrow(expect.objectContaining({ code: 'AERGO_REMOTE_FORMAT' }));
    }
  });

  test('because it is not there, says so', async () => {
    const nowhere = new ProcessTransport('/nowhere/at-all', env);
    await expect(discoverRefs(nowhere, 'git-upload-pack', { agent })).rejects.toThrow(/does not appear to be a git/);
  });

  test('because there is no Git, says so', async () => {
    const without = new ProcessTransport('/nowhere', { PATH: '/nowhere' });
    const failed = expect.objectContaining({ code: 'AERGO_REMOTE_FAILED' });
    await expect(discoverRefs(without, 'git-upload-pack', { agent })).rejects.toThrow(failed);
  });

  test('because its program stopped in the middle, says so', async () => {
    const bin = temporaryDirectory();
    writeFileSync(join(bin, 'git'), "#!/bin/sh\nprintf '000eversion 2'\necho 'out of luck' >&2\nexit 3\n", {
      mode: 0o755,
    });
    const broken = discoverRefs(new ProcessTransport(bin, { PATH: `${bin}:${process.env.PATH}` }), 'git-upload-pack', {
      agent,
    });
    const failed = expect.objectContaining({
      code: 'AERGO_REMOTE_FAILED',
      message: 'git upload-pack failed: out of luck',
    });
    await expect(broken).rejects.toThrow(failed);
  });

  test('is empty, and takes the first push', async () => {
    const { work } = await filled();
    const empty = await GitDirectory.init('--bare');
    const client = new Client(new ProcessTransport(empty.path, env), 2);
    expect((await client.refs()).refs).toEqual([]);
    expect((await client.refs()).head).toBe('refs/heads/main');
    const { objects } = await servedFrom(work);
    for (const [oid, object] of objects.objects) client.sink.put({ oid, ...object });
    const main = await work.oid('main');
    await client.push({
      objects: objects.objects.keys(),
      commands: [{ name: 'refs/heads/main', old: null, new: main }],
    });
    expect(execFileSync('git', ['-C', empty.path, 'fsck', '--strict'], { encoding: 'utf8' })).not.toContain('missing');
    expect(await empty.oid('main')).toBe(main);
  });
});
