/** What a push says of refs and of the directory is held against what stands here; what is refused moves nothing. */
import { expect, test } from 'vitest';
import { nextContent, putVersion } from '../../src/directory/next-version.ts';
import type { DirectoryContent } from '../../src/directory/version.ts';
import type { Oid } from '../../src/object/oid.ts';
import { addReached } from '../../src/object/reached.ts';
import { ObjectBuffer } from '../../src/object/source.ts';
import type { RepositoryContext } from '../../src/repository/context.ts';
import { openContext } from '../../src/repository/init.ts';
import { Store } from '../../src/store/store.ts';
import { closeQuietly, keyOf } from '../support/repository.ts';
import { person } from './people.ts';
import { pushObjects } from './push-objects.ts';
import { git, realOptions, type ServedBank, serveBank } from './served-bank.ts';

const ada = keyOf('ada');
const directory = 'refs/aergo/directory';

/** The refs as stock Git sees them. */
const refsOf = async ({ url }: ServedBank): Promise<string> => (await git('/', ['ls-remote', url, 'refs/*'])).stdout;

/** A bank with a branch `team/one` and a member who writes, and the context of a clone of it. */
async function bankAndClone(): Promise<{ bank: ServedBank; clone: RepositoryContext }> {
  const bank = await serveBank();
  const { repository, push, directory } = await person(bank.url, 'ada');
  await repository.createBranch('team/one', '@');
  await repository.addMember({ name: 'eve', member: keyOf('eve').id, roles: ['write'], key: ada });
  await push([{ source: 'team/one', target: 'team/one' }]);
  await closeQuietly(repository);
  return { bank, clone: await openContext(directory, realOptions(), Store.open) };
}

test('a ref that is not where it is said to be, cannot be called so, or would stand in another’s way does not move', async () => {
  const { bank, clone } = await bankAndClone();
  const head = clone.branch().block;
  const [before = head] = clone.history.record(head).parents;
  const version = clone.directoryVersion.id;
  await clone.close();
  const standing = await refsOf(bank);
  const cases: readonly [name: string, old: Oid | null, id: Oid | null, reason: RegExp][] = [
    ['refs/heads/main', before, head, /moved meanwhile/],
    ['refs/heads/main', null, head, /moved meanwhile/],
    ['refs/heads/none', head, null, /moved meanwhile/],
    ['refs/heads/main/below', null, head, /refs\/heads\/main/],
    ['refs/heads/team', null, head, /refs\/heads\/team/],
    ['refs/heads/a.lock', null, head, /cannot name/],
    ['refs/heads/-x', null, head, /cannot name/],
    ['refs/heads/HEAD', null, head, /cannot name/],
    ['refs/tags/@7', null, head, /cannot name/],
    ['refs/aergo/left/main/1', null, head, /only branches, snapshots/],
    ['refs/remotes/origin/main', null, head, /only branches, snapshots/],
    ['refs/tags/v1', null, head, /a snapshot is a signed tag/],
    [directory, version, null, /cannot be deleted/],
  ];
  for (const [name, old, id, reason] of cases) {
    const report = await pushObjects(bank.url, [{ name, old, new: id }], []);
    expect(report.refs.get(name), name).toMatch(reason);
  }
  const both = ['refs/heads/two', 'refs/heads/two/below'].map((name) => ({ name, old: null, new: head }));
  const report = await pushObjects(bank.url, both, []);
  expect([...report.refs.values()].every((reason) => reason !== undefined)).toBe(true);
  expect(await refsOf(bank)).toBe(standing);
}, 240_000);

test('a directory that leads back, aside, nowhere or into the future, or by who may not, is refused', async () => {
  const { bank, clone } = await bankAndClone();
  const standing = await refsOf(bank);
  const newest = clone.directoryVersion;
  const before = clone.directoryReader.version(newest.previous ?? newest.id);
  const buffer = new ObjectBuffer(clone.store);
  const after = (on: typeof newest, change: Partial<DirectoryContent>, key = ada, time = Date.now()): Oid =>
    putVersion(buffer, on, { ...nextContent(on, {}, time), ...change }, key).id;
  const absent = 'a'.repeat(64) as Oid;
  const cases: readonly [what: string, id: Oid, reason: RegExp][] = [
    ['the version before', before.id, /has moved meanwhile/],
    ['another of the same number', after(before, {}), /has moved meanwhile/],
    ['a number left out', after(newest, { version: newest.version + 2 }), /its version is/],
    ['another previous', after(newest, { previous: before.id }), /its version is|does not stand on/],
    ['another repository', after(newest, { repository: absent }), /another repository/],
    ['a head that is nowhere', after(newest, { heads: absentHeads(newest, absent) }), /a block that is not there/],
    ['one who is no member', after(newest, {}, keyOf('mallory')), /is no member/],
    ['one who may only write', after(newest, {}, keyOf('eve')), /eve, who signed it, may not publish/],
    ['the future', after(newest, {}, ada, Date.now() + 3_600_000), /which has not come yet/],
    ['a block', clone.branch().block, /directory/],
    ['what did not come', absent, /did not come with the push/],
  ];
  const older = new Set<Oid>();
  addReached(clone.store, before.id, older);
  const sent = [...[...older].map((oid) => ({ oid, ...clone.store.read(oid) })), ...buffer.objects()];
  const objects = [...new Map(sent.map((one) => [one.oid, one])).values()];
  await clone.close();
  for (const [what, id, reason] of cases) {
    const report = await pushObjects(bank.url, [{ name: directory, old: newest.id, new: id }], objects);
    expect(report.refs.get(directory), what).toMatch(reason);
  }
  expect(await refsOf(bank)).toBe(standing);
}, 240_000);

const absentHeads = ({ heads }: DirectoryContent, absent: Oid): DirectoryContent['heads'] =>
  new Map([...heads].map(([name, head]) => [name, name === 'main' ? { ...head, head: absent } : head]));
