/** Git's credential helper: stock Git logs in with the user's key, and nobody is answered who is not asked by a ledger. */
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CredentialRequest, readCredentialRequest } from '../../src/cli/credential-request.ts';
import { type Served, serve } from './served.ts';
import { root, World } from './world.ts';

const helper = join(root, 'bin', 'git-credential-aergo.js');
const world = new World();
let server: Served;

beforeAll(async () => {
  chmodSync(helper, 0o755);
  await world.json(['init', 'vault', '--private']);
  mkdirSync(join(world.directory, 'root'));
  await world.json(['clone', '--bare', 'vault', 'root/vault.aergo']);
  server = await serve(world, 'root', 'ada');
}, 180_000);
afterAll(async () => {
  await server.stop();
  world[Symbol.dispose]();
});

const git = (...words: string[]) =>
  world.run('git', ['-c', `credential.helper=${helper}`, ...words], {
    env: { GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
  });

test('stock Git clones what is private with it', { timeout: 120_000 }, async () => {
  const url = `${server.origin}/vault`;
  expect(await git('-c', 'credential.useHttpPath=true', 'clone', '-q', url, 'clone')).toMatchObject({ code: 0 });
  const blind = await git('clone', '-q', url, 'blind');
  expect(blind).toMatchObject({ code: 128, stderr: expect.stringContaining('credential.useHttpPath true') });
});

test('a repository is answered for, a server or anything else is not, and nothing is kept', {
  timeout: 60_000,
}, async () => {
  const stdin = 'protocol=https\nhost=example.org:8545\npath=team/shop.git\n\n';
  const { stdout } = await world.aergo(['credential', 'get'], { stdin });
  expect(stdout).toMatch(/^username=aergo\npassword=aergo1\.\S+\npassword_expiry_utc=\d{10}\n$/);
  expect((await world.json(['credential', 'get'], { stdin })).value.credential).toMatchObject({ username: 'aergo' });
  expect((await world.json(['credential', 'store'], { stdin })).value.credential).toBeNull();
  expect(await world.aergo(['credential', 'erase'], { stdin })).toEqual({ code: 0, stdout: '', stderr: '' });
});

test.each<[string, CredentialRequest]>([
  ['protocol=https\nhost=example.org\npath=shop\n', { kind: 'repository', url: 'https://example.org/shop' }],
  ['protocol=http\nhost=127.0.0.1:1\n', { kind: 'server', url: 'http://127.0.0.1:1/' }],
  ['protocol=https\nhost=example.org\npath=x\nwwwauth[]=Basic realm="GitHub"\n', { kind: 'other' }],
  [
    'protocol=https\nhost=example.org\npath=x\nwwwauth[]=Basic realm="aergo", charset="UTF-8"\n',
    { kind: 'repository', url: 'https://example.org/x' },
  ],
  ['protocol=ssh\nhost=example.org\npath=x\n', { kind: 'other' }],
  ['protocol=https\nhost=\npath=x\n', { kind: 'other' }],
  ['', { kind: 'other' }],
])('Git asks %j', (text, request) => {
  expect(readCredentialRequest(text)).toEqual(request);
});
