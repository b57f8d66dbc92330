/** What does not verify is refused with a reason that a person understands, and nothing of it is stored. */
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { SigningKey } from '../../src/crypto/key.ts';
import { type BlockContent, sealBlock } from '../../src/ledger/block.ts';
import { objectsOfBlock } from '../../src/ledger/block-objects.ts';
import { type NewObject, objectId } from '../../src/object/object.ts';
import type { Oid } from '../../src/object/oid.ts';
import { ObjectBuffer } from '../../src/object/source.ts';
import { openContext } from '../../src/repository/init.ts';
import { Store } from '../../src/store/store.ts';
import { contentOf } from '../support/forgery.ts';
import { keyOf } from '../support/repository.ts';
import { person } from './people.ts';
import { pushObjects } from './push-objects.ts';
import { git, realOptions, type ServedBank, sealAndExport, serveBank, tokenFor } from './served-bank.ts';

const ada = keyOf('ada');

/** Bytes of the served repository's volumes, which nothing that is refused may change. */
function stored({ root }: ServedBank): number {
  const volumes = join(root, 'shop.aergo', 'volumes');
  return readdirSync(volumes).reduce((sum, name) => sum + statSync(join(volumes, name)).size, 0);
}

const mallory = keyOf('mallory');

type Forge = (content: BlockContent) => BlockContent;
const forgeries: readonly [what: string, forge: Forge, sealer: SigningKey, reason: RegExp][] = [
  ['a block by a non-member', (content) => content, mallory, /may not seal on main/],
  [
    'a false receipt',
    (content) => ({ ...content, receipts: content.receipts.map((receipt) => ({ ...receipt, result: 'paid twice' })) }),
    ada,
    /receipt 0 differs from the run/,
  ],
  [
    'a false state',
    (content) => ({ ...content, state: content.header.kind === 'block' ? emptyTree : content.state }),
    ada,
    /state/,
  ],
  ['a height that does not follow', (content) => withHeader(content, { height: 9 }), ada, /its height is 9/],
  ['a time before its parent’s', (content) => withHeader(content, { time: 1 }), ada, /time is not after/],
  [
    'a time that has not come',
    (content) => withHeader(content, { time: Date.now() + 3_600_000 }),
    ada,
    /has not come yet/,
  ],
  [
    'a transaction twice',
    (content) => ({ ...content, transactions: [...content.transactions, ...content.transactions] }),
    ada,
    /stands in it twice/,
  ],
];
const emptyTree = '6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321' as BlockContent['state'];
const withHeader = (content: BlockContent, change: object): BlockContent =>
  ({ ...content, header: { ...content.header, ...change } }) as BlockContent;

test('forged blocks are refused one by one, nothing is stored, and the honest one is taken after them', async () => {
  const bank = await serveBank();
  const honest = await sealAndExport(bank.copy, ['1']);
  const context = await openContext(bank.copy, realOptions(), Store.open);
  onTestFinished(() => context.close());
  const head = context.branch().block;
  const [old = head] = context.reader.block(head).commit.parents;
  const content = contentOf(context.reader, head);
  const before = stored(bank);
  for (const [what, forge, sealer, reason] of forgeries) {
    const buffer = new ObjectBuffer(context.store);
    // Everything of the honest block comes along, changed where it is forged.
    for (const object of objectsNewIn(context, head)) buffer.put(object.type, object.body);
    const forged = sealBlock(buffer, forge(content), sealer);
    const command = { name: 'refs/heads/main', old, new: forged };
    const report = await pushObjects(bank.url, [command], objectsOfBlock(buffer, forged));
    expect(report.refs.get('refs/heads/main'), what).toMatch(reason);
    expect(stored(bank), what).toBe(before);
  }
  const pushed = await git(honest.directory, ['push', '-q', bank.url, 'main'], tokenFor(bank.url, ada));
  expect(pushed).toMatchObject({ status: 0 });
  expect(stored(bank)).toBeGreaterThan(before);
}, 240_000);

function objectsNewIn(context: Awaited<ReturnType<typeof openContext>>, block: BlockContent['state']): NewObject[] {
  return [...context.store.pack([block]).entries()].map(({ oid }) => ({ oid, ...context.store.read(oid) }));
}

