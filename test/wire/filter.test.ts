/** What a filter leaves out is what stock Git leaves out. */
import { describe, expect, test } from 'vitest';
import { isOid, type Oid } from '../../src/object/oid.ts';
import { ObjectGraph } from '../../src/wire/commit-graph.ts';
import { parseFilter } from '../../src/wire/filter.ts';
import { listObjects } from '../../src/wire/object-list.ts';
import { GitDirectory, servedFrom } from './git.ts';

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
    const listed = listObjects(objects, graph, { commits, had: [], named: [], filter: parseFilter(filter) });
    expect([...listed].sort()).toEqual(await listedByGit(from, filter, 'main'));
    expect(new Set(listed).size).toBe(listed.length);
  });

  test('that leaves nothing out lists what is new beside what is had', async () => {
    const from = await nested();
    const { objects } = await servedFrom(from);
    const [tip, before] = [await from.oid('main'), await from.oid('main~1')];
    const listed = listObjects(objects, new ObjectGraph(objects), { commits: [tip], had: [before], named: [] });
    const listedByGitToo = await from.git('rev-list', '--objects', '--objects-edge-aggressive', 'main', '^main~1');
    const expected = listedByGitToo.split('\n').map((line) => line.split(' ')[0] ?? '');
    expect([...listed].sort()).toEqual(expected.filter(isOid).sort());
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
