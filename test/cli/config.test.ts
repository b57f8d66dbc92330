import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { World } from './world.ts';

function userFile(world: World, text: string): string {
  const directory = join(world.home, '.config', 'aergo');
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'config.toml'), text);
  return join(directory, 'config.toml');
}

test('a setting is set, read, listed with its origin, and taken away', async () => {
  using world = new World();
  expect(await world.json(['config', 'set', '--global', 'user.key', 'ada'])).toMatchObject({ code: 0 });
  expect((await world.aergo(['config', 'get', 'user.key'])).stdout).toBe('ada\n');
  const path = join(world.home, '.config', 'aergo', 'config.toml');
  expect((await world.aergo(['config', 'list', '--show-origin'])).stdout).toBe(`${path}   user.key = ada\n`);
  expect((await world.json(['config', 'list', '--show-origin'])).value.settings).toEqual([
    { name: 'user.key', value: 'ada', origin: 'user', place: path },
  ]);
  expect((await world.json(['config', 'unset', '--global', 'user.key'])).code).toBe(0);
  expect(await world.json(['config', 'get', 'user.key'])).toMatchObject({ code: 1, value: { value: null } });
  expect((await world.json(['config', 'unset', '--global', 'user.key'])).code).toBe(1);
});

test('the nearest place wins: variable, user, system', async () => {
  using world = new World();
  world.file('system.toml', '[core]\ncolor = "never"\n[user]\nkey = "root"\n');
  userFile(world, '[user]\nkey = "ada"\n');
  const list = async (env = {}) => (await world.aergo(['config', 'list'], { env })).stdout;
  expect(await list()).toBe('core.color = never\nuser.key = ada\n');
  expect(await list({ AERGO_KEY: 'bob' })).toBe('core.color = never\nuser.key = bob\n');
});

test('comments and order of a file stay when a setting changes', async () => {
  using world = new World();
  const path = userFile(world, '# mine\n[user]\nkey = "ada" # me\n\n[core]\ncolor = "never"\n');
  await world.aergo(['config', 'set', '--global', 'core.lock-timeout', '3']);
  await world.aergo(['config', 'set', '--global', 'core.color', 'auto']);
  expect(readFileSync(path, 'utf8')).toBe(
    '# mine\n[user]\nkey = "ada" # me\n\n[core]\nlock-timeout = "3"\ncolor = "auto"\n',
  );
});

test('a file written in another way is changed all the same', async () => {
  using world = new World();
  const path = userFile(world, 'user = { key = "ada" }\n');
  await world.aergo(['config', 'set', '--global', 'user.key', 'bob']);
  expect((await world.aergo(['config', 'get', 'user.key'])).stdout).toBe('bob\n');
  expect(readFileSync(path, 'utf8')).toContain('bob');
});

test.each([
  ['an unknown setting', '[core]\npager = "less"\n', 'AERGO_CONFIG_UNKNOWN'],
  ['a setting outside of its section', 'key = "ada"\n', 'AERGO_CONFIG_UNKNOWN'],
  ['a double setting', '[user]\nkey = "ada"\nkey = "bob"\n', 'AERGO_CONFIG_INVALID'],
  ['__proto__', '[__proto__]\nkey = "ada"\n', 'AERGO_CONFIG_UNKNOWN'],
  ['__proto__ in a section', '[user]\n__proto__ = "ada"\n', 'AERGO_CONFIG_UNKNOWN'],
  ['a value of another type', '[user]\nkey = 7\n', 'AERGO_CONFIG_INVALID'],
  ['a value out of its range', '[core]\nlock-timeout = -1\n', 'AERGO_CONFIG_INVALID'],
  ['NaN', '[core]\nlock-timeout = nan\n', 'AERGO_CONFIG_INVALID'],
  ['what is no TOML', '[user\n', 'AERGO_CONFIG_INVALID'],
])('%s is refused, with the file', async (_name, text, code) => {
  using world = new World();
  const path = userFile(world, text);
  const { code: exit, value } = await world.json(['config', 'list']);
  expect({ exit, error: value.error }).toMatchObject({ exit: 2, error: { code } });
  expect(JSON.stringify(value)).toContain(path);
});

test('an unknown name and a wrong value are refused when set', async () => {
  using world = new World();
  const unknown = await world.aergo(['config', 'set', '--global', 'user.kye', 'ada']);
  expect(unknown).toMatchObject({ code: 2, stdout: '' });
  expect(unknown.stderr).toContain('did you mean user.key?');
  expect((await world.json(['config', 'set', '--global', 'core.color', 'red'])).value.error).toMatchObject({
    code: 'AERGO_CONFIG_INVALID',
  });
});
