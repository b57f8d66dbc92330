/** Gives another place of this ledger a name. */
import { word } from '../../src/cli/arguments.ts';
import { RemoteCommand } from '../../src/cli/remote-command.ts';
import { visible } from '../../src/cli/render/visible.ts';

export default class RemoteAdd extends RemoteCommand {
  static override summary = 'give another place of this ledger a name';
  static override args = {
    name: word('the name: origin is the one that is meant when none is given'),
    url: word('a URL or a path'),
  };

  async run(): Promise<void> {
    const { args } = await this.parse(RemoteAdd);
    const remote = await this.withRepository((repository) => repository.addRemote(args.name, args.url, process.cwd()));
    this.print({ remote }, () => `remote ${remote.name}: ${visible(remote.url)}`);
    this.output.note(`  next: aergo fetch ${remote.name} · aergo push ${remote.name}`);
  }
}
