/**
 * A server's history grows at random, clients fetch from it at random: whole, shallow, deeper, with filters, from where they
 * are. After every fetch a client has all that its refs reach, up to where it was told that its history is cut.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeCommit } from '../../src/object/commit.ts';
import { objectId } from '../../src/object/object.ts';
import type { Oid } from '../../src/object/oid.ts';
import { readTree } from '../../src/object/source.ts';
import { encodeTree, type TreeEntry } from '../../src/object/tree.ts';
import { closure, cutGraph, ObjectGraph } from '../../src/wire/commit-graph.ts';
import { discoverRefs } from '../../src/wire/discovery.ts';
import { fetchPack } from '../../src/wire/fetch-pack.ts';
import { LocalTransport } from '../../src/wire/transport.ts';
import type { ProtocolVersion } from '../../src/wire/upload-pack.ts';
import { MemorySink } from './packs.ts';
import { MemoryTarget } from './push-target.ts';

const agent = 'aergo/test';

/** Commits whose trees share files and folders; files and folders may come back to what they were. */
class Growing {
  readonly objects = new MemorySink();
  readonly commits: Oid[] = [];

  grow({ parents, files, later }: Growth): void {
    const at = this.commits.length;
    const own = at === 0 ? [] : [...new Set(parents.map((parent) => this.commits[parent % at] ?? ''))].filter(isOid);
    const folder = this.#tree(files.slice(0, 2).map((text, index) => this.#file(`f${index}`, text)));
    const tree = this.#tree([
      { mode: '40000', name: 'dir', oid: folder },
      ...files.slice(2).map((text, index) => this.#file(`g${index}`, text)),
    ]);
    const newest = Math.max(0, ...own.map((oid) => new ObjectGraph(this.objects).node(oid)?.seconds ?? 0));
    const who = { name: 'ada', email: 'ada', seconds: newest + later };
    const message = `commit ${at}\n`;
    this.commits.push(this.#put('commit', encodeCommit({ tree, parents: own, author: who, committer: who, message })));
  }

  #file(name: string, text: number): TreeEntry {
    return { mode: '100644', name, oid: this.#put('blob', Buffer.from(`text ${text}`)) };
  }

  #tree(entries: TreeEntry[]): Oid {
    return this.#put('tree', encodeTree(entries));
  }

  #put(type: 'blob' | 'tree' | 'commit', body: Uint8Array): Oid {
    const oid = objectId(type, body);
    this.objects.put({ oid, type, body });
    return oid;
  }
}

const isOid = (text: string): text is Oid => text !== '';

interface Growth {
  readonly parents: readonly number[];
  readonly files: readonly number[];
  readonly later: number;
}

const anyGrowth: fc.Arbitrary<Growth> = fc.record({
  parents: fc.array(fc.nat(), { minLength: 1, maxLength: 2 }),
  files: fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 4 }),
  later: fc.nat({ max: 2 }),
});

const anyFetch = fc.record({
  want: fc.nat(),
  depth: fc.option(fc.record({ commits: fc.integer({ min: 1, max: 5 }), relative: fc.boolean() }), { freq: 3 }),
  unshallow: fc.boolean(),
});

/** What is missing of what a client must have: commits within its cuts, with their trees and files. */
function missing(sink: MemorySink, tips: readonly Oid[], shallow: ReadonlySet<Oid>): Oid[] {
  const lost: Oid[] = [];
  const seen = new Set<Oid>();
  const needs = (oid: Oid): boolean => {
    if (seen.has(oid)) return false;
    seen.add(oid);
    if (!sink.has(oid)) lost.push(oid);
    return sink.has(oid);
  };
  const graph = cutGraph(new ObjectGraph(sink), shallow);
  const commits = [...tips];
  for (let commit = commits.pop(); commit !== undefined; commit = commits.pop()) {
    if (!needs(commit)) continue;
    const node = graph.node(commit);
    const trees = node === undefined ? [] : [node.tree];
    commits.push(...(node?.parents ?? []));
    for (let tree = trees.pop(); tree !== undefined; tree = trees.pop()) {
      if (!needs(tree)) continue;
      for (const { mode, oid } of readTree(sink, tree)) {
        if (mode === '40000') trees.push(oid);
        else needs(oid);
      }
    }
  }
  return lost;
}

