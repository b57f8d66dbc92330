/** Forgets a remote; what was fetched from it stays. */
import { word } from '../../src/cli/arguments.ts';
import { RemoteCommand } from '../../src/cli/remote-command.ts';
import { visible } from '../../src/cli/render/visible.ts';

export default class RemoteRemove extends RemoteCommand {
  static override summary = 'forget a remote; what was fetched from it stays';
  static override args = { name: word('the remote') };

  async run(): Promise<void> {
    const { args } = await this.parse(RemoteRemove);
    const remote = await this.withRepository((repository) => repository.removeRemote(args.name));
    this.print({ remote }, () => `removed remote ${remote.name} (${visible(remote.url)})`);
  }
}
