/** Sets a setting, in the repository's file or the user's. */
import * as Flags from '@oclif/core/flags';
import { word } from '../../src/cli/arguments.ts';
import { AergoCommand } from '../../src/cli/command.ts';
import { checkSetting, parseSettingName } from '../../src/cli/configuration.ts';
import { writeSetting } from '../../src/cli/configuration-file.ts';

export default class ConfigSet extends AergoCommand {
  static override summary = 'set a setting';
  static override args = { name: word('the setting, such as user.key'), value: word('its value') };
  static override flags = {
    global: Flags.boolean({ default: false, description: 'for you everywhere, not only in this repository' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ConfigSet);
    const name = parseSettingName(args.name);
    const value = checkSetting(name, args.value);
    const path = this.configurationFile(flags.global);
    writeSetting(path, name, value);
    this.print({ name, value, place: path }, () => []);
  }
}
