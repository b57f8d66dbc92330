/** Lists the remotes. */
import { RemoteCommand } from '../../src/cli/remote-command.ts';
import { visible } from '../../src/cli/render/visible.ts';

export default class RemoteList extends RemoteCommand {
  static override summary = 'list the remotes';

  async run(): Promise<void> {
    await this.parse(RemoteList);
    const remotes = await this.withRepository((repository) => repository.remotes());
    this.print({ remotes }, () => remotes.map(({ name, url }) => `${name}   ${visible(url)}`));
  }
}
