/** Lists the settings that have a value. */
import * as Flags from '@oclif/core/flags';
import { AergoCommand } from '../../src/cli/command.ts';
import { aligned } from '../../src/cli/render/columns.ts';
import { visible } from '../../src/cli/render/visible.ts';

export default class ConfigList extends AergoCommand {
  static override summary = 'list the settings that have a value';
  static override flags = {
    'show-origin': Flags.boolean({ default: false, description: 'say where each comes from' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(ConfigList);
    const settings = [...(await this.settings()).values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    const origin = flags['show-origin'];
    const listed = settings.map(({ name, value, origin: kind, place }) => ({
      name,
      value,
      ...(origin ? { origin: kind, place } : {}),
    }));
    this.print({ settings: listed }, () =>
      aligned(
        settings.map((setting) => [...(origin ? [setting.place] : []), `${setting.name} = ${visible(setting.value)}`]),
      ),
    );
  }
}
