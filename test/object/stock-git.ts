/** A throw-away SHA-256 repository of the machine's own Git, without anybody's configuration. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ObjectType } from '../../src/object/object.ts';

export class StockGit implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'aergo-git-'));

  constructor() {
    this.run(['init', '--quiet', '--object-format=sha256']);
  }

  run(args: readonly string[], input: Uint8Array | string = ''): string {
    const env = {
      PATH: process.env.PATH,
      HOME: this.directory,
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      TZ: 'UTC',
    };
    return execFileSync('git', ['-C', this.directory, ...args], { env, input, stdio: 'pipe' }).toString();
  }

  /** Writes an object and gives the id that Git gives it. */
  write(type: ObjectType, body: Uint8Array): string {
    return this.run(['hash-object', '-w', '-t', type, '--stdin'], body).trim();
  }

  /** Writes a file beside the repository and gives its path. */
  file(name: string, contents: string): string {
    const path = join(this.directory, name);
    writeFileSync(path, contents, { mode: 0o600 });
    return path;
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