test('a block that was changed after it was signed is refused, also where its id was made anew', async () => {
  const bank = await serveBank();
  await sealAndExport(bank.copy, ['1']);
  const context = await openContext(bank.copy, realOptions(), Store.open);
  onTestFinished(() => context.close());
  const head = context.branch().block;
  const [old = null] = context.reader.block(head).commit.parents;
  const objects = objectsNewIn(context, head).filter(({ oid }) => oid !== head);
  const before = stored(bank);
  const text = Buffer.from(context.store.read(head).body).toString('latin1');
  const begins = text.indexOf('-----BEGIN SSH SIGNATURE-----');
  const at = text.lastIndexOf('\n -----END SSH SIGNATURE-----') - 8;
  const other = text[at] === 'A' ? 'B' : 'A';
  for (const [what, changed] of [
    ['its signature', `${text.slice(0, at)}${other}${text.slice(at + 1)}`],
    ['what it says', `${text.slice(0, begins)}${text.slice(begins).replace('transaction', 'transactiom')}`],
  ] as const) {
    expect(changed, what).not.toBe(text);
    const body = Buffer.from(changed, 'latin1');
    const commit = { oid: objectId('commit', body), type: 'commit', body } as const;
    const command = { name: 'refs/heads/main', old, new: commit.oid };
    const report = await pushObjects(bank.url, [command], [...objects, commit]);
    expect(report.refs.get(command.name) ?? report.unpackFault, what).toMatch(/signature/);
    expect(stored(bank), what).toBe(before);
  }
}, 120_000);

test('a block that a key sealed and that was not pushed before it was revoked is refused, whoever pushes it', async () => {
  const bank = await serveBank();
  const admin = await person(bank.url, 'ada');
  const bob = keyOf('bob');
  await admin.repository.addMember({ name: 'bob', member: bob.id, roles: ['seal', 'write'], key: ada });
  await admin.push();
  const late = await person(bank.url, 'ada');
  await late.pay(bob);
  await admin.repository.removeMember({ member: 'bob', reason: 'lost', key: ada });
  await admin.push();
  const before = stored(bank);
  expect((await late.push()).refs).toMatchObject([{ target: 'main', refused: expect.stringMatching(/was revoked/) }]);
  expect(stored(bank)).toBe(before);
}, 120_000);

test('an id that did not come and is not here, and an object that is no block, move nothing', async () => {
  const bank = await serveBank();
  const { head } = await sealAndExport(bank.copy, []);
  const before = stored(bank);
  const to = (id: Oid) => ({ name: 'refs/heads/main', old: head as Oid, new: id });
  const blob = { type: 'blob', body: Buffer.from('hello\n') } as const;
  const hello = { ...blob, oid: objectId(blob.type, blob.body) };
  const cases: [Oid, NewObject[], RegExp][] = [
    ['f'.repeat(64) as Oid, [], /did not come with the push/],
    [hello.oid, [hello], /a branch stands on a block, and this is a blob/],
  ];
  for (const [id, objects, reason] of cases) {
    const report = await pushObjects(bank.url, [to(id)], objects);
    expect(report.refs.get('refs/heads/main')).toMatch(reason);
    expect(stored(bank)).toBe(before);
  }
});

test('stock Git is told in its own terminal why: an ordinary commit, a branch that does not move forward, other refs', async () => {
  const bank = await serveBank();
  const { directory } = await sealAndExport(bank.copy, ['1']);
  const token = tokenFor(bank.url, ada);
  const before = stored(bank);
  const push = (...args: string[]) => git(directory, ['push', bank.url, ...args], token);
  writeFileSync(join(directory, 'note.txt'), 'hello\n');
  const user = ['-c', 'user.name=ada', '-c', 'user.email=ada@example.org', '-c', 'commit.gpgsign=false'];
  await git(directory, ['switch', '-q', '-c', 'ordinary']);
  await git(directory, ['add', 'note.txt']);
  await git(directory, [...user, 'commit', '-q', '-m', 'a note']);
  expect(await push('ordinary:main')).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/remote rejected.*note\.txt.*which no block has/s),
  });
  expect(await push('main:refs/notes/x')).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/only branches, snapshots/),
  });
  expect(await push('--force', 'main~2:main')).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/not a fast-forward/),
  });
  expect(await push(':main')).toMatchObject({ status: 1, stderr: expect.stringMatching(/shows first/) });
  expect(stored(bank)).toBe(before);
  expect(await push('main')).toMatchObject({ status: 0 });
}, 240_000);
