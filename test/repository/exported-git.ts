/** Stock Git in an exported repository, with an allowed-signers file and without anybody's configuration. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { publicKeyOf, type SigningKey } from '../../src/crypto/key.ts';
import { temporaryDirectory } from '../support/repository.ts';

export type Git = (...args: string[]) => string;

/** Runs git in `directory`; throws with its stderr when it fails. `signers` are the keys that signatures may be of. */
export function gitIn(directory: string, signers: readonly SigningKey[] = []): Git {
  const home = temporaryDirectory();
  const allowed = join(home, 'allowed-signers');
  const lines = signers.map(({ id }) => `${id} namespaces="git" ssh-ed25519 ${sshPublicKey(id)}\n`);
  writeFileSync(allowed, lines.join(''));
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    TZ: 'UTC',
  };
  return (...args) =>
    execFileSync('git', ['-c', `gpg.ssh.allowedSignersFile=${allowed}`, ...args], {
      cwd: directory,
      env,
      stdio: 'pipe',
      encoding: 'utf8',
    });
}

function sshPublicKey(id: SigningKey['id']): string {
  const string = (bytes: Uint8Array): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  return Buffer.concat([string(Buffer.from('ssh-ed25519')), string(publicKeyOf(id))]).toString('base64');
}
