import { afterAll, expect, test } from 'vitest';
import { launcher, World } from './world.ts';

const world = new World();
afterAll(() => world[Symbol.dispose]());

/** Runs `aergo` on a terminal of its own (util-linux's `script`), and gives all that the terminal showed. */
async function onTerminal(line: string, options: { env?: Record<string, string>; stdin?: string } = {}) {
  const command = `'${process.execPath}' '${launcher}' ${line}`;
  const env = { TERM: 'xterm', CI: '', ...options.env };
  return world.run('script', ['-qec', command, '/dev/null'], { ...options, env });
}

const colour = '\u001b[3';

test('a terminal gets colour, unless NO_COLOR, TERM=dumb or the flag forbid it', async () => {
  expect((await onTerminal('frobnicate')).stdout).toContain(colour);
  expect((await onTerminal('frobnicate', { env: { NO_COLOR: '1' } })).stdout).not.toContain(colour);
  expect((await onTerminal('frobnicate', { env: { TERM: 'dumb' } })).stdout).not.toContain(colour);
  expect((await onTerminal('--color=never frobnicate')).stdout).not.toContain(colour);
});

test('a passphrase is asked for on a terminal', async () => {
  const made = await onTerminal('key generate ada --passphrase', { stdin: 'open sesame\n' });
  expect(made.stdout).toContain('new passphrase of the key ada: ');
  expect(made.stdout).toContain('made key ada');
  const shown = await onTerminal('key show', { stdin: 'open sesame\n' });
  expect(shown.stdout).toContain('passphrase of the key ada: ');
  expect(shown.stdout).toContain('ssh-ed25519 ');
});

test.each([
  ['--no-input', 'key show --no-input', {}],
  ['CI', 'key show', { CI: '1' }],
])('nothing is asked with %s', async (_name, line, env) => {
  const { stdout, code } = await onTerminal(line, { env });
  expect(stdout).toContain('AERGO_INPUT_NEEDED');
  expect(stdout).toContain('AERGO_KEY_PASSPHRASE');
  expect(code).toBe(2);
});
