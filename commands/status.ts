/** Where HEAD stands. Reads plain files only: no lock, no index, no engine. */
import { AergoCommand } from '../src/cli/command.ts';
import { readStatus } from '../src/cli/quick-status.ts';
import { statusLines } from '../src/cli/render/status.ts';

export default class Status extends AergoCommand {
  static override summary = 'say which branch is current, and where it stands';

  async run(): Promise<void> {
    await this.parse(Status);
    const status = readStatus(this.repositoryDirectory) ?? (await this.#repaired());
    this.print(status, () => statusLines(status, this.style));
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
