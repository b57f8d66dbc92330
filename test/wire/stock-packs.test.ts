/** Packs as stock Git makes them are taken in whole, and packs of ours by it. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { isOid, type Oid } from '../../src/object/oid.ts';
import { packBytes, packOf } from '../../src/wire/pack-writer.ts';
import { unpack } from '../../src/wire/unpack.ts';
import { StockGit } from '../object/stock-git.ts';
import { MemorySink } from './packs.ts';
import { gathered, readerOf } from './streams.ts';

/** A file of many lines, each version of which changes one: what Git deltifies in long chains. */
function withVersions(git: StockGit, versions: number): void {
  git.run(['config', 'user.name', 'ada']);
  git.run(['config', 'user.email', 'ada']);
  const lines = Array.from({ length: 200 }, (_, at) => `line ${at} of a file that changes slowly`);
  const stream: string[] = [];
  for (let version = 0; version < versions; version += 1) {
    lines[version % 200] = `line changed in version ${version}`;
    const text = lines.join('\n');
    stream.push(
      `commit refs/heads/main\ncommitter ada <ada> ${1_700_000_000 + version} +0000\ndata 2\nc\n`,
      `M 100644 inline file\ndata ${Buffer.byteLength(text)}\n${text}\n`,
    );
  }
  git.run(['fast-import', '--quiet'], stream.join(''));
  git.run(['tag', '-a', '-m', 'first', 'v1', 'main']);
}

/** A pack that `pack-objects` makes of revisions; bytes, where `StockGit.run` gives text. */
function packObjects(repository: StockGit, revisions: string, ...options: string[]): Buffer {
  return execFileSync('git', ['-C', repository.directory, 'pack-objects', '--stdout', '--revs', '-q', ...options], {
    input: revisions,
    maxBuffer: 2 ** 28,
  });
}

function allIds(repository: StockGit): Oid[] {
  const lines = repository.run(['cat-file', '--batch-all-objects', '--batch-check=%(objectname)']).trim().split('\n');
  return lines.filter(isOid);
}

describe('a pack of stock Git', () => {
  it.each([
    ['with deltas on places', ['--delta-base-offset', '--depth=50']],
    ['with deltas on ids', ['--depth=50']],
    ['with chains of up to 4,095', ['--delta-base-offset', '--depth=4095', '--window=10']],
    ['without deltas', ['--depth=0']],
  ])('is taken in whole %s', async (_what, options) => {
    using repository = new StockGit();
    withVersions(repository, 600);
    const pack = packObjects(repository, 'main\nv1\n', ...options, '--no-reuse-delta');
    const sink = new MemorySink();
    await unpack(readerOf(pack), sink);
    expect([...sink.objects.keys()].sort()).toEqual(allIds(repository));
  });

  it('is taken in with the depth that repack gives it, every base in memory or not', async () => {
    using repository = new StockGit();
    withVersions(repository, 1200);
    repository.run(['repack', '-adfq', '--depth=4095', '--window=50']);
    const depths = repository.run(['verify-pack', '-sv', ...packFiles(repository)]);
    expect(
      Math.max(...[...depths.matchAll(/chain length = (\d+)/g)].map(([, depth]) => Number(depth))),
    ).toBeGreaterThan(200);
    const pack = packObjects(repository, 'main\nv1\n', '--delta-base-offset', '--depth=4095');
    for (const bases_bytes of [2 ** 26, 20_000]) {
      const sink = new MemorySink();
      await unpack(readerOf(pack), sink, { limits: { bases_bytes } });
      expect([...sink.objects.keys()].sort()).toEqual(allIds(repository));
    }
  });

  it('is taken in when it is thin, and refused when its bases are not here', async () => {
    using repository = new StockGit();
    withVersions(repository, 50);
    const sink = new MemorySink();
    await unpack(readerOf(packObjects(repository, 'main~1\n')), sink);
    for (const offsets of [['--delta-base-offset'], []]) {
      const thin = packObjects(repository, 'main\n^main~1\n', '--thin', ...offsets);
      const into = new MemorySink();
      for (const [oid, object] of sink.objects) into.put({ oid, ...object });
      expect(await unpack(readerOf(thin), into)).toEqual({ objects: 3, bytes: thin.length });
      const tip = repository.run(['rev-parse', 'main']).trim();
      expect(isOid(tip) && into.has(tip)).toBe(true);
      await expect(unpack(readerOf(thin), new MemorySink())).rejects.toThrow(
        expect.objectContaining({ code: 'AERGO_PACK_INVALID' }),
      );
    }
  });
});

function packFiles(repository: StockGit): string[] {
  const listed = repository.run(['rev-parse', '--git-path', 'objects/pack']).trim();
  return execFileSync('find', [`${repository.directory}/${listed}`, '-name', '*.idx'], { encoding: 'utf8' })
    .trim()
    .split('\n');
}

describe('a pack of ours', () => {
  it('is taken by git index-pack --strict', async () => {
    using repository = new StockGit();
    withVersions(repository, 20);
    const sink = new MemorySink();
    await unpack(readerOf(packObjects(repository, 'main\nv1\n')), sink);
    using other = new StockGit();
    other.run(['index-pack', '--strict', '--stdin'], await gathered(packBytes(packOf(sink, sink.objects.keys()))));
    expect(allIds(other)).toEqual(allIds(repository));
  });

  it('is not written with another number of objects than it says', () => {
    const source = { count: 2, entries: () => [] };
    expect(() => [...packBytes(source)]).toThrow(expect.objectContaining({ code: 'AERGO_PACK_INVALID' }));
  });
});
