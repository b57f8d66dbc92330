/** What a filter leaves out is what stock Git leaves out. */
import { describe, expect, test } from 'vitest';
import { type ObjectType, objectId } from '../../src/object/object.ts';
import { isOid, type Oid } from '../../src/object/oid.ts';
import { encodeTree, type TreeEntry } from '../../src/object/tree.ts';
import { ObjectGraph } from '../../src/wire/commit-graph.ts';
import { parseFilter } from '../../src/wire/filter.ts';
import { listObjects } from '../../src/wire/object-list.ts';
import { Turns } from '../../src/wire/turns.ts';
import { GitDirectory, servedFrom } from './git.ts';
import { MemorySink } from './packs.ts';

/** Folders in folders, the same folder and the same file at several depths, and changes over three commits. */
async function nested(): Promise<GitDirectory> {
  const made = await GitDirectory.init();
  await made.commits([
    { message: 'one', files: { top: 'top', 'a/b/c/file': 'deep', 'a/b/c/other': 'x'.repeat(2000), 'a/small': '' } },
    { message: 'two', files: { 'c/file': 'deep', 'c/other': 'x'.repeat(2000), 'a/file': 'deep' } },
    { message: 'three', files: { 'a/b/c/file': 'changed', 'd/a/b/c/file': 'deep', 'd/a/b/c/other': 'x'.repeat(2000) } },
  ]);
  return made;
}

/** The objects that stock Git lists with a filter; it may name one twice that it met at two depths. */
async function listedByGit(from: GitDirectory, filter: string, ...revisions: string[]): Promise<Oid[]> {
  const lines = await from.git('rev-list', '--objects', `--filter=${filter}`, ...revisions);
  const ids = lines.split('\n').map((line) => line.split(' ')[0] ?? '');
  return [...new Set(ids.filter(isOid))].sort();
}

const filters = ['blob:none', 'blob:limit=0', 'blob:limit=1', 'blob:limit=5', 'blob:limit=1k', 'blob:limit=1m'];
const depths = ['tree:0', 'tree:1', 'tree:2', 'tree:3', 'tree:4', 'tree:9'];

describe('a filter', () => {
  test.each([...filters, ...depths])('%s lists what git rev-list does', async (filter) => {
    const from = await nested();
    const { objects } = await servedFrom(from);
    const graph = new ObjectGraph(objects);
    const commits = (await from.git('rev-list', 'main')).split('\n').filter(isOid);
    const given = { commits, had: [], named: [], filter: parseFilter(filter) };
    const listed = await listObjects(objects, graph, given, new Turns());
    expect([...listed].sort()).toEqual(await listedByGit(from, filter, 'main'));
    expect(new Set(listed).size).toBe(listed.length);
  });

  test('that leaves nothing out lists what is new beside what is had', async () => {
    const from = await nested();
    const { objects } = await servedFrom(from);
    const [tip, before] = [await from.oid('main'), await from.oid('main~1')];
    const given = { commits: [tip], had: [before], named: [] };
    const listed = await listObjects(objects, new ObjectGraph(objects), given, new Turns());
    const listedByGitToo = await from.git('rev-list', '--objects', '--objects-edge-aggressive', 'main', '^main~1');
    const expected = listedByGitToo.split('\n').map((line) => line.split(' ')[0] ?? '');
    expect([...listed].sort()).toEqual(expected.filter(isOid).sort());
  });

  test('of very many trees is walked while others have their turn', async () => {
    const objects = new MemorySink();
    const put = (type: ObjectType, body: Uint8Array): Oid => {
      const oid = objectId(type, body);
      objects.put({ oid, type, body });
      return oid;
    };
    const folders = Array.from({ length: 2_000 }, (_, at): TreeEntry => {
      const oid = put('blob', Buffer.from(String(at)));
      const folder = put('tree', encodeTree([{ mode: '100644', name: 'file', oid }]));
      return { mode: '40000', name: String(at).padStart(4, '0'), oid: folder };
    });
    const tree = put('tree', encodeTree(folders));
    const commit = objectId('commit', Buffer.from('any'));
    const graph = { node: () => ({ tree, parents: [], seconds: 0 }) };
    let [turns, isDone] = [0, false];
    const count = (): void => {
      turns += 1;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    const given = { commits: [commit], had: [], named: [], filter: parseFilter('blob:none') };
    const listed = await listObjects(objects, graph, given, new Turns()).finally(() => (isDone = true));
    expect(listed).toHaveLength(2_002);
    expect(turns).toBeGreaterThan(10);
  });

  test('is refused when it is unknown, in words that quote it', () => {
    for (const text of [
      '',
      'blob:limit=',
      'blob:limit=-1',
      'tree:',
      'tree:x',
      'sparse:oid=1',
      'combine:blob:none+tree:0',
    ]) {
      const unknown = expect.objectContaining({
        code: 'AERGO_PROTOCOL_INVALID',
        message: expect.stringContaining(text),
      });
      expect(() => parseFilter(text)).toThrow(unknown);
    }
  });
});
