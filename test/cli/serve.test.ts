/** `aergo serve` that cannot begin says why, and with what it would. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { World } from './world.ts';

const makeCertificate = (cert: string, key: string): Buffer =>
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
      ...['-subj', '/CN=ledger.example', '-keyout', key, '-out', cert],
    ],
    { stdio: 'pipe' },
  );

test('what it cannot serve with or from is told to whoever starts it', { timeout: 60_000 }, async () => {
  using world = new World();
  const at = (name: string): string => join(world.directory, name);
  mkdirSync(at('root'));
  makeCertificate(at('a.pem'), at('a.key'));
  makeCertificate(at('b.pem'), at('b.key'));
  world.file('no.pem', 'no certificate');
  const refusal = async (...flags: string[]) => {
    const run = await world.json(['serve', '--read-only', '--listen', '127.0.0.1:0', ...flags]);
    expect(run.code).toBe(2);
    return run.value.error as { code: string; message: string; hint: string };
  };
  const secure = (cert: string, key: string) => refusal('root', '--tls-cert', cert, '--tls-key', key);
  expect(await refusal('none')).toMatchObject({ code: 'AERGO_USAGE', message: 'none is not a directory' });
  await world.aergo(['init', 'shop']);
  for (const repository of ['shop', join('shop', '.aergo')]) {
    const refused = await refusal(repository);
    expect(refused.message).toBe(`${repository} is a repository, not a directory with repositories in it`);
    expect(refused.hint).toBe(`aergo clone --bare ${repository} ROOT/NAME.aergo, then: aergo serve ROOT`);
  }
  for (const [cert, key] of [
    ['no.pem', 'no.pem'],
    ['a.pem', 'no.pem'],
    ['a.pem', 'b.key'],
  ] as const) {
    const refused = await secure(cert, key);
    expect(refused).toMatchObject({ message: `${cert} and ${key} are no certificate and its key` });
    expect(refused.hint).toContain('PEM');
  }
  expect((await secure('missing.pem', 'a.key')).message).toMatch(/^missing\.pem cannot be read: ENOENT/);
});
