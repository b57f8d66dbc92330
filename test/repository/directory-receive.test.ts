import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { verifySsh } from '../../src/crypto/sshsig.ts';
import { BlockReader } from '../../src/ledger/block.ts';
import { commitPayload, decodeCommit } from '../../src/object/commit.ts';
import { objectId } from '../../src/object/object.ts';
import type { Oid } from '../../src/object/oid.ts';
import type { ObjectSource } from '../../src/object/source.ts';
import type { RepositoryContext } from '../../src/repository/context.ts';
import { verifyDirectory } from '../../src/repository/directory.ts';
import { verifyOffered } from '../../src/repository/directory-receive.ts';
import { type Step, writeVersions } from '../../src/repository/directory-write.ts';
import { openContext } from '../../src/repository/init.ts';
import { memberAdded } from '../../src/repository/members.ts';
import { policyChanged } from '../../src/repository/policy.ts';
import { Store } from '../../src/store/store.ts';
import { closeQuietly, fixedOptions, keyOf, newRepository, temporaryDirectory } from '../support/repository.ts';

const ada = keyOf('ada');

async function contextOf(directory: string, seed: string): Promise<RepositoryContext> {
  const context = await openContext(directory, fixedOptions(seed), Store.open);
  onTestFinished(() => context.close());
  return context;
}

/** Two copies of one ledger, and the way in which ours looks at what theirs offers. */
async function twoPlaces() {
  const test = await newRepository();
  await closeQuietly(test.repository);
  const copy = join(temporaryDirectory(), '.aergo');
  cpSync(test.directory, copy, { recursive: true });
  const [ours, theirs] = [await contextOf(test.directory, 'ours'), await contextOf(copy, 'theirs')];
  const both: ObjectSource = {
    has: (oid) => ours.store.has(oid) || theirs.store.has(oid),
    read: (oid) => (ours.store.has(oid) ? ours.store : theirs.store).read(oid),
  };
  const over = { reader: new BlockReader(both), history: ours.history };
  const offer = (newest: Oid = theirs.directoryVersion.id) =>
    verifyOffered(ours, over, { newest, known: ours.directoryVersion.id, place: 'https://example.org/shop' });
  const write = (context: RepositoryContext, ...steps: Step[]) => writeVersions(context, steps, { key: ada });
  const add = (context: RepositoryContext, name: string) =>
    write(context, memberAdded(context, { name, member: keyOf(name).id, roles: ['write'], key: ada }));
  return { ours, theirs, offer, write, add };
}

describe('a directory that is offered', () => {
  it('gives the versions that came since, each verified', async () => {
    const { theirs, offer, add } = await twoPlaces();
    expect(await offer()).toEqual([]);
    const one = await add(theirs, 'bob');
    const two = await add(theirs, 'eve');
    expect(await offer()).toEqual([one.id, two.id]);
  });

  it('is refused when it is older than what was seen, and the evidence is kept', async () => {
    const { ours, theirs, offer, add } = await twoPlaces();
    await add(ours, 'bob');
    for (let times = 0; times < 2; times++) {
      await expect(offer()).rejects.toMatchObject({
        code: 'AERGO_DIRECTORY_ROLLBACK',
        exitCode: 6,
        message: 'https://example.org/shop offers version 1 of the directory, and version 2 was seen before',
      });
    }
    const { evidence, version } = await verifyDirectory(ours);
    expect(version).toBe(2);
    expect(evidence).toMatchObject([
      { kind: 'rollback', found: { id: theirs.directoryVersion.id }, place: 'https://example.org/shop' },
    ]);
  });

  it('is refused when it is another version of one number, and both are kept as they were signed', async () => {
    const { ours, theirs, offer, add } = await twoPlaces();
    const seen = await add(ours, 'bob');
    const other = await add(theirs, 'eve');
    await add(theirs, 'mallory');
    await expect(offer()).rejects.toMatchObject({
      code: 'AERGO_DIRECTORY_EQUIVOCATION',
      exitCode: 6,
      details: { known: seen.id, found: other.id },
    });
    expect(ours.directoryVersion.id).toBe(seen.id);
    const [piece] = (await verifyDirectory(ours)).evidence;
    for (const [standing, id] of [
      [piece?.known, seen.id],
      [piece?.found, other.id],
    ] as const) {
      const bodies = standing?.objects.map(({ type, body }) => ({ type, body: Buffer.from(body, 'base64') })) ?? [];
      const [commit, tree, file] = bodies;
      if (commit === undefined || tree === undefined || file === undefined) throw new Error('three objects are kept');
      expect(objectId('commit', commit.body)).toBe(id);
      const { signature = '', ...rest } = decodeCommit(commit.body);
      expect(verifySsh(signature, commitPayload(rest), 'git')).toBe(ada.id);
      expect(objectId('tree', tree.body)).toBe(rest.tree);
      expect(tree.body.includes(Buffer.from(objectId('blob', file.body), 'hex'))).toBe(true);
      expect(JSON.parse(file.body.toString('utf8'))).toMatchObject({ version: 2 });
    }
  });

  it('is refused when it has expired: an old directory is not believed for good', async () => {
    const { ours, theirs, offer, write } = await twoPlaces();
    await write(theirs, policyChanged(theirs, { lifetime: 60_000 }));
    expect(await offer()).toHaveLength(1);
    for (let seconds = 0; seconds < 120; seconds++) ours.options.clock();
    await expect(offer()).rejects.toMatchObject({ code: 'AERGO_DIRECTORY_EXPIRED', exitCode: 75 });
    await write(theirs, () => ({}), ...Array.from({ length: 3 }, (): Step => () => ({})));
    for (let seconds = 0; seconds < 240; seconds++) theirs.options.clock();
    await write(theirs, () => ({}));
    expect(await offer()).toHaveLength(6);
  });

  it('leaves no evidence where nothing was rightly signed', async () => {
    const { ours, theirs, offer, add } = await twoPlaces();
    await add(ours, 'bob');
    await expect(offer('a'.repeat(64) as Oid)).rejects.toMatchObject({ code: 'AERGO_OBJECT_MISSING' });
    await expect(offer(theirs.branch().block)).rejects.toMatchObject({ code: 'AERGO_DIRECTORY_INVALID' });
    expect((await verifyDirectory(ours)).evidence).toEqual([]);
  });

  it('is found to be damaged evidence where somebody changed it', async () => {
    const { ours, offer, add } = await twoPlaces();
    await add(ours, 'bob');
    await expect(offer()).rejects.toMatchObject({ code: 'AERGO_DIRECTORY_ROLLBACK' });
    const folder = join(ours.directory, 'evidence');
    const [name = ''] = readdirSync(folder);
    const piece = JSON.parse(readFileSync(join(folder, name), 'utf8'));
    piece.found.id = ours.directoryVersion.id;
    writeFileSync(join(folder, name), JSON.stringify(piece));
    await expect(verifyDirectory(ours)).rejects.toMatchObject({ code: 'AERGO_STORE_DAMAGED', exitCode: 6 });
  });
});
