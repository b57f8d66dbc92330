/** Takes a setting away. Exit code 1 when it was not there. */
import * as Flags from '@oclif/core/flags';
import { word } from '../../src/cli/arguments.ts';
import { AergoCommand } from '../../src/cli/command.ts';
import { parseSettingName } from '../../src/cli/configuration.ts';
import { writeSetting } from '../../src/cli/configuration-file.ts';

export default class ConfigUnset extends AergoCommand {
  static override summary = 'take a setting away';
  static override args = { name: word('the setting, such as user.key') };
  static override flags = {
    global: Flags.boolean({ default: false, description: 'for you everywhere, not only in this repository' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ConfigUnset);
    const name = parseSettingName(args.name);
    const path = this.configurationFile(flags.global);
    const removed = writeSetting(path, name, undefined);
    this.print({ name, removed, place: path }, () => []);
    if (!removed) this.answerNo();
  }
}
