/** Lists the versions of the directory, newest first. */
import * as Flags from '@oclif/core/flags';
import { AergoCommand } from '../../src/cli/command.ts';
import { parseCount } from '../../src/cli/flag-values.ts';
import { versionLines } from '../../src/cli/render/directory.ts';

export default class DirectoryLog extends AergoCommand {
  static override summary = 'list the versions of the directory: who changed what';
  static override flags = { limit: Flags.string({ char: 'n', description: 'so many at most', helpValue: 'N' }) };

  async run(): Promise<void> {
    const { flags } = await this.parse(DirectoryLog);
    const limit = flags.limit === undefined ? Number.POSITIVE_INFINITY : parseCount(flags.limit, '--limit');
    const versions = await this.withRepository((repository) => [
      ...Iterator.from(repository.directoryLog()).take(limit),
    ]);
    this.print({ versions }, () => versions.flatMap((version) => versionLines(version, this.style)));
  }
}
