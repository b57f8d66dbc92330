/** Where HEAD stands. Reads plain files only: no lock, no index, no engine. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AergoCommand } from '../src/cli/command.ts';
import type { PendingStatus } from '../src/cli/pending-status.ts';
import { readStatus } from '../src/cli/quick-status.ts';
import { statusLines } from '../src/cli/render/status.ts';

export default class Status extends AergoCommand {
  static override summary = 'say which branch is current, and where it stands';

  async run(): Promise<void> {
    await this.parse(Status);
    const plain = readStatus(this.repositoryDirectory) ?? (await this.#repaired());
    const merge = await this.#pendingMerge();
    const status = merge === undefined ? plain : { ...plain, merge };
    this.print(status, () => statusLines(status, this.style));
    if (merge !== undefined) this.hint(merge.resolved < merge.total ? 'aergo resolve' : 'aergo merge --continue');
  }

  async #pendingMerge(): Promise<PendingStatus | undefined> {
    if (!existsSync(join(this.repositoryDirectory, 'merge'))) return undefined;
    const { pendingStatus } = await import('../src/cli/pending-status.ts');
    return pendingStatus(this.repositoryDirectory);
  }

  /** The plain files are derived: where they are damaged or gone, opening the repository writes them anew. */
  async #repaired() {
    const directory = this.repositoryDirectory;
    await this.withRepository(() => undefined);
    const status = readStatus(directory);
    if (status === undefined) throw new Error('the refs file is not readable after opening the repository');
    return status;
  }
}
