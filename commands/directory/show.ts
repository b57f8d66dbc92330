/** Shows a version of the directory with all that it says. */
import { optionalWord } from '../../src/cli/arguments.ts';
import { AergoCommand } from '../../src/cli/command.ts';
import { shownVersion } from '../../src/cli/render/directory.ts';

export default class DirectoryShow extends AergoCommand {
  static override summary = 'show a version of the directory: members, policy, heads';
  static override args = { version: optionalWord('its number or id (default: the one in force)') };

  async run(): Promise<void> {
    const { args } = await this.parse(DirectoryShow);
    const version = await this.withRepository((repository) => repository.showDirectory(args.version));
    this.print({ version }, () => shownVersion(version, this.style));
  }
}
