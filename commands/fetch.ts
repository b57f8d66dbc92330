/** Takes what a remote has and this ledger has not; no branch of its own moves. */
import * as Flags from '@oclif/core/flags';
import { optionalWord } from '../src/cli/arguments.ts';
import { RemoteCommand } from '../src/cli/remote-command.ts';
import { fetchLines } from '../src/cli/render/remote.ts';

export default class Fetch extends RemoteCommand {
  static override isBulk = true;
  static override summary = 'take what a remote has and this ledger has not';
  static override description =
    'Everything that comes is verified before anything is written: the directory version by version, then every block, run again unless --fast. The remote’s branches are then REMOTE/BRANCH; branches of your own do not move (aergo pull does that). What comes of a history that is cut lets blocks be judged that were taken by signature: all blocks are verified again then.';
  static override args = { remote: optionalWord('the remote (default: origin)') };
  static override flags = {
    deepen: Flags.integer({
      min: 1,
      description: 'so many blocks more of a history that is cut',
      helpValue: 'N',
      exclusive: ['unshallow'],
    }),
    fast: Flags.boolean({ default: false, description: 'check signatures and structure, run nothing again' }),
    prune: Flags.boolean({ default: false, description: 'forget branches that the remote has no more' }),
    unshallow: Flags.boolean({ default: false, description: 'the rest of a history that is cut, and all branches' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Fetch);
    const { fast, prune, deepen, unshallow } = flags;
    const access = await this.access();
    const report = await this.withRepository((repository) =>
      repository.fetch(this.remoteName(repository, args.remote), {
        access,
        fast,
        prune,
        unshallow,
        ...(deepen === undefined ? {} : { deepen }),
      }),
    );
    this.print(report, () => fetchLines(report, unshallow ? { fast } : undefined));
  }
}
