/**
 * Git's credential helpers, asked through `git credential`: what a user keeps there for stock Git works for us too. They never
 * ask on the terminal: who has nothing kept gets nothing.
 * @see https://git-scm.com/docs/git-credential
 */
import { spawn } from 'node:child_process';

/** A helper that waits for somebody is not waited for. */
const patience_ms = 10_000;

/** The Authorization header for a URL; undefined where there is no Git, no helper, or none that knows the place. */
export async function filledCredential(
  url: string,
  variables: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  const { protocol, host, pathname } = new URL(url);
  const asked = `protocol=${protocol.slice(0, -1)}\nhost=${host}\npath=${pathname.slice(1)}\n\n`;
  const env = { ...variables, GIT_TERMINAL_PROMPT: '0', GIT_ASKPASS: '', SSH_ASKPASS: '' };
  const told = await run(['-c', 'credential.interactive=false', 'credential', 'fill'], asked, env);
  const fields = new Map(
    told.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  const password = fields.get('password');
  if (password === undefined || password === '') return undefined;
  return `Basic ${Buffer.from(`${fields.get('username') ?? ''}:${password}`).toString('base64')}`;
}

function run(
  args: readonly string[],
  input: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const child = spawn('git', args, { env, stdio: ['pipe', 'pipe', 'ignore'], timeout: patience_ms });
  let told = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    told += text;
  });
  child.on('error', () => resolve(''));
  child.on('close', (code) => resolve(code === 0 ? told : ''));
  // A helper that ends before it has read everything is no fault of ours.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return promise;
}
