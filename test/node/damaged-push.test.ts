/** Packs and objects that nothing honest makes, at the server: refused with a reason, nothing of them is stored, and it goes on. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { signSsh } from '../../src/crypto/sshsig.ts';
import { commitPayload, decodeCommit, encodeCommit } from '../../src/object/commit.ts';
import { type NewObject, objectId } from '../../src/object/object.ts';
import { type Oid, oidToBytes } from '../../src/object/oid.ts';
import { encodeTree } from '../../src/object/tree.ts';
import { openContext } from '../../src/repository/init.ts';
import { Store } from '../../src/store/store.ts';
import { keyOf } from '../support/repository.ts';
import { blob, delta, entry, onNamed, onOffset, whole } from '../wire/packs.ts';
import { pushObjects } from './push-objects.ts';
import { git, realOptions, type ServedBank, sealAndExport, serveBank, tokenFor } from './served-bank.ts';

const ada = keyOf('ada');

const stored = ({ root }: ServedBank): number => {
  const volumes = join(root, 'shop.aergo', 'volumes');
  return readdirSync(volumes).reduce((sum, name) => sum + statSync(join(volumes, name)).size, 0);
};

test('a pack that does not hold what it says is not taken', async () => {
  const bank = await serveBank();
  const { directory, head } = await sealAndExport(bank.copy, ['1']);
  const before = stored(bank);
  const ab = whole('ab');
  const packs: readonly [what: string, entries: readonly Uint8Array[], reason: RegExp][] = [
    ['a size above the data', [entry(blob, 3, Buffer.from('ab'))], /do not inflate to the size in its header/],
    ['a size below the data', [entry(blob, 1, Buffer.from('ab'))], /do not inflate to the size in its header/],
    ['a bomb', [entry(blob, 100, Buffer.alloc(10_000_000))], /do not inflate to the size in its header/],
    ['the type 5', [entry(5, 2, Buffer.from('ab'))], /type 5, which does not exist/],
    [
      'no zlib stream',
      [Buffer.from('2garbage garbage garbage garbage garbage')],
      /do not inflate to the size in its header/,
    ],
    ['a base that is nowhere', [onNamed('a'.repeat(64) as Oid, delta(2, 2, 2, 'cd'))], /neither in the pack nor here/],
    [
      'a base that is no entry',
      [ab, onOffset(ab.length - 1, delta(2, 2, 2, 'cd'))],
      /at byte 13 of the pack, is neither/,
    ],
    ['a copy out of range', [ab, onOffset(ab.length, delta(2, 9, 0x90, 9))], /copies from beyond its base/],
    ['an object twice', [ab, ab], / twice$/],
  ];
  const command = { name: 'refs/heads/other', old: null, new: head as Oid };
  for (const [what, entries, reason] of packs) {
    const report = await pushObjects(
      bank.url,
      [command],
      entries.map((bytes) => ({ bytes })),
    );
    expect(report.unpackFault, what).toMatch(reason);
    expect(stored(bank), what).toBe(before);
  }
  expect(await git(directory, ['push', '-q', bank.url, 'main'], tokenFor(bank.url, ada))).toMatchObject({ status: 0 });
}, 240_000);

test('a signed block with a tree that breaks the rules is refused', async () => {
  const bank = await serveBank();
  await sealAndExport(bank.copy, ['1']);
  const context = await openContext(bank.copy, realOptions(), Store.open);
  const head = context.branch().block;
  const block = decodeCommit(context.store.read(head).body);
  const honest: NewObject[] = [...context.store.pack([head]).entries()].map(({ oid }) => ({
    oid,
    ...context.store.read(oid),
  }));
  const body = Buffer.from(context.store.read(block.tree).body);
  await context.close();
  const raw = (mode: string, name: string): Buffer =>
    Buffer.concat([Buffer.from(`${mode} ${name}\0`), oidToBytes(objectId('blob', new Uint8Array()))]);
  const empty = { oid: objectId('blob', new Uint8Array()), type: 'blob', body: new Uint8Array() } as const;
  const before = stored(bank);
  const trees: readonly [what: string, tree: Uint8Array, reason: RegExp][] = [
    ['the name .git', Buffer.concat([raw('100644', '.git'), body]), /"\.git" is \.git or/],
    ['.gitmodules in disguise', Buffer.concat([raw('100644', '.GITMODULES '), body]), /"\.GITMODULES " is/],
    ['.git as NTFS shortens it', Buffer.concat([raw('40000', 'GIT~1'), body]), /"GIT~1" is/],
    ['two names of one entry', Buffer.concat([raw('100644', 'block.json'), body]), /"block\.json" is there twice/],
    ['names out of order', Buffer.concat([body, raw('100644', 'a')]), /"a" is out of order/],
    ['the mode of a submodule', Buffer.concat([raw('160000', 'a'), body]), /starts no mode/],
    ['a mode that nobody writes', Buffer.concat([raw('100664', 'a'), body]), /starts no mode/],
    ['a name of 4,097 bytes', Buffer.concat([raw('100644', 'a'.repeat(4_097)), body]), /longer than 4096 bytes/],
    ['an end in the middle of an id', body.subarray(0, -1), /is cut short/],
    ['nothing in it', encodeTree([]), /block\.json is missing/],
  ];
  for (const [what, tree, reason] of trees) {
    const { signature: _, ...unsigned } = { ...block, tree: objectId('tree', tree) };
    const signed = encodeCommit({ ...unsigned, signature: signSsh(ada, commitPayload(unsigned), 'git') });
    const forged: NewObject[] = [
      ...honest.filter(({ oid }) => oid !== head && oid !== block.tree),
      ...(honest.some(({ oid }) => oid === empty.oid) ? [] : [empty]),
      { oid: unsigned.tree, type: 'tree', body: tree },
      { oid: objectId('commit', signed), type: 'commit', body: signed },
    ];
    const [old = null] = block.parents;
    const command = { name: 'refs/heads/main', old, new: objectId('commit', signed) };
    const report = await pushObjects(bank.url, [command], forged);
    expect(report.unpackFault ?? report.refs.get(command.name), what).toMatch(reason);
    expect(stored(bank), what).toBe(before);
  }
}, 240_000);
