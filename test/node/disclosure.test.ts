/** Before blocks of other branches become readable for everybody a push asks, wherever it goes. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RemoteAccess } from '../../src/repository/remote-connection.ts';
import { temporaryDirectory } from '../support/repository.ts';
import { person } from './people.ts';
import { access, git, prepareRoot, serveBank } from './served-bank.ts';

/** Ada with two blocks of `quiet` merged into main, and a path of ours and one of Git's to push to. */
async function merged(from: string, bank: string, visibility?: 'private') {
  const ada = await person(from, 'ada');
  const [near, plain] = [join(temporaryDirectory(), 'near.aergo'), temporaryDirectory()];
  cpSync(bank, near, { recursive: true });
  await git(plain, ['init', '-q', '--bare', '--object-format=sha256']);
  ada.repository.addRemote('near', near, '/');
  ada.repository.addRemote('plain', plain, '/');
  if (visibility !== undefined) {
    await ada.repository.setPolicy({ visibility, key: ada.key });
    for (const place of ['near', 'plain']) await ada.push([], place);
  }
  await ada.repository.createBranch('quiet', '@', { switchTo: true });
  await ada.pay();
  await ada.pay();
  await ada.repository.switchTo('main');
  await ada.repository.merge({ source: 'quiet', sealer: ada.key });
  /** What a push of main asked to disclose; nothing where it did not ask. It is then not sent. */
  const asked = async (place: string, more: Partial<RemoteAccess> = {}) => {
    const refused = new Error('no');
    let blocks: ReadonlyMap<string, number> | undefined;
    const disclose = async (told: ReadonlyMap<string, number>) => {
      blocks = told;
      throw refused;
    };
    const own = from.startsWith('http') ? {} : { access: { ...access, ...more } };
    await ada.push(undefined, place, { ...own, disclose }).catch((error: unknown) => expect(error).toBe(refused));
    return blocks === undefined ? 'nothing' : Object.fromEntries(blocks);
  };
  return { ...ada, asked };
}

test('a push to a path asks as one to a server does, and what is published needs no second asking', async () => {
  const bank = await serveBank();
  const { asked, push } = await merged(bank.url, bank.copy);
  for (const place of ['origin', 'near', 'plain']) expect(await asked(place), place).toEqual({ quiet: 2 });
  expect((await push()).blocks).toBe(3);
  for (const place of ['near', 'plain']) expect(await asked(place), place).toBe('nothing');
}, 240_000);

test('where only members read nothing is asked: a private ledger, and a private place of a public one', async () => {
  const { copy } = await prepareRoot();
  const { asked: askedOfPublic } = await merged(copy, copy);
  expect(await askedOfPublic('near', { isPrivate: () => true })).toBe('nothing');
  const { asked } = await merged(copy, copy, 'private');
  for (const place of ['near', 'plain']) expect(await asked(place), place).toBe('nothing');
}, 240_000);
