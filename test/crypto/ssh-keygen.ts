/** A directory of files for the machine's own ssh-keygen. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class SshKeygen implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'aergo-ssh-'));

  /** Runs ssh-keygen in the directory and gives what it prints; throws when it fails. */
  run(args: readonly string[], input: Uint8Array | string = ''): string {
    return execFileSync('ssh-keygen', args, { cwd: this.directory, input, stdio: 'pipe' }).toString();
  }

  write(name: string, contents: string | Uint8Array): void {
    writeFileSync(join(this.directory, name), contents, { mode: 0o600 });
  }

  read(name: string): string {
    return readFileSync(join(this.directory, name), 'utf8');
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