test.each<ProtocolVersion>([0, 2])('any fetches from any history leave nothing out (protocol %i)', async (version) => {
  const rounds = fc.array(fc.tuple(fc.array(anyGrowth, { maxLength: 6 }), anyFetch), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(fc.array(anyGrowth, { minLength: 1, maxLength: 8 }), rounds, async (start, given) => {
      const server = new Growing();
      for (const growth of start) server.grow(growth);
      const sink = new MemorySink();
      const tips = new Set<Oid>();
      let shallow = new Set<Oid>();
      for (const [grown, { want, depth, unshallow }] of given) {
        for (const growth of grown) server.grow(growth);
        // In protocol 0 only what a ref names may be wanted: every commit has one.
        const refs = server.commits.map((oid, at) => ({ name: `refs/heads/b${at}`, oid }));
        const target = new MemoryTarget(server.objects, refs);
        const transport = new LocalTransport(target, target, { agent });
        const remote = await discoverRefs(transport, 'git-upload-pack', { agent, version });
        const tip = server.commits[want % server.commits.length];
        if (tip === undefined) throw new Error('there is a commit');
        const asked = depth ?? (unshallow && shallow.size > 0 ? { commits: 2 ** 31 - 1 } : undefined);
        const wish = {
          wants: [tip],
          tips: [...tips],
          graph: cutGraph(new ObjectGraph(sink), shallow),
          sink,
          shallow: [...shallow],
          ...(asked === undefined ? {} : { depth: asked }),
        };
        const fetched = await fetchPack(transport, remote, wish, { agent });
        for (const oid of fetched.unshallow) expect(shallow).toContain(oid);
        shallow = new Set([...shallow, ...fetched.shallow].filter((oid) => !fetched.unshallow.includes(oid)));
        tips.add(tip);
        expect(missing(sink, [...tips], shallow)).toEqual([]);
        // Nothing came that the server's history does not have.
        for (const oid of sink.objects.keys()) expect(server.objects.has(oid)).toBe(true);
      }
    }),
    { numRuns: 200 },
  );
});

test('a fetch from where one is brings nothing that is reached from there', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyGrowth, { minLength: 2, maxLength: 20 }), fc.nat(), fc.nat(), async (start, a, b) => {
      const server = new Growing();
      for (const growth of start) server.grow(growth);
      const [had, want] = [a, b].map((pick) => server.commits[pick % server.commits.length]);
      if (had === undefined || want === undefined) throw new Error('there are commits');
      const target = new MemoryTarget(
        server.objects,
        server.commits.map((oid, at) => ({ name: `refs/heads/b${at}`, oid })),
      );
      const transport = new LocalTransport(target, target, { agent });
      const remote = await discoverRefs(transport, 'git-upload-pack', { agent });
      const sink = new MemorySink();
      await fetchPack(transport, remote, { wants: [had], tips: [], graph: new ObjectGraph(sink), sink }, { agent });
      const before = new Set(closure(new ObjectGraph(sink), [had]));
      const came = new MemorySink();
      const both = {
        has: (oid: Oid) => came.has(oid) || sink.has(oid),
        read: (oid: Oid) => (came.has(oid) ? came : sink).read(oid),
        put: came.put.bind(came),
      };
      await fetchPack(
        transport,
        remote,
        { wants: [want], tips: [had], graph: new ObjectGraph(sink), sink: both },
        { agent },
      );
      for (const [oid, { type }] of came.objects) if (type === 'commit') expect(before).not.toContain(oid);
    }),
    { numRuns: 200 },
  );
});
