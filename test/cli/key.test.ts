import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { World } from './world.ts';

const keysOf = (world: World) => join(world.home, '.local', 'share', 'aergo', 'keys');

test('a key is made, kept for its owner only, listed and shown', async () => {
  using world = new World();
  const made = await world.json(['key', 'generate', 'ada']);
  expect(made).toMatchObject({ code: 0, value: { name: 'ada', path: join(keysOf(world), 'ada') } });
  expect(statSync(join(keysOf(world), 'ada')).mode & 0o777).toBe(0o600);
  const text = await world.aergo(['key', 'generate', 'bob']);
  expect(text.stdout).toMatch(/^made key bob \(ed25519:.{4}…\) {20}back it up: aergo key export bob\n$/);
  expect((await world.json(['key', 'list'])).value.keys).toMatchObject([{ name: 'ada' }, { name: 'bob' }]);
  expect((await world.json(['key', 'show', 'ada'])).value).toMatchObject({ id: made.value.id, name: 'ada' });
});

test('a new key without a name is called after the user', async () => {
  using world = new World({ USER: 'Ada Lovelace' });
  expect((await world.json(['key', 'generate'])).value.name).toBe('ada-lovelace');
});

test('ssh-keygen reads our keys and we read its own', async () => {
  using world = new World();
  await world.aergo(['key', 'generate', 'ada']);
  const theirs = await world.run('ssh-keygen', ['-y', '-f', join(keysOf(world), 'ada')]);
  expect(theirs.stdout.split(' ').slice(0, 2)).toEqual(
    readFileSync(join(keysOf(world), 'ada.pub'), 'utf8')
      .split(' ')
      .slice(0, 2),
  );
  const file = join(world.directory, 'id_ed25519');
  await world.run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'me', '-f', file]);
  expect(await world.json(['key', 'import', file, '--name', 'mine'])).toMatchObject({
    code: 0,
    value: { name: 'mine' },
  });
  expect(readFileSync(join(keysOf(world), 'mine'), 'utf8')).toBe(readFileSync(file, 'utf8'));
});

test('an exported key is the key, and goes round through import', async () => {
  using world = new World();
  const made = await world.json(['key', 'generate', 'ada']);
  const { stdout } = await world.aergo(['key', 'export', 'ada']);
  const copy = world.file('copy', stdout, 0o600);
  expect((await world.json(['key', 'import', copy])).value.id).toBe(made.value.id);
  const signers = await world.aergo(['key', 'export', '--allowed-signers', 'ada']);
  expect(signers.stdout).toBe(
    `${made.value.id} namespaces="git" ${readFileSync(join(keysOf(world), 'ada.pub'), 'utf8')
      .split(' ')
      .slice(0, 2)
      .join(' ')}\n`,
  );
});

test('a key with a passphrase is unlocked by AERGO_KEY_PASSPHRASE and never asks without a terminal', async () => {
  using world = new World();
  const env = { AERGO_KEY_PASSPHRASE: 'open sesame' };
  expect((await world.aergo(['key', 'generate', 'ada', '--passphrase'], { env })).code).toBe(0);
  expect((await world.aergo(['key', 'show'], { env })).code).toBe(0);
  expect(await world.json(['key', 'show'])).toMatchObject({
    code: 2,
    value: { error: { code: 'AERGO_INPUT_NEEDED' } },
  });
  const wrong = await world.json(['key', 'show'], { env: { AERGO_KEY_PASSPHRASE: 'open barley' } });
  expect(wrong.value.error).toMatchObject({ code: 'AERGO_KEY_PASSPHRASE' });
  expect((await world.aergo(['key', 'generate', 'bob', '--passphrase'])).code).toBe(2);
});

test('a key file that others can read is refused', async () => {
  using world = new World();
  await world.aergo(['key', 'generate', 'ada']);
  chmodSync(join(keysOf(world), 'ada'), 0o640);
  const { code, stderr } = await world.aergo(['key', 'show']);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: `error: the key file ${keysOf(world)}/ada is open to others (mode 0640), so it may not be secret any more   AERGO_KEY_READABLE\n  hint: chmod 600 ${keysOf(world)}/ada\n`,
  });
});

test.each([
  ['no key at all', 'nonsense'],
  ['a key that is cut short', undefined],
])('%s is refused on import', async (_name, text) => {
  using world = new World();
  await world.aergo(['key', 'generate', 'ada']);
  const contents = text ?? readFileSync(join(keysOf(world), 'ada'), 'utf8').slice(0, 200);
  const file = world.file('broken', contents, 0o600);
  expect(await world.json(['key', 'import', file])).toMatchObject({
    code: 2,
    value: { error: { code: 'AERGO_KEY_INVALID' } },
  });
});

test('a key of another type is refused on import', async () => {
  using world = new World();
  const file = join(world.directory, 'ecdsa');
  await world.run('ssh-keygen', ['-q', '-t', 'ecdsa', '-N', '', '-f', file]);
  expect((await world.json(['key', 'import', file])).value.error).toMatchObject({ code: 'AERGO_KEY_INVALID' });
});

test.each(['../ada', 'a b', '-x', '.hidden', 'x'.repeat(65), ''])('%j cannot name a key', async (name) => {
  using world = new World();
  const { code } = await world.aergo(['key', 'generate', '--', name]);
  expect(code).toBe(2);
});

test('a key of that name is never overwritten', async () => {
  using world = new World();
  const first = await world.json(['key', 'generate', 'ada']);
  expect((await world.json(['key', 'generate', 'ada'])).value.error).toMatchObject({ code: 'AERGO_KEY_EXISTS' });
  expect((await world.json(['key', 'show', 'ada'])).value.id).toBe(first.value.id);
});

test('AERGO_KEY, AERGO_KEY_DATA and --key choose the key, the flag before all', async () => {
  using world = new World();
  const ada = (await world.json(['key', 'generate', 'ada'])).value.id;
  const bob = (await world.json(['key', 'generate', 'bob'])).value.id;
  const ambiguous = (await world.json(['key', 'show'])).value.error;
  const next = 'aergo config set --global user.key ada';
  expect(ambiguous).toMatchObject({ code: 'AERGO_KEY_AMBIGUOUS', hint: expect.stringContaining(next) });
  expect((await world.json(['key', 'show'], { env: { AERGO_KEY: 'bob' } })).value.id).toBe(bob);
  const data = readFileSync(join(keysOf(world), 'ada'), 'utf8');
  expect((await world.json(['key', 'show'], { env: { AERGO_KEY_DATA: data } })).value.id).toBe(ada);
  expect((await world.json(['--key', 'ada', 'key', 'show'], { env: { AERGO_KEY: 'bob' } })).value.id).toBe(ada);
  expect((await world.json(['--key', join(keysOf(world), 'bob'), 'key', 'show'])).value.id).toBe(bob);
  writeFileSync(join(world.directory, 'x'), '');
  const unknown = await world.aergo(['key', 'show', 'bbo']);
  expect(unknown.stderr).toContain('there is no key "bbo": did you mean bob?');
  // The hint holds also where there is no repository.
  expect((await world.aergo(next.split(' ').slice(1))).code).toBe(0);
  expect((await world.json(['key', 'show'])).value.id).toBe(ada);
});
