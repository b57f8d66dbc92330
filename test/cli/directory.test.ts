import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { World } from './world.ts';

// One ledger that ada shares with bob: what they see on their terminals.
const world = new World();
let keys: Record<string, string> = {};

async function shown(words: string): Promise<string> {
  const { stdout } = await world.aergo(words.split(' '));
  return Object.entries(keys)
    .reduce((text, [name, key]) => text.replaceAll(key, `<${name}>`), stdout)
    .replace(/\b[0-9a-f]{7,64}\b/g, '<id>')
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, '<time>');
}

beforeAll(async () => {
  await world.aergo(['init', 'shop']);
  world.cwd = join(world.directory, 'shop');
  for (const name of ['bob', 'carol']) await world.aergo(['key', 'generate', name]);
  await world.aergo(['config', 'set', 'user.key', 'ada']);
  const { value } = await world.json(['key', 'list']);
  keys = Object.fromEntries((value.keys as { name: string; id: string }[]).map(({ name, id }) => [name, id]));
}, 120_000);
afterAll(() => world[Symbol.dispose]());

test('members are added with their roles, and everybody sees who they are', { timeout: 60_000 }, async () => {
  expect(await shown('member add --role write --role seal:team/* bob bob')).toBe(
    'directory version 2 <id>   member bob: seal:team/* write\n',
  );
  expect(await shown('member list')).toBe(
    'ada   <ada>   admin               since version 1\nbob   <bob>   seal:team/* write   since version 2\n',
  );
  const roleless = await world.aergo(['member', 'add', 'carol', 'carol', '--role', 'boss']);
  expect(roleless).toMatchObject({ code: 2, stderr: expect.stringContaining('"boss" is no role') });
});

test('who may not is told who may', { timeout: 60_000 }, async () => {
  const refused = await world.aergo(['--key', 'bob', 'member', 'add', 'carol', 'carol', '--role', 'write']);
  expect(refused).toMatchObject({ code: 4, stdout: '' });
  expect(refused.stderr).toContain('bob, who signed it, may not change members or policy');
  expect(refused.stderr).toContain(`ada (${keys.ada}) may`);
});

test('what takes two admins is proposed by one and approved by the other', { timeout: 120_000 }, async () => {
  await world.aergo(['member', 'add', 'bob', 'bob', '--role', 'admin']);
  await world.aergo(['policy', 'set', '--threshold', '2']);
  expect(await shown('policy set --lifetime 30d --propose change.json')).toBe(
    'proposed in change.json for version 5 of the directory: 0 approvals\n  policy: lifetime\n',
  );
  const alone = await world.aergo(['directory', 'apply', 'change.json']);
  expect(alone).toMatchObject({ code: 4, stderr: expect.stringContaining('it takes 2 admins') });
  expect(await shown('--key bob directory approve change.json')).toContain('1 approval');
  expect(await shown('directory apply change.json')).toBe('directory version 5 <id>   policy: lifetime\n');
  const late = await world.aergo(['--key', 'bob', 'directory', 'approve', 'change.json']);
  expect(late).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('the directory has changed since it was made'),
  });
  expect(await shown('policy show')).toContain('a version is believed for   30 days');
});

test('what holds already is not written again', { timeout: 60_000 }, async () => {
  const says = 'nothing to change: directory version 5 <id> says so\n';
  expect(await shown('policy set --lifetime 720h --threshold 2 --accept-engine')).toBe(says);
  expect(await shown('member add bob bob --role admin')).toBe(says);
  expect(await shown('policy set --visibility public --propose none.json')).toBe(says);
  expect((await world.json(['policy', 'set', '--home', ''])).value).toMatchObject({
    schema: 'aergo.policy.set/1',
    version: { version: 5 },
    unchanged: true,
  });
  expect(await shown('directory log -n 1')).toMatch(/version 5 /);
});

test('a home is a place, and never a program or a password', { timeout: 60_000 }, async () => {
  for (const home of ['ext::sh -c true', 'ssh://host/shop', 'https://me:secret@host/shop']) {
    const refused = await world.json(['policy', 'set', '--home', home]);
    expect(refused).toMatchObject({ code: 2, value: { error: { code: 'AERGO_URL_INVALID' } } });
  }
});

test('a key that is rotated signs no more, and the new one does', { timeout: 60_000 }, async () => {
  const rotated = await world.aergo(['key', 'rotate']);
  expect(rotated.stderr).toContain('made key ada-2');
  expect(await world.aergo(['config', 'get', 'user.key'])).toMatchObject({ stdout: 'ada-2\n' });
  const old = await world.aergo(['--key', 'ada', 'policy', 'set', '--visibility', 'private']);
  expect(old).toMatchObject({ code: 4, stderr: expect.stringContaining('was revoked in version 6') });
  const [head, ...changes] = (await shown('directory log -n 1')).trimEnd().split('\n');
  expect(head).toBe('<id>   version 6   <time>   ada');
  expect(changes.sort()).toEqual(['  member ada revoked: rotated', '  member ada: another key']);
  expect(await shown('directory verify')).toMatch(/^6 versions of the directory: signatures, rights and heads agree\n/);
});
