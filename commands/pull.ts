/** Fetches, and brings the current branch up to the remote's. */
import * as Flags from '@oclif/core/flags';
import { optionalWord } from '../src/cli/arguments.ts';
import { RemoteCommand } from '../src/cli/remote-command.ts';
import { pullLines } from '../src/cli/render/remote.ts';

export default class Pull extends RemoteCommand {
  static override isBulk = true;
  static override summary = 'fetch, and bring the current branch up to the remote’s';
  static override description =
    'Where only the remote has new blocks, the branch moves forward. Where both have, your blocks fall apart and run again on top of the remote’s, as new blocks that you seal; what no longer fits is told, kept, and can be resubmitted.';
  static override args = {
    remote: optionalWord('the remote (default: origin)'),
    branch: optionalWord('the branch (default: the current one)'),
  };
  static override flags = {
    fast: Flags.boolean({
      default: false,
      description: 'check signatures and structure of what comes, run nothing again',
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Pull);
    const [access, sealer] = await Promise.all([this.access(), this.sealer()]);
    const report = await this.withRepository((repository) =>
      repository.pull(this.remoteName(repository, args.remote), {
        access,
        sealer,
        fast: flags.fast,
        ...(args.branch === undefined ? {} : { branch: args.branch }),
      }),
    );
    const left = report.left.map(({ transaction, content, error }) => ({
      transaction,
      content,
      code: error.code,
      message: error.message,
    }));
    this.print({ ...report, left }, () => pullLines(report));
    if (report.left.length > 0)
      this.hint(`aergo resubmit ${report.left.map(({ transaction }) => transaction.slice(0, 7)).join(' ')}`);
    for (const source of report.unmerged) this.hint(`aergo merge ${source}      (people decide again)`);
  }
}
