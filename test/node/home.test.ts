/** The home of the directory: what is written there alone, and what mirrors of it take. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Repository } from '../../src/repository.ts';
import { keyOf, temporaryDirectory } from '../support/repository.ts';
import { person } from './people.ts';
import { access, git, realOptions, type ServedBank, serveBank } from './served-bank.ts';

const bob = keyOf('bob').id;

/** Ada with a clone of a bank whose directory has that home. */
async function withHome(bank: ServedBank, home = bank.url) {
  const ada = await person(bank.url, 'ada');
  await ada.repository.setPolicy({ home, key: ada.key });
  await ada.push();
  return {
    ...ada,
    addBob: (...roles: string[]) => ada.repository.addMember({ name: 'bob', member: bob, roles, key: ada.key }),
  };
}

/** A bare repository of ours, and one of Git's, that ada calls `near` and `plain`. */
async function withMirrors(bank: ServedBank, { repository }: Pick<Awaited<ReturnType<typeof person>>, 'repository'>) {
  const [near, plain] = [join(temporaryDirectory(), 'near.aergo'), temporaryDirectory()];
  cpSync(bank.copy, near, { recursive: true });
  await git(plain, ['init', '-q', '--bare', '--object-format=sha256']);
  repository.addRemote('near', near, '/');
  repository.addRemote('plain', plain, '/');
  return [
    { name: 'near', path: near },
    { name: 'plain', path: plain },
  ];
}

const cloneOf = (path: string) =>
  Repository.clone(path, join(temporaryDirectory(), 'clone'), realOptions(), { access });

test('a server publishes where it is the home, under any of its addresses, and nowhere else', async () => {
  const bank = await serveBank();
  const ada = await withHome(bank, `${bank.url}.aergo/`);
  await ada.pay();
  await ada.push();
  const { version } = ada.repository.showDirectory();
  expect(ada.repository.showDirectory()).toMatchObject({ heads: [{ branch: 'main', height: 4 }] });
  await ada.repository.setPolicy({ home: 'https://ledger.example/shop', key: ada.key });
  await ada.push();
  await ada.repository.setPolicy({ home: bank.url, key: ada.key });
  await expect(ada.push()).rejects.toMatchObject({ code: 'AERGO_PUSH_HOME', exitCode: 2 });
  const other = await person(bank.url, 'ada');
  await other.pay();
  expect((await other.push()).refs).toMatchObject([{ target: 'main' }]);
  expect(other.repository.showDirectory()).toMatchObject({
    version: version + 1,
    heads: [{ branch: 'main', height: 4 }],
  });
  // With the push that moved the home away, and with the one after it.
  expect(bank.logged.filter((line) => line.includes('written at its home'))).toHaveLength(2);
}, 240_000);

test('own versions go to the home only: a mirror takes the blocks, and the version when the home has it', async () => {
  const bank = await serveBank();
  const ada = await withHome(bank);
  for (const { name, path } of await withMirrors(bank, ada)) {
    await ada.pay();
    await ada.push();
    expect((await ada.push(undefined, name)).refs, name).toContainEqual(expect.objectContaining({ target: 'main' }));
    const { version } = ada.repository.showDirectory();
    expect((await ada.fetch(name)).directory.after, name).toBe(version);
    // Blocks that name what the home has.
    await ada.pay();
    await ada.addBob('write', ...(name === 'near' ? ['seal'] : []));
    const sent = await ada.push(undefined, name);
    expect(sent, name).toMatchObject({ blocks: 1, directory: { version: version + 1, home: bank.url } });
    // A version alone, and a block that names it.
    await expect(ada.push(undefined, name)).rejects.toMatchObject({
      code: 'AERGO_PUSH_HOME',
      message: `version ${version + 1} of the directory goes to its home first, ${bank.url}, and ${name} is a mirror`,
      hint: 'aergo push origin',
    });
    await ada.pay();
    await expect(ada.push(undefined, name)).rejects.toMatchObject({
      code: 'AERGO_PUSH_HOME',
      message: expect.stringMatching(new RegExp(`^block \\d+ names version ${version + 1} of the directory`)),
    });
    await ada.push();
    expect((await ada.push(undefined, name)).blocks, name).toBe(1);
    expect((await ada.fetch(name)).directory, name).toMatchObject({ after: version + 2 });
    expect(await cloneOf(path), name).toMatchObject({ branches: 1 });
  }
}, 240_000);

test('a mirror has what the directory names: all of it comes along, and nothing of it is taken away there', async () => {
  const bank = await serveBank();
  const ada = await withHome(bank);
  await ada.repository.createBranch('trial', '@', { switchTo: true });
  await ada.pay();
  const trial = { source: 'trial', target: 'trial' };
  await ada.push([trial]);
  for (const { name, path } of await withMirrors(bank, ada)) {
    const { refs } = await ada.push(undefined, name);
    expect(
      refs.map(({ target, refused }) => refused ?? target),
      name,
    ).toContain('trial');
    expect(await cloneOf(path), name).toMatchObject({ branches: 2 });
    await expect(ada.push([{ ...trial, source: null }], name)).rejects.toMatchObject({
      code: 'AERGO_PUSH_HOME',
      message: 'the directory names trial, and only its home takes that back',
    });
    await expect(
      ada.push([{ ...trial, source: 'main' }], name, {
        lease: new Map([['trial', ada.repository.head.block.id]]),
      }),
    ).rejects.toMatchObject({
      code: 'AERGO_PUSH_HOME',
      message: 'the directory has trial at block 4, which is not in what is pushed',
    });
  }
  await ada.push([{ ...trial, source: null }]);
  for (const { name } of [{ name: 'near' }, { name: 'plain' }])
    expect((await ada.push([{ ...trial, source: null }], name)).refs, name).toMatchObject([
      { target: 'trial', new: null },
    ]);
}, 240_000);

test('where the home moves, the one that it was hears of it first', async () => {
  const bank = await serveBank();
  const ada = await withHome(bank);
  const [near] = await withMirrors(bank, ada);
  await ada.push([], 'near');
  const { version } = ada.repository.showDirectory();
  await ada.repository.setPolicy({ home: near?.path ?? '', key: ada.key });
  await expect(ada.push([], 'near')).rejects.toMatchObject({ code: 'AERGO_PUSH_HOME', hint: 'aergo push origin' });
  expect((await ada.push([])).directory).toEqual({ version: version + 1 });
  expect((await ada.push([], 'near')).directory).toEqual({ version: version + 1 });
  await ada.addBob('write');
  await expect(ada.push([])).rejects.toMatchObject({ code: 'AERGO_PUSH_HOME', hint: 'aergo push near' });
  expect((await ada.push([], 'near')).directory).toEqual({ version: version + 2 });
  expect((await ada.push([])).directory).toEqual({ version: version + 2 });
}, 240_000);
