/** Who says in the directory where refs stand: a key that may only publish moves heads forward, and takes nothing away. */
import { expect, test } from 'vitest';
import { nextContent, putVersion } from '../../src/directory/next-version.ts';
import { ObjectBuffer } from '../../src/object/source.ts';
import { openContext } from '../../src/repository/init.ts';
import { Store } from '../../src/store/store.ts';
import { closeQuietly, keyOf, temporaryDirectory } from '../support/repository.ts';
import { person } from './people.ts';
import { pushObjects } from './push-objects.ts';
import { git, realOptions, type ServedBank, serveBank, tokenFor } from './served-bank.ts';

const server = keyOf('server');

/** A served bank whose server has the role publish and no other. */
async function publishedBank(): Promise<ServedBank> {
  const bank = await serveBank({ key: server });
  const ada = await person(bank.url, 'ada');
  await ada.repository.addMember({ name: 'server', member: server.id, roles: ['publish'], key: ada.key });
  await ada.push();
  return bank;
}

test('a branch is deleted by an admin’s push, which says so in the directory; the server publishes what it may', async () => {
  const bank = await publishedBank();
  const ada = await person(bank.url, 'ada');
  await ada.repository.createBranch('trial', '@', { switchTo: true });
  expect((await ada.push([{ source: 'trial', target: 'trial' }])).refs).toMatchObject([{ target: 'trial' }]);
  await ada.pay();
  await ada.repository.createSnapshot('v1', '@', ada.key);
  const both = [
    { source: 'trial', target: 'trial' },
    { source: 'v1', target: 'tags/v1' },
  ];
  for (const { refused } of (await ada.push(both)).refs) expect(refused).toBeUndefined();
  expect(ada.repository.showDirectory()).toMatchObject({
    signer: server.id,
    heads: [{ branch: 'main' }, { branch: 'trial', height: 4 }],
    snapshots: [{ name: 'v1' }],
  });
  const gone = await ada.push(both.map(({ target }) => ({ source: null, target })));
  expect(gone.refs).toMatchObject([
    { target: 'trial', new: null },
    { target: 'tags/v1', new: null },
  ]);
  for (const { refused } of gone.refs) expect(refused).toBeUndefined();
  expect(ada.repository.showDirectory()).toMatchObject({
    signer: ada.key.id,
    heads: [{ branch: 'main' }],
    snapshots: [],
  });
  // What is in the directory is there: whoever comes verifies it, and the server goes on publishing.
  const late = await person(bank.url, 'ada');
  await late.pay();
  await late.push();
  expect(late.repository.showDirectory()).toMatchObject({ signer: server.id, heads: [{ branch: 'main', height: 4 }] });
  expect(bank.logged.filter((line) => line.includes('failed') || line.includes('not published'))).toEqual([]);
}, 240_000);

test('stock Git, which cannot sign that, is told who can', async () => {
  const bank = await publishedBank();
  const ada = await person(bank.url, 'ada');
  await ada.repository.createBranch('trial', '@');
  await ada.push([{ source: 'trial', target: 'trial' }]);
  const directory = temporaryDirectory();
  await git(directory, ['init', '-q', '--object-format=sha256']);
  const push = await git(directory, ['push', bank.url, ':trial'], tokenFor(bank.url, ada.key));
  expect(push).toMatchObject({ status: 1, stderr: expect.stringContaining('aergo push --delete') });
  expect((await ada.fetch()).branches).toEqual([]);
}, 240_000);

test('a version in which who publishes moves a head back is refused by the server, whole', async () => {
  const bank = await publishedBank();
  const [ada, other] = [await person(bank.url, 'ada'), await person(bank.url, 'ada')];
  await closeQuietly(other.repository);
  const context = await openContext(other.directory, realOptions(), Store.open);
  const before = context.directoryVersion;
  const buffer = new ObjectBuffer(context.store);
  const main = before.heads.get('main') ?? expect.fail();
  const [parent = main.head] = context.reader.block(main.head).commit.parents;
  const heads = new Map([['main', { ...main, head: parent, height: main.height - 1 }]]);
  const { id } = putVersion(buffer, before, nextContent(before, { heads }, Date.now()), server);
  const objects = buffer.objects();
  await context.close();
  const command = { name: 'refs/aergo/directory', old: before.id, new: id };
  const report = await pushObjects(bank.url, [command], objects);
  expect(report.refs.get(command.name)).toMatch(/server, who signed it, is no admin.*other than forward/);
  expect((await ada.fetch()).directory).toEqual({ before: before.version, after: before.version });
}, 240_000);

test('at a plain Git repository too who only publishes moves heads forward, and an admin back', async () => {
  const bank = await publishedBank();
  const [ada, other] = [await person(bank.url, 'ada'), await person(bank.url, 'server')];
  const plain = temporaryDirectory();
  await git(plain, ['init', '-q', '--bare', '--object-format=sha256']);
  for (const { repository } of [ada, other]) repository.addRemote('plain', plain, '/');
  const to = (source: string) => [{ source, target: 'main' }];
  await other.push(to('main'), 'plain');
  const head = other.repository.head.block.id;
  const back = { lease: new Map([['main', head]]) };
  await expect(other.push(to('main~1'), 'plain', back)).rejects.toMatchObject({
    code: 'AERGO_DIRECTORY_NOT_ALLOWED',
    message: expect.stringContaining('refs/heads/main moves other than forward'),
  });
  await ada.fetch('plain');
  expect((await ada.push(to('main~1'), 'plain', back)).refs).toMatchObject([{ target: 'main', old: head }]);
  expect(ada.repository.showDirectory()).toMatchObject({ signer: ada.key.id, heads: [{ branch: 'main', height: 2 }] });
}, 240_000);
