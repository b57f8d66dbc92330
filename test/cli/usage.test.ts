import { describe, expect, test } from 'vitest';
import { World } from './world.ts';

describe('a wrong command line', () => {
  test.each([
    [['chekc'], '"chekc" is not an aergo command   AERGO_COMMAND_UNKNOWN\n  hint: aergo help\n'],
    [
      ['brnach'],
      '"brnach" is not an aergo command: did you mean "branch"?   AERGO_COMMAND_UNKNOWN\n  hint: aergo branch\n',
    ],
    [
      ['key', 'lst'],
      '"key lst" is not an aergo command: did you mean "key list"?   AERGO_COMMAND_UNKNOWN\n  hint: aergo key list\n',
    ],
    [
      ['key', 'list', '--jsno'],
      'aergo key list has no flag --jsno: did you mean --json?   AERGO_USAGE\n  hint: aergo help key list\n',
    ],
    [['key', 'import'], 'aergo key import needs FILE   AERGO_USAGE\n  hint: aergo help key import\n'],
    [
      ['key', 'show', 'a', 'b'],
      'aergo key show takes no further argument "b"   AERGO_USAGE\n  hint: aergo help key show\n',
    ],
    [
      ['status', '--color', 'red'],
      'expected --color=red to be one of: auto, always, never   AERGO_USAGE\n  hint: aergo help status\n',
    ],
    [
      ['verify', '--fast', '--perturb'],
      '--perturb and --fast do not go together   AERGO_USAGE\n  hint: aergo help verify\n',
    ],
    [
      ['clone', '--depth', '0', 'x'],
      '--depth: expected an integer greater than or equal to 1 but received: 0   AERGO_USAGE\n  hint: aergo help clone\n',
    ],
    [
      ['fetch', '--deepen', 'ten'],
      '--deepen: expected an integer but received: ten   AERGO_USAGE\n  hint: aergo help fetch\n',
    ],
    [['-C', '/does/not/exist', 'status'], '/does/not/exist is not a directory   AERGO_USAGE\n'],
  ])('%j says what is wrong, exits 2 and prints nothing on stdout', async (words, message) => {
    using world = new World();
    expect(await world.aergo(words)).toEqual({ code: 2, stdout: '', stderr: `error: ${message}` });
  });

  test('never waits for stdin where an argument is missing', async () => {
    using world = new World();
    expect((await world.aergo(['key', 'import'], { stdin: '/etc/passwd\n' })).code).toBe(2);
  });

  test('with --json the error is one line on stdout', async () => {
    using world = new World();
    expect(await world.json(['key', 'lst'])).toMatchObject({ code: 2, stderr: '', value: { ok: false } });
    expect(await world.json(['status'])).toMatchObject({
      code: 2,
      value: { error: { code: 'AERGO_NOT_A_REPOSITORY' } },
    });
  });
});

test.each([
  ['checkout', 'aergo switch NAME'],
  ['tag', 'aergo snapshot NAME'],
  ['rebase', 'aergo merge BRANCH --dry-run'],
  ['cherry-pick', 'aergo merge BRANCH --dry-run'],
  ['reset', 'aergo switch -c NAME REV'],
  ['stash', 'aergo switch -c NAME'],
  ['add', 'aergo call'],
])("Git's %s answers with what to type instead", async (word, hint) => {
  using world = new World();
  const { code, stderr } = await world.aergo([word, 'x']);
  expect(code).toBe(2);
  expect(stderr).toContain(`hint: ${hint}`);
});

test("Git's commit says that there is nothing to commit", async () => {
  using world = new World();
  expect((await world.aergo(['commit', '-m', 'x'])).stderr).toBe(
    'error: nothing to commit: calls are sealed as they run   AERGO_COMMAND_UNKNOWN\n',
  );
});

describe('colour', () => {
  const red = '\u001b[31m';
  test('is not written to a pipe, unless it is asked for', async () => {
    using world = new World();
    expect((await world.aergo(['chekc'])).stderr).not.toContain(red);
    expect((await world.aergo(['--color', 'always', 'chekc'])).stderr).toContain(red);
    expect((await world.aergo(['chekc'], { env: { AERGO_COLOR: 'always' } })).stderr).toContain(red);
    expect((await world.aergo(['--color=never', 'chekc'], { env: { AERGO_COLOR: 'always' } })).stderr).not.toContain(
      red,
    );
  });

  test('the flag wins over NO_COLOR', async () => {
    using world = new World();
    const env = { NO_COLOR: '1', TERM: 'dumb' };
    expect((await world.aergo(['--color', 'always', 'key', 'frob'], { env })).stderr).toContain(red);
  });
});

test('help goes to stdout, for the program, a topic and a command', async () => {
  using world = new World();
  const all = await world.aergo([]);
  expect(all).toMatchObject({ code: 0, stderr: '' });
  for (const word of ['init', 'call', 'merge', 'contract', 'verify'])
    expect(all.stdout).toMatch(new RegExp(`^ +${word} `, 'm'));
  expect((await world.aergo(['contract'])).stdout).toContain('contract deploy');
  expect((await world.aergo(['call', '--help'])).stdout).toContain('CONTRACT.FUNCTION');
  expect(await world.aergo(['help', 'frobnicate'])).toMatchObject({ code: 2 });
});

test('--debug shows the stack, and nothing else does', async () => {
  using world = new World();
  expect((await world.aergo(['status'])).stderr).not.toContain('    at ');
  expect((await world.aergo(['--debug', 'status'])).stderr).toContain('    at ');
});
