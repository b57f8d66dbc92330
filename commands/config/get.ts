/** Prints one setting. Exit code 1 when it has no value. */
import { word } from '../../src/cli/arguments.ts';
import { AergoCommand } from '../../src/cli/command.ts';
import { parseSettingName } from '../../src/cli/configuration.ts';

export default class ConfigGet extends AergoCommand {
  static override summary = 'print a setting';
  static override args = { name: word('the setting, such as user.key') };

  async run(): Promise<void> {
    const { args } = await this.parse(ConfigGet);
    const name = parseSettingName(args.name);
    const setting = (await this.settings()).get(name);
    this.print({ name, value: setting?.value ?? null }, () => (setting === undefined ? [] : [setting.value]));
    if (setting === undefined) this.answerNo();
  }
}
