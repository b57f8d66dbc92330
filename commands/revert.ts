/** Takes transactions back: sets the rows that they wrote to what they were before. */
import * as Flags from '@oclif/core/flags';
import { someWords } from '../src/cli/arguments.ts';
import { AergoCommand } from '../src/cli/command.ts';
import { revertedLines } from '../src/cli/render/revert.ts';

export default class Revert extends AergoCommand {
  static override summary = 'take transactions back';
  static override description =
    "Sets the rows that each wrote to what they were before, the latest first, all in one block or none; each row must be as the transaction left it. For the contract's author or an admin. A block stands for all of its transactions.";
  static override usage = 'revert [FLAGS] TX|BLOCK…';
  static override args = { tx: someWords('transactions or blocks') };
  static override flags = {
    on: Flags.string({ description: 'the branch (default: the current one)', helpValue: 'BRANCH' }),
    'dry-run': Flags.boolean({ default: false, description: 'say what would happen, and write nothing' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Revert);
    const options = {
      targets: args.tx,
      dryRun: flags['dry-run'],
      ...(flags.on === undefined ? {} : { on: flags.on }),
      ...(await this.signers()),
    };
    const result = await this.withRepository((repository) => repository.revert(options));
    this.print({ block: result.block ?? null, reverted: result.reverted }, () => revertedLines(result, this.style));
  }
}
